/*
 * time_format.h - times in a log, by the strftime(3) pattern that wrote them.
 *
 *   pattern: { literal byte | "%" conversion }
 *   conversion: s  seconds since 1970
 *     Y m d e H k I l M S p j y b B h a A F T D R n t z Z %, as strftime in the C locale;
 *     z also as +01:00 and Z. Names of zones other than UTC and GMT, and patterns without
 *     a zone, are local times: the caller tells how far these are from UTC.
 *
 * Refused: conversions that nobody can read back (%c, %x, %X, %+, %U, ...) and patterns
 * that do not tell a second. Pure; memory of the caller.
 */
#ifndef WPB_REQUESTS_TIME_FORMAT_H
#define WPB_REQUESTS_TIME_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

#define WPB_TIME_FORMAT_MAX 96
/* What FPM, Apache and nginx write when nobody says otherwise. */
#define WPB_TIME_FORMAT_COMMON "%d/%b/%Y:%H:%M:%S %z"

struct wpb_time_format {
    char pattern[WPB_TIME_FORMAT_MAX]; /* %F, %T, %D and %R taken apart */
    unsigned char len;
};

/* Compile PATTERN; -1 with the reason in ERR. */
int wpb_time_format(struct wpb_time_format *format, struct wpb_slice pattern,
                    struct wpb_err *err);

/* Read a time off the front of TEXT into *UNIX_S; LOCAL_OFFSET_S is local time minus UTC.
 * Returns the bytes read, 0 when there is no such time. */
size_t wpb_time_format_take(const struct wpb_time_format *format, struct wpb_slice text,
                            int32_t local_offset_s, int64_t *unix_s);

#endif
