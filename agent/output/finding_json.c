#include "agent/output/finding_json.h"

#include <math.h>

#include "agent/base/clock.h"
#include "wpbloat/site.h"

static void write_subject(struct wpb_json *json, const struct wpb_subject *subject)
{
    wpb_json_open_object(json, "subject");
    wpb_json_known(json, "kind", wpb_subject_kind_name(subject->kind));
    wpb_json_text(json, "scope", subject->scope);
    wpb_json_name(json, "name", subject->name);
    wpb_json_close(json);
}

static void write_evidence(struct wpb_json *json, const struct wpb_finding *finding)
{
    wpb_json_open_object(json, "evidence");
    for (size_t i = 0; i < finding->evidence_count; i++)
        wpb_json_value(json, finding->evidence[i].name, &finding->evidence[i].value);
    wpb_json_close(json);

    wpb_json_open_object(json, "provenance");
    for (size_t i = 0; i < finding->evidence_count; i++) {
        const struct wpb_evidence *fact = &finding->evidence[i];
        if (fact->provenance != WPB_EXACT && fact->value.type != WPB_VALUE_NONE)
            wpb_json_known(json, fact->name, wpb_provenance_name(fact->provenance));
    }
    wpb_json_close(json);
}

static void write_source(struct wpb_json *json, const struct wpb_family_cause *family)
{
    if (!family->has_source) {
        wpb_json_null(json, "source");
        return;
    }
    wpb_json_open_object(json, "source");
    wpb_json_text(json, "component", family->component);
    wpb_json_text(json, "file", family->file);
    wpb_json_count(json, "line", family->line);
    wpb_json_name(json, "excerpt", family->excerpt);
    wpb_json_count(json, "matches", family->matches);
    wpb_json_close(json);
}

void wpb_finding_json_families(struct wpb_json *json,
                               const struct wpb_family_cause *families, size_t count)
{
    wpb_json_open_array(json, "families");
    for (size_t i = 0; i < count; i++) {
        const struct wpb_family_cause *family = &families[i];
        wpb_json_open_object(json, NULL);
        wpb_json_name(json, "template", family->template_name);
        wpb_json_count(json, "names", family->names);
        wpb_json_number(json, "share_ratio", family->share_ratio);
        write_source(json, family);
        if (family->was_searched || family->has_source)
            wpb_json_count(json, "matches", family->matches);
        else
            wpb_json_null(json, "matches");
        wpb_json_close(json);
    }
    wpb_json_close(json);
}

static void write_components(struct wpb_json *json, const struct wpb_cause *cause)
{
    wpb_json_open_array(json, "components");
    for (size_t i = 0; i < cause->component_count; i++) {
        const struct wpb_component_cause *component = &cause->components[i];
        wpb_json_open_object(json, NULL);
        wpb_json_name(json, "name", component->name);
        if (component->share_of) {
            wpb_json_null(json, "bytes");
            wpb_json_null(json, "options");
        } else {
            wpb_json_count(json, "bytes", component->bytes);
            wpb_json_count(json, "options", component->options);
        }
        wpb_json_number(json, "share_ratio", component->share_ratio);
        wpb_json_close(json);
    }
    wpb_json_close(json);
}

static void write_cause(struct wpb_json *json, const struct wpb_cause *cause)
{
    if (!cause->kind) {
        wpb_json_null(json, "cause");
        return;
    }
    wpb_json_open_object(json, "cause");
    wpb_json_known(json, "kind", cause->kind);
    wpb_json_known(json, "confidence", cause->confidence ? cause->confidence : "unknown");
    wpb_json_prose(json, "note", cause->note);
    wpb_finding_json_families(json, cause->families, cause->family_count);
    write_components(json, cause);
    wpb_json_close(json);
}

static void write_list(struct wpb_json *json, const char *key, const char *const *lines)
{
    wpb_json_open_array(json, key);
    for (; lines && *lines; lines++)
        wpb_json_text(json, NULL, wpb_slice_cstr(*lines));
    wpb_json_close(json);
}

static void write_remedy(struct wpb_json *json, const struct wpb_remedy *remedy)
{
    wpb_json_open_object(json, "remedy");
    wpb_json_prose(json, "summary", remedy->summary);
    write_list(json, "now", remedy->now);
    write_list(json, "for_good", remedy->for_good);
    write_list(json, "verify", remedy->verify);
    wpb_json_known(json, "doc", remedy->doc);
    wpb_json_close(json);
}

static void write_time(struct wpb_json *json, const char *key, int64_t unix_ms)
{
    struct wpb_buf time;

    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, unix_ms);
    wpb_json_text(json, key, wpb_buf_view(&time));
    wpb_buf_fini(&time);
}

/* Counts and bytes are whole mostly, and read better as 20000 than as 2e+04. */
static void write_figure(struct wpb_json *json, const char *key, double figure)
{
    if (fabs(figure) < 9e15 && figure == floor(figure))
        wpb_json_integer(json, key, (int64_t)figure);
    else
        wpb_json_number(json, key, figure);
}

static void write_slope(struct wpb_json *json, const char *key, bool is_known,
                        double per_day)
{
    if (is_known)
        write_figure(json, key, per_day);
    else
        wpb_json_null(json, key);
}

static void write_times(struct wpb_json *json,
                        const struct wpb_finding_forecast *forecast)
{
    if (forecast->answer != WPB_OUTLOOK_ETA) {
        wpb_json_null(json, "earliest_at");
        wpb_json_null(json, "median_at");
        wpb_json_null(json, "latest_at");
        wpb_json_null(json, "confidence_ratio");
        return;
    }
    write_time(json, "earliest_at", forecast->earliest_ms);
    write_time(json, "median_at", forecast->median_ms);
    write_time(json, "latest_at", forecast->latest_ms);
    wpb_json_number(json, "confidence_ratio", forecast->confidence);
}

static void write_forecast(struct wpb_json *json,
                           const struct wpb_finding_forecast *forecast)
{
    static const char *const answers[] = {
        [WPB_OUTLOOK_ETA] = "eta",
        [WPB_OUTLOOK_REACHED] = "reached",
        [WPB_OUTLOOK_NONE] = "none",
        [WPB_OUTLOOK_REFUSED] = "refused",
    };

    if (!forecast) {
        wpb_json_null(json, "forecast");
        return;
    }
    wpb_json_open_object(json, "forecast");
    wpb_json_known(json, "metric", wpb_metric_row(forecast->metric)->name);
    wpb_json_known(json, "answer", answers[forecast->answer]);
    write_figure(json, "target", forecast->target);
    write_figure(json, "level", forecast->level);
    write_slope(json, "per_day", forecast->has_slope, forecast->per_day);
    write_slope(json, "per_day_low", forecast->has_slope, forecast->per_day_low);
    write_slope(json, "per_day_high", forecast->has_slope, forecast->per_day_high);
    write_times(json, forecast);
    wpb_json_known(json, "refused", forecast->refused);
    wpb_json_prose(json, "reason", forecast->reason);
    wpb_json_count(json, "scored", forecast->scored);
    wpb_json_count(json, "covered", forecast->covered);
    wpb_json_prose(json, "flush_period", forecast->flush_period);
    wpb_json_close(json);
}

void wpb_finding_json(struct wpb_json *json, const struct wpb_finding *finding)
{
    const struct wpb_site *site = finding->site;
    wpb_json_known(json, "code", finding->code);
    wpb_json_known(json, "severity", wpb_severity_name(finding->severity));
    wpb_json_text(json, "site", wpb_slice_cstr(site->name));
    wpb_json_known(json, "owner", site->owner);
    wpb_json_open_array(json, "other_sites");
    for (size_t i = 0; i < finding->other_site_count; i++)
        wpb_json_text(json, NULL, wpb_slice_cstr(finding->other_sites[i]->name));
    wpb_json_close(json);
    write_subject(json, finding->subject);
    wpb_json_prose(json, "title", finding->title);
    wpb_json_prose(json, "summary", finding->summary);
    write_evidence(json, finding);
    write_cause(json, &finding->cause);
    write_remedy(json, &finding->remedy);
    write_forecast(json, finding->forecast);
}
