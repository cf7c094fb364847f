/*
 * line_reading.h - between line_parse.c, which takes a line apart into fields, and
 * line_tell.c, which says what the fields mean. For these two only.
 */
#ifndef WPB_REQUESTS_LINE_READING_H
#define WPB_REQUESTS_LINE_READING_H

#include "probes/requests/line_format.h"
#include "probes/requests/request_line.h"

/* What the fields have said so far. */
struct wpb_line_reading {
    const struct wpb_line_format *format;
    const char *end;
    uint32_t has; /* bits of enum wpb_line_target */
    uint64_t numbers[WPB_LINE_TO_POOL];
    struct wpb_slice texts[WPB_LINE_TARGETS];
    uint32_t units[WPB_LINE_TO_DURATION]; /* of END and START */
    uint64_t last_try;
    unsigned tries;
};

static inline bool wpb_line_reading_has(const struct wpb_line_reading *reading,
                                        enum wpb_line_target target)
{
    return reading->has & (UINT32_C(1) << target);
}

/* Digits, and DECIMALS of those behind a point, as one whole number; returns what
 * follows, NULL when there is no digit or the number is too large. */
const char *wpb_line_parse_decimal(const char *at, const char *end, unsigned decimals,
                                   uint64_t *value);

/* Fill REQUEST, which is zeros, with what READING means; false when a number cannot be.
 */
bool wpb_line_tell(const struct wpb_line_reading *reading,
                   struct wpb_request_line *request);

#endif
