#include "agent/output/growth_json.h"

#include "agent/base/clock.h"

static void write_time(struct wpb_json *json, const char *key, bool is_known,
                       int64_t unix_ms)
{
    struct wpb_buf time;

    if (!is_known) {
        wpb_json_null(json, key);
        return;
    }
    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, unix_ms);
    wpb_json_text(json, key, wpb_buf_view(&time));
    wpb_buf_fini(&time);
}

/* Above INT64_MAX either way it saturates. */
static void write_change(struct wpb_json *json, const char *key, uint64_t from,
                         uint64_t to)
{
    uint64_t size = to > from ? to - from : from - to;
    int64_t change = size > INT64_MAX ? INT64_MAX : (int64_t)size;

    wpb_json_integer(json, key, to > from ? change : -change);
}

static void write_figure(struct wpb_json *json, const char *key,
                         const struct wpb_growth_figure *figure)
{
    if (!figure->is_known) {
        wpb_json_null(json, key);
        return;
    }
    wpb_json_open_object(json, key);
    wpb_json_known(json, "metric", wpb_metric_row(figure->metric)->name);
    wpb_json_count(json, "first", figure->first);
    if (figure->has_previous)
        wpb_json_count(json, "previous", figure->previous);
    else
        wpb_json_null(json, "previous");
    wpb_json_count(json, "now", figure->now);
    write_change(json, "change", figure->first, figure->now);
    if (figure->has_previous)
        write_change(json, "change_from_previous", figure->previous, figure->now);
    else
        wpb_json_null(json, "change_from_previous");
    wpb_json_count(json, "elapsed_ms", figure->span_ms);
    if (figure->has_rate)
        wpb_json_number(json, "per_second", figure->per_second);
    else
        wpb_json_null(json, "per_second");
    wpb_json_known(json, "provenance", wpb_provenance_name(figure->provenance));
    wpb_json_close(json);
}

static const char *status_name(enum wpb_growth_status status)
{
    switch (status) {
    case WPB_GROWTH_THERE:
        return "there";
    case WPB_GROWTH_NEW:
        return "new";
    case WPB_GROWTH_GONE:
        return "gone";
    }
    return "there";
}

static void write_row(struct wpb_json *json, const struct wpb_growth_row *row)
{
    wpb_json_open_object(json, NULL);
    wpb_json_known(json, "kind", wpb_subject_kind_name(row->kind));
    wpb_json_name(json, "name", row->name);
    if (row->parent.len)
        wpb_json_name(json, "parent", row->parent);
    else
        wpb_json_null(json, "parent");
    wpb_json_known(json, "status", status_name(row->status));
    write_figure(json, "bytes", &row->bytes);
    write_figure(json, "count", &row->count);
    wpb_json_close(json);
}

static void write_break(struct wpb_json *json, const struct wpb_growth_place *place)
{
    if (place->broken == WPB_GROWTH_UNBROKEN) {
        wpb_json_null(json, "discarded");
        return;
    }
    wpb_json_open_object(json, "discarded");
    wpb_json_known(json, "reason",
                   place->broken == WPB_GROWTH_RESTARTED ? "restarted" : "keys_lost");
    wpb_json_count(json, "passes", place->discarded_passes);
    if (place->broken == WPB_GROWTH_KEYS_LOST) {
        wpb_json_count(json, "keys_before", place->keys_before);
        wpb_json_count(json, "keys_after", place->keys_after);
    } else {
        wpb_json_null(json, "keys_before");
        wpb_json_null(json, "keys_after");
    }
    wpb_json_close(json);
}

static void write_place(struct wpb_json *json, const struct wpb_growth_place *place)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "site", wpb_slice_cstr(place->site));
    wpb_json_text(json, "scope", place->scope);
    wpb_json_count(json, "passes", place->passes);
    write_time(json, "since", place->passes > 0, place->since_ms);
    write_time(json, "until", place->passes > 0, place->until_ms);
    wpb_json_count(json, "elapsed_ms", place->span_ms);
    wpb_json_bool(json, "is_current", place->is_current);
    write_break(json, place);
    wpb_json_open_array(json, "rows");
    for (size_t i = 0; i < place->row_count; i++)
        write_row(json, &place->rows[i]);
    wpb_json_close(json);
    wpb_json_close(json);
}

void wpb_growth_json(struct wpb_json *json, const struct wpb_report *report)
{
    if (!report->is_watch)
        return;
    wpb_json_open_array(json, "redis_growth");
    for (size_t i = 0; i < report->growth_count; i++)
        write_place(json, &report->growth[i]);
    wpb_json_close(json);
}
