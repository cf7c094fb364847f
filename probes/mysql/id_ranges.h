/*
 * id_ranges.h - short ranges of ids, one anywhere in each of equal parts of all ids: a
 * sample of rows that costs few pages and misses no large run of them.
 *
 * Each id is as likely to be covered as any other, so what is found in the ranges stands
 * for `span / covered` times as much. One thread.
 */
#ifndef WPB_MYSQL_ID_RANGES_H
#define WPB_MYSQL_ID_RANGES_H

#include "probes/mysql/sql.h"

struct wpb_id_ranges {
    uint64_t first, last; /* all ids */
    uint64_t width;       /* of a range */
    uint64_t parts, part; /* how many, and the next one */
    uint64_t covered;     /* ids of the ranges so far */
    uint64_t seed;
};

/* PARTS ranges of WIDTH ids each, both above 0, of FIRST to LAST; all ids when these are
 * not more. */
void wpb_id_ranges_init(struct wpb_id_ranges *ranges, uint64_t first, uint64_t last,
                        uint64_t parts, uint64_t width, uint64_t seed);

/* Append "(COLUMN BETWEEN .. AND .. OR ..)" of the next COUNT ranges, or of as many as
 * are left; false, and nothing is appended, when none is. */
bool wpb_id_ranges_add(struct wpb_id_ranges *ranges, struct wpb_sql *sql,
                       const char *column, size_t count);

/* Ids there are for each that is covered; 1 when all are. */
double wpb_id_ranges_scale(const struct wpb_id_ranges *ranges);
bool wpb_id_ranges_are_all(const struct wpb_id_ranges *ranges);

#endif
