#include "probes/mysql/id_ranges.h"

#include "probes/mysql/sampling.h"

void wpb_id_ranges_init(struct wpb_id_ranges *ranges, uint64_t first, uint64_t last,
                        uint64_t parts, uint64_t width, uint64_t seed)
{
    uint64_t span = last - first + 1;

    *ranges = (struct wpb_id_ranges){.first = first, .last = last, .seed = seed | 1};
    ranges->width = width;
    ranges->parts = parts;
    /* Where the ranges would meet, each is its part. */
    if (span / parts < width) {
        ranges->parts = span / width + 1;
        ranges->width = span / ranges->parts + 1;
    }
}

static uint64_t beginning(const struct wpb_id_ranges *ranges, uint64_t part)
{
    double span = (double)(ranges->last - ranges->first) + 1;

    return part == ranges->parts
               ? ranges->last + 1
               : ranges->first + (uint64_t)(span * (double)part / (double)ranges->parts);
}

static void next(struct wpb_id_ranges *ranges, uint64_t *first, uint64_t *last)
{
    uint64_t begin = beginning(ranges, ranges->part);
    uint64_t room = beginning(ranges, ranges->part + 1) - begin;

    ranges->part++;
    *first = begin;
    *last = begin + room - 1;
    if (room > ranges->width) {
        *first += wpb_sampling_random(&ranges->seed) % (room - ranges->width + 1);
        *last = *first + ranges->width - 1;
    }
    ranges->covered += *last - *first + 1;
}

bool wpb_id_ranges_add(struct wpb_id_ranges *ranges, struct wpb_sql *sql,
                       const char *column, size_t count)
{
    const char *between = "(";

    if (ranges->part == ranges->parts)
        return false;
    for (size_t i = 0; i < count && ranges->part < ranges->parts; i++) {
        uint64_t first, last;
        next(ranges, &first, &last);
        wpb_sql_add(sql, between);
        wpb_sql_add(sql, column);
        wpb_sql_add(sql, " BETWEEN ");
        wpb_sql_number(sql, first);
        wpb_sql_add(sql, " AND ");
        wpb_sql_number(sql, last);
        between = " OR ";
    }
    wpb_sql_add(sql, ")");
    return true;
}

double wpb_id_ranges_scale(const struct wpb_id_ranges *ranges)
{
    if (ranges->covered == 0)
        return 1;
    return ((double)(ranges->last - ranges->first) + 1) / (double)ranges->covered;
}

bool wpb_id_ranges_are_all(const struct wpb_id_ranges *ranges)
{
    return ranges->covered == ranges->last - ranges->first + 1;
}
