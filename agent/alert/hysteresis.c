#include "agent/alert/hysteresis.h"

/* The newest COUNT bits. */
static uint64_t newest(unsigned count)
{
    return count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1;
}

static unsigned count_bits(uint64_t bits)
{
    return (unsigned)__builtin_popcountll(bits);
}

static unsigned bounded(unsigned number, unsigned most)
{
    if (number < 1)
        return 1;
    return number < most ? number : most;
}

struct wpb_hysteresis_rule wpb_hysteresis_bounded(struct wpb_hysteresis_rule rule)
{
    rule.fire_of = bounded(rule.fire_of, WPB_HYSTERESIS_WINDOW_MAX);
    rule.fire_n = bounded(rule.fire_n, rule.fire_of);
    rule.clear_of = bounded(rule.clear_of, WPB_HYSTERESIS_WINDOW_MAX);
    rule.clear_n = bounded(rule.clear_n, rule.clear_of);
    return rule;
}

void wpb_hysteresis_note(struct wpb_hysteresis *hysteresis,
                         const struct wpb_hysteresis_rule *rule, int there, int held)
{
    unsigned window = rule->fire_of > rule->clear_of ? rule->fire_of : rule->clear_of;
    uint64_t kept = newest(window);

    if (held < there)
        held = there;
    for (int s = 0; s < WPB_SEVERITIES; s++) {
        hysteresis->there[s] = (hysteresis->there[s] << 1 | (there >= s)) & kept;
        hysteresis->held[s] = (hysteresis->held[s] << 1 | (held >= s)) & kept;
    }
    hysteresis->evaluations = (uint8_t)bounded(hysteresis->evaluations + 1u, window);
    hysteresis->since = (uint8_t)bounded(hysteresis->since + 1u, window);
}

int wpb_hysteresis_fires(const struct wpb_hysteresis *hysteresis,
                         const struct wpb_hysteresis_rule *rule)
{
    for (int s = WPB_SEVERITIES - 1; s >= 0; s--) {
        if (count_bits(hysteresis->there[s] & newest(rule->fire_of)) >= rule->fire_n)
            return s;
    }
    return WPB_NOT_SEEN;
}

int wpb_hysteresis_left(const struct wpb_hysteresis *hysteresis,
                        const struct wpb_hysteresis_rule *rule, int severity)
{
    unsigned window =
        hysteresis->since < rule->clear_of ? hysteresis->since : rule->clear_of;

    for (; severity >= 0; severity--) {
        uint64_t not_held = ~hysteresis->held[severity] & newest(window);
        if (count_bits(not_held) < rule->clear_n)
            return severity;
    }
    return WPB_NOT_SEEN;
}

void wpb_hysteresis_changed(struct wpb_hysteresis *hysteresis, int from, int to)
{
    hysteresis->since = 0;
    for (int s = to + 1; to < from && s < WPB_SEVERITIES; s++)
        hysteresis->there[s] = 0;
}

int wpb_hysteresis_worst(const struct wpb_hysteresis *hysteresis)
{
    int severity = WPB_SEVERITIES - 1;

    while (severity >= 0 && !hysteresis->there[severity])
        severity--;
    return severity;
}
