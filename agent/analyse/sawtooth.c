#include "agent/analyse/sawtooth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REACH_DAYS_MAX 36525.0
#define NUMBER_MAX 24

size_t wpb_sawtooth_flushes(const struct wpb_epoch *epochs, size_t count,
                            int64_t *flushes_ms)
{
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        if (epochs[i].reason != WPB_EPOCH_COLLAPSE)
            continue;
        if (made == WPB_SAWTOOTH_FLUSHES_MAX) {
            memmove(flushes_ms, flushes_ms + 1, (made - 1) * sizeof(*flushes_ms));
            made--;
        }
        flushes_ms[made++] = epochs[i].start_ms;
    }
    return made;
}

bool wpb_sawtooth_of(const int64_t *flushes_ms, size_t count,
                     struct wpb_sawtooth *sawtooth)
{
    double periods[WPB_SAWTOOTH_FLUSHES_MAX];
    size_t first =
        count > WPB_SAWTOOTH_FLUSHES_MAX ? count - WPB_SAWTOOTH_FLUSHES_MAX : 0;
    size_t made = 0;
    int64_t last_ms = 0;

    for (size_t i = first; i < count; i++) {
        if (i > first && flushes_ms[i] <= last_ms)
            continue;
        if (i > first)
            periods[made++] = (double)flushes_ms[i] - (double)last_ms;
        last_ms = flushes_ms[i];
    }
    if (made == 0)
        return false;
    wpb_stats_sort(periods, made);
    *sawtooth = (struct wpb_sawtooth){.flushes = made + 1,
                                      .period_ms =
                                          (int64_t)wpb_stats_quantile(periods, made, 0.5),
                                      .shortest_ms = (int64_t)periods[0],
                                      .longest_ms = (int64_t)periods[made - 1],
                                      .last_flush_ms = last_ms};
    return true;
}

int64_t wpb_sawtooth_reach_ms(double level, double per_day, double target)
{
    double days = (target - level) / per_day;

    if (level >= target)
        return 0;
    if (!(per_day > 0) || !(days <= REACH_DAYS_MAX))
        return -1;
    return (int64_t)(days * (double)WPB_MS_PER_DAY);
}

/* Whole units from ten on, halves below. */
static void put_number(double value, char text[NUMBER_MAX])
{
    double rounded = value < 9.75 ? round(value * 2) / 2 : round(value);

    snprintf(text, NUMBER_MAX, "%.12g", rounded);
}

void wpb_sawtooth_text(const struct wpb_sawtooth *sawtooth, int64_t reach_ms,
                       char text[WPB_SAWTOOTH_TEXT_MAX])
{
    bool in_hours = sawtooth->period_ms < 2 * WPB_MS_PER_DAY;
    double unit = (double)(in_hours ? WPB_MS_PER_HOUR : WPB_MS_PER_DAY);
    const char *name = in_hours ? "hour" : "day";
    char period[NUMBER_MAX], shortest[NUMBER_MAX], longest[NUMBER_MAX];
    size_t used;

    put_number((double)sawtooth->period_ms / unit, period);
    put_number((double)sawtooth->shortest_ms / unit, shortest);
    put_number((double)sawtooth->longest_ms / unit, longest);
    used = (size_t)snprintf(text, WPB_SAWTOOTH_TEXT_MAX, "flushed every ~%s %s%s", period,
                            name, strcmp(period, "1") ? "s" : "");
    if (strcmp(shortest, longest) != 0)
        used += (size_t)snprintf(text + used, WPB_SAWTOOTH_TEXT_MAX - used, " (%s to %s)",
                                 shortest, longest);
    /* The first day is day 1. */
    if (reach_ms >= 0)
        snprintf(text + used, WPB_SAWTOOTH_TEXT_MAX - used,
                 ", would reach the limit %s %s %.0f", in_hours ? "in" : "on", name,
                 floor((double)reach_ms / unit) + 1);
}
