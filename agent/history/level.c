/* How time is divided: raw values in hours, hours in days, days in eights. */
#include "agent/history/inside.h"

static const struct {
    int64_t slot_ms, block_ms;
} levels[WPB_LEVELS] = {
    [WPB_LEVEL_RAW] = {1, WPB_MS_PER_HOUR},
    [WPB_LEVEL_HOURLY] = {WPB_MS_PER_HOUR, WPB_MS_PER_DAY},
    [WPB_LEVEL_DAILY] = {WPB_MS_PER_DAY, 8 * WPB_MS_PER_DAY},
};

static const char MARK[] = "INSERT INTO block VALUES(?1, ?2, ?3, 0, 0)"
                           " ON CONFLICT DO UPDATE SET is_dirty = ?3, rolled_to = 0";

/* Times are never negative: wpb_store_note() sees to that. */
int64_t wpb_level_block(enum wpb_level level, int64_t time_ms)
{
    return time_ms / levels[level].block_ms;
}

int64_t wpb_level_slot(enum wpb_level level, int64_t time_ms)
{
    return time_ms % levels[level].block_ms / levels[level].slot_ms;
}

int64_t wpb_level_start_ms(enum wpb_level level, int64_t block, int64_t slot)
{
    return block * levels[level].block_ms + slot * levels[level].slot_ms;
}

int64_t wpb_level_slot_ms(enum wpb_level level)
{
    return levels[level].slot_ms;
}

int64_t wpb_level_block_ms(enum wpb_level level)
{
    return levels[level].block_ms;
}

int wpb_level_mark(struct wpb_database *database, enum wpb_level level, int64_t block)
{
    /* Nothing is made of days. */
    return wpb_database_run(
        database, MARK,
        WPB_BOUND(wpb_int(level), wpb_int(block), wpb_int(level != WPB_LEVEL_DAILY)));
}
