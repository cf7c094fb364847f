#include "agent/rules/prospect.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "agent/analyse/outlook.h"

#define SECONDS_PER_HOUR 3600.0
#define HOURS_PER_DAY 24.0
/* Below two days, hours are told. */
#define HOURS_TOLD 48.0
/* Emptied since: less than that part of what the outlook is about. */
#define LEFT_RATIO 0.5
#define AHEAD_MS (5 * INT64_C(60000))

/* Made lately, and of a level that still is. */
static bool is_valid(const struct wpb_rule_context *context,
                     const struct wpb_outlook *outlook, double level)
{
    int64_t age_ms = wpb_window_now_ms(context->window) - outlook->made_ms;

    return age_ms <= WPB_OUTLOOK_VALID_MS && age_ms >= -AHEAD_MS &&
           level >= LEFT_RATIO * outlook->level;
}

static double seconds_to(const struct wpb_rule_context *context, int64_t time_ms)
{
    return (double)(time_ms - wpb_window_now_ms(context->window)) / 1000;
}

/* Whoever begins above the target has not grown into it: rules about sizes tell that. */
static bool is_reached(const struct wpb_outlook *outlook)
{
    return outlook->answer == WPB_OUTLOOK_REACHED && outlook->has_slope &&
           outlook->per_day > 0;
}

static bool judge(const struct wpb_rule_context *context, struct wpb_prospect *prospect)
{
    const struct wpb_outlook *outlook = prospect->outlook;
    const char *code = context->rule->code;

    prospect->severity = WPB_CRITICAL;
    if (is_reached(outlook))
        return true;
    if (outlook->answer != WPB_OUTLOOK_ETA ||
        prospect->stake.level <
            wpb_rule_option(context, code, "level_ratio") * outlook->target ||
        seconds_to(context, outlook->earliest_ms) >
            wpb_rule_option(context, code, "warning_within"))
        return false;
    if (seconds_to(context, outlook->median_ms) >
        wpb_rule_option(context, code, "critical_within"))
        prospect->severity = WPB_WARNING;
    return true;
}

bool wpb_prospect_judge(const struct wpb_rule_context *context,
                        const struct wpb_subject *subject, enum wpb_metric metric,
                        struct wpb_prospect *prospect)
{
    *prospect = (struct wpb_prospect){
        .outlook = wpb_window_outlook(context->window, subject, metric)};
    return prospect->outlook &&
           wpb_stake_of(context, subject, metric, &prospect->stake) &&
           is_valid(context, prospect->outlook, prospect->stake.level) &&
           judge(context, prospect);
}

const struct wpb_outlook *wpb_prospect_growth(const struct wpb_rule_context *context,
                                              const struct wpb_subject *subject,
                                              enum wpb_metric metric)
{
    const struct wpb_outlook *outlook =
        wpb_window_outlook(context->window, subject, metric);
    double level;

    if (!outlook || !wpb_rule_number(context, subject, metric, &level) ||
        !is_valid(context, outlook, level) || !outlook->has_slope ||
        !(outlook->per_day > 0))
        return NULL;
    return outlook;
}

/* "6 days (5 to 8)": whole units, at least 1. */
static const char *say_span(struct wpb_arena *arena, double median, double earliest,
                            double latest, const char *unit)
{
    double low = fmax(1, floor(earliest)), middle = fmax(1, round(median));
    double high = fmax(middle, ceil(latest));
    const char *plural = middle > 1 ? "s" : "";

    if (!(high > low))
        return wpb_arena_printf(arena, "in about %.0f %s%s", middle, unit, plural);
    return wpb_arena_printf(arena, "in about %.0f %s%s (%.0f to %.0f)", middle, unit,
                            plural, low, high);
}

const char *wpb_prospect_say_when(const struct wpb_rule_context *context,
                                  const struct wpb_prospect *prospect)
{
    const struct wpb_outlook *outlook = prospect->outlook;
    double earliest = seconds_to(context, outlook->earliest_ms) / SECONDS_PER_HOUR;
    double median = seconds_to(context, outlook->median_ms) / SECONDS_PER_HOUR;
    double latest = seconds_to(context, outlook->latest_ms) / SECONDS_PER_HOUR;

    if (outlook->answer == WPB_OUTLOOK_REACHED)
        return "by now";
    if (median < 1)
        return "within the hour";
    if (median < HOURS_TOLD)
        return say_span(context->arena, median, earliest, latest, "hour");
    return say_span(context->arena, median / HOURS_PER_DAY, earliest / HOURS_PER_DAY,
                    latest / HOURS_PER_DAY, "day");
}

static uint64_t whole(double value)
{
    return value >= 1e18 ? (uint64_t)1e18 : value > 0 ? (uint64_t)(value + 0.5) : 0;
}

const char *wpb_prospect_say_value(const struct wpb_rule_context *context,
                                   enum wpb_metric metric, double value)
{
    if (strcmp(wpb_metric_row(metric)->unit, "bytes") == 0)
        return wpb_say_bytes(context->arena, whole(value));
    return wpb_say_count(context->arena, whole(value));
}

const char *wpb_prospect_say_pace(const struct wpb_rule_context *context,
                                  const struct wpb_outlook *outlook)
{
    return wpb_arena_printf(
        context->arena, "%s a day",
        wpb_prospect_say_value(context, outlook->metric, outlook->per_day));
}

/* TEXT as a sentence, or "". */
static const char *as_sentence(struct wpb_arena *arena, const char *text)
{
    if (!text[0])
        return "";
    return wpb_arena_printf(arena, "%c%s.", toupper((unsigned char)text[0]), text + 1);
}

static const struct wpb_finding_forecast *
forecast_of(struct wpb_arena *arena, const struct wpb_outlook *outlook, double level)
{
    struct wpb_finding_forecast *forecast = wpb_arena_alloc(arena, sizeof(*forecast));

    *forecast = (struct wpb_finding_forecast){
        .metric = outlook->metric,
        .answer = outlook->answer,
        .target = outlook->target,
        .level = level,
        .has_slope = outlook->has_slope,
        .per_day = outlook->per_day,
        .per_day_low = outlook->per_day_low,
        .per_day_high = outlook->per_day_high,
        .earliest_ms = outlook->earliest_ms,
        .median_ms = outlook->median_ms,
        .latest_ms = outlook->latest_ms,
        .confidence = outlook->confidence,
        .refused = outlook->refusal ? outlook->refusal : "",
        .reason = wpb_arena_cstr(arena, wpb_slice_cstr(outlook->text)),
        .scored = outlook->scored,
        .covered = outlook->covered,
        .flush_period = as_sentence(arena, outlook->flush_text),
    };
    return forecast;
}

void wpb_prospect_draft(struct wpb_draft *draft, const struct wpb_prospect *prospect,
                        const char *name, const char *target_name)
{
    const struct wpb_outlook *outlook = prospect->outlook;
    enum wpb_stake_kind kind = prospect->stake.kind;

    wpb_draft_fact(draft, name, wpb_value_count(whole(outlook->per_day)), WPB_ESTIMATED);
    wpb_draft_fact(draft, target_name, wpb_value_count(whole(outlook->target)),
                   kind == WPB_STAKE_POOL || kind == WPB_STAKE_TOO_MUCH ? WPB_EXACT
                                                                        : WPB_ESTIMATED);
    draft->finding.forecast =
        forecast_of(draft->context->arena, outlook, prospect->stake.level);
}

void wpb_prospect_attach(struct wpb_draft *draft, enum wpb_metric metric)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *subject = draft->finding.subject;
    const struct wpb_outlook *outlook =
        wpb_window_outlook(context->window, subject, metric);
    double level;

    if (outlook && wpb_rule_number(context, subject, metric, &level) &&
        is_valid(context, outlook, level))
        draft->finding.forecast = forecast_of(context->arena, outlook, level);
}
