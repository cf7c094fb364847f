#include "probes/redis/pace.h"

/* Rows of the budget table; a key takes one command or two, a batch one more. */
static const struct row {
    uint32_t count;
    double rate_min, rate_max; /* commands a second */
    double bucket;
} rows[] = {
    [WPB_BUDGET_LOW] = {20, 200, 2000, 41},
    [WPB_BUDGET_NORMAL] = {50, 4000, 52000, 220000},
    [WPB_BUDGET_FULL] = {500, 0, 0, 0},
};

/* Two batches: what an idle moment may save up once the first burst is spent. */
#define SETTLED_BATCHES 2
/* A server is late at twice its best, but not for scheduling noise below a
 * millisecond, and always above five (operations.md G). */
#define LATE_RATIO 2.0
#define LATE_FLOOR_US 1000.0
#define LATE_ALWAYS_US 5000.0
/* One halving must show its effect before the next. */
#define HALVE_EVERY_US 50000
/* Additive increase: back from half in 100 batches. */
#define INCREASE_STEPS 200.0
/* The first SCAN is small and the names of one reply stay below this, so that a
 * keyspace of very long names fits the connection's bound on a reply. */
#define COUNT_CAREFUL 50
#define NAME_BYTES_A_REPLY (1024.0 * 1024.0)

void wpb_pace_init(struct wpb_pace *pace, enum wpb_budget budget, uint64_t now_us)
{
    const struct row *row = &rows[budget];
    *pace = (struct wpb_pace){
        .budget = budget,
        .rate = row->rate_max,
        .rate_min = row->rate_min,
        .rate_max = row->rate_max,
        .bucket = row->bucket,
        .bucket_max = row->bucket,
        .filled_us = now_us,
    };
}

/* True while the full bucket of the beginning lasts. */
static bool is_bursting(const struct wpb_pace *pace)
{
    return pace->budget == WPB_BUDGET_NORMAL &&
           pace->bucket_max >= rows[WPB_BUDGET_NORMAL].bucket;
}

/* The full bucket of the beginning is over. */
static void settle(struct wpb_pace *pace)
{
    if (is_bursting(pace))
        pace->bucket_max = SETTLED_BATCHES * (2.0 * rows[pace->budget].count + 1);
    if (pace->bucket > pace->bucket_max)
        pace->bucket = pace->bucket_max;
}

void wpb_pace_total(struct wpb_pace *pace, uint64_t keys)
{
    if (2.0 * (double)keys > pace->bucket_max)
        settle(pace);
}

uint32_t wpb_pace_count(const struct wpb_pace *pace)
{
    uint32_t count = rows[pace->budget].count;

    if (pace->name_bytes <= 0 && count > COUNT_CAREFUL)
        count = COUNT_CAREFUL;
    if (pace->name_bytes * count > NAME_BYTES_A_REPLY)
        count = (uint32_t)(NAME_BYTES_A_REPLY / pace->name_bytes);
    return count > 0 ? count : 1;
}

uint32_t wpb_pace_wait_ms(struct wpb_pace *pace, uint64_t now_us, uint64_t commands)
{
    double needed = (double)commands;

    if (pace->rate_max <= 0)
        return 0;
    if (now_us > pace->filled_us)
        pace->bucket += pace->rate * (double)(now_us - pace->filled_us) / 1e6;
    pace->filled_us = now_us;
    if (pace->bucket > pace->bucket_max)
        pace->bucket = pace->bucket_max;
    /* A reply may hold more keys than COUNT: such a batch goes into debt. */
    if (pace->bucket >= needed || (needed > pace->bucket_max && pace->bucket > 0)) {
        pace->bucket -= needed;
        return 0;
    }
    settle(pace);
    if (needed > pace->bucket_max)
        needed = 1;
    return (uint32_t)((needed - pace->bucket) / pace->rate * 1000) + 1;
}

void wpb_pace_names(struct wpb_pace *pace, uint64_t keys, uint64_t name_bytes)
{
    if (keys == 0)
        return;
    double mean = (double)name_bytes / (double)keys;
    /* Up at once, down slowly: one batch of long names is warning enough. */
    pace->name_bytes += (mean - pace->name_bytes) / (mean > pace->name_bytes ? 1 : 8);
}

static double median_us(const struct wpb_pace *pace)
{
    double sorted[WPB_PACE_RECENT];
    size_t count = pace->round_trips < WPB_PACE_RECENT ? (size_t)pace->round_trips
                                                       : (size_t)WPB_PACE_RECENT;

    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > pace->recent_us[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = pace->recent_us[i];
    }
    return sorted[count / 2];
}

void wpb_pace_note(struct wpb_pace *pace, uint64_t now_us, uint64_t keys,
                   uint64_t round_trip_us)
{
    double us = (double)round_trip_us;

    if (keys == 0 || pace->rate_max <= 0)
        return;
    pace->recent_us[pace->round_trips++ % WPB_PACE_RECENT] = us;
    pace->best_us *= 1.001;
    if (pace->best_us <= 0 || us < pace->best_us)
        pace->best_us = us;

    double late = pace->best_us * LATE_RATIO;
    if (late < LATE_FLOOR_US)
        late = LATE_FLOOR_US;
    if (late > LATE_ALWAYS_US)
        late = LATE_ALWAYS_US;
    if (median_us(pace) <= late) {
        pace->rate += pace->rate_max / INCREASE_STEPS;
        if (pace->rate > pace->rate_max)
            pace->rate = pace->rate_max;
    } else if (now_us - pace->halved_us >= HALVE_EVERY_US || pace->halved_us == 0) {
        pace->rate = pace->rate / 2 > pace->rate_min ? pace->rate / 2 : pace->rate_min;
        pace->halved_us = now_us;
        settle(pace);
        if (pace->bucket > 0)
            pace->bucket = 0;
    }
}

const char *wpb_pace_text(const struct wpb_pace *pace)
{
    if (pace->rate_max > 0 && pace->rate < pace->rate_max * 0.75)
        return "slowed down: Redis answers late";
    switch (pace->budget) {
    case WPB_BUDGET_LOW:
        return "low: at most 2,000 commands/s";
    case WPB_BUDGET_NORMAL:
        return is_bursting(pace) ? "normal: first burst" : "normal: 50 commands/ms";
    case WPB_BUDGET_FULL:
        break;
    }
    return "full speed";
}
