/*
 * php_error_tally.h - errors counted by kind and place, hour by hour for a day.
 *
 * Bounded: WPB_PHP_ERROR_PLACES places. When all are taken, the one that was quiet for
 * longest makes room; what it had counted is in `dropped`. Texts are copies, cut at their
 * size. Time is an argument and may step: hours that lie in the past are forgotten, an
 * hour that lies ahead is counted as the newest. Memory of the caller (about 30 KiB); one
 * thread.
 */
#ifndef WPB_REQUESTS_PHP_ERROR_TALLY_H
#define WPB_REQUESTS_PHP_ERROR_TALLY_H

#include "probes/requests/component.h"
#include "probes/requests/php_errors.h"

#define WPB_PHP_ERROR_PLACES 64
#define WPB_PHP_ERROR_HOURS 24
#define WPB_PHP_ERROR_FILE_MAX 192

struct wpb_php_error_place {
    enum wpb_php_error_kind kind;
    char component[WPB_COMPONENT_MAX]; /* "": WordPress itself, or not known */
    char file[WPB_PHP_ERROR_FILE_MAX]; /* its end when it is long; "": not known */
    uint32_t line;
    uint64_t limit_bytes, tried_bytes; /* of the newest; the most that was tried */
    uint64_t tried_most_bytes;
    int64_t last_s;                      /* Unix time of the newest */
    int64_t hour;                        /* since 1970, of hours[hour % HOURS] */
    uint32_t hours[WPB_PHP_ERROR_HOURS]; /* a ring */
};

struct wpb_php_error_tally {
    size_t count;
    uint64_t dropped;
    struct wpb_php_error_place places[WPB_PHP_ERROR_PLACES];
};

void wpb_php_error_tally_init(struct wpb_php_error_tally *tally);

/* Count ERROR, read at NOW_S: that is its time unless it tells its own, which is then
 * less than a day before. */
void wpb_php_error_tally_add(struct wpb_php_error_tally *tally,
                             const struct wpb_php_error *error, int64_t now_s);

/* How often it happened in the HOURS (1 to WPB_PHP_ERROR_HOURS) that end with the
 * current one. */
uint64_t wpb_php_error_tally_count(const struct wpb_php_error_place *place, int64_t now_s,
                                   unsigned hours);

#endif
