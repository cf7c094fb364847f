#include "probes/mysql/lock_tally.h"

#include <string.h>

#define HOUR_MS 3600000

static size_t bucket(int64_t hour)
{
    return (size_t)(hour % WPB_LOCK_HOURS);
}

static void clear(struct wpb_lock_tally *tally, size_t at)
{
    for (size_t i = 0; i < WPB_LOCK_SOURCES; i++)
        tally->looks[i][at] = 0;
    for (size_t i = 0; i < tally->count; i++)
        tally->entries[i].wait_looks[at] = 0;
}

static void drop_old(struct wpb_lock_tally *tally)
{
    size_t kept = 0;

    for (size_t i = 0; i < tally->count; i++) {
        if (wpb_lock_tally_wait_looks(&tally->entries[i]) == 0)
            continue;
        if (kept != i)
            tally->entries[kept] = tally->entries[i];
        kept++;
    }
    tally->count = kept;
}

/* A clock that was set back counts into the newest hour. */
void wpb_lock_tally_age(struct wpb_lock_tally *tally, int64_t now_ms)
{
    int64_t hour = now_ms > 0 ? now_ms / HOUR_MS : 0;

    if (hour <= tally->hour)
        return;
    if (hour - tally->hour >= WPB_LOCK_HOURS) {
        for (size_t i = 0; i < WPB_LOCK_HOURS; i++)
            clear(tally, i);
    } else {
        while (tally->hour < hour)
            clear(tally, bucket(++tally->hour));
    }
    tally->hour = hour;
    drop_old(tally);
}

void wpb_lock_tally_look(struct wpb_lock_tally *tally, int64_t now_ms,
                         enum wpb_lock_source source)
{
    wpb_lock_tally_age(tally, now_ms);
    tally->looks[source][bucket(tally->hour)]++;
}

static struct wpb_lock_entry *place(struct wpb_lock_tally *tally, const char *table)
{
    struct wpb_lock_entry *least = &tally->entries[0];

    for (size_t i = 0; i < tally->count; i++) {
        struct wpb_lock_entry *entry = &tally->entries[i];
        if (strcmp(entry->worst.table, table) == 0)
            return entry;
        if (wpb_lock_tally_wait_looks(entry) < wpb_lock_tally_wait_looks(least))
            least = entry;
    }
    if (tally->count < WPB_LOCK_TABLES_MAX)
        least = &tally->entries[tally->count++];
    memset(least, 0, sizeof(*least));
    return least;
}

/* What is told beats what was concluded, many waiters beat few. */
static bool is_worse(const struct wpb_lock_wait *wait, const struct wpb_lock_wait *worst)
{
    if (wait->is_estimated != worst->is_estimated)
        return worst->is_estimated;
    return wait->waiters >= worst->waiters;
}

void wpb_lock_tally_wait(struct wpb_lock_tally *tally, int64_t now_ms,
                         const struct wpb_lock_wait *wait)
{
    struct wpb_lock_entry *entry;
    double held_s;

    wpb_lock_tally_age(tally, now_ms);
    entry = place(tally, wait->table);
    entry->part += wait->looks;
    entry->wait_looks[bucket(tally->hour)] += (uint32_t)entry->part;
    entry->part -= (uint32_t)entry->part;
    entry->sources |= 1u << wait->source;
    bool is_old = entry->worst.table[0] == '\0' ||
                  tally->hour - entry->worst_hour >= WPB_LOCK_HOURS;
    held_s = is_old ? 0 : entry->worst.held_s;
    if (is_old || is_worse(wait, &entry->worst)) {
        entry->worst = *wait;
        entry->worst_hour = tally->hour;
    }
    entry->worst.held_s = held_s > wait->held_s ? held_s : wait->held_s;
}

uint64_t wpb_lock_tally_looks(const struct wpb_lock_tally *tally,
                              const struct wpb_lock_entry *entry)
{
    uint64_t sum = 0;

    for (size_t source = 0; source < WPB_LOCK_SOURCES; source++) {
        for (size_t i = 0; entry->sources >> source & 1 && i < WPB_LOCK_HOURS; i++)
            sum += tally->looks[source][i];
    }
    return sum;
}

uint64_t wpb_lock_tally_wait_looks(const struct wpb_lock_entry *entry)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < WPB_LOCK_HOURS; i++)
        sum += entry->wait_looks[i];
    return sum;
}
