/*
 * line_format.h - how a server writes a line of its log, compiled from the format that it
 * is configured with.
 *
 *   line: { literal bytes | field }
 *
 * A dialect (access_format.h, web_log.h) turns its words into fields with the builder
 * below; line_parse.h reads lines with the result. A field is read by its kind:
 *
 *   NUMBER   digits [ "." digits ]  |  "-"  |  nothing
 *   PERCENT  as NUMBER, or letters ("NaN", "INF" of a division by zero)
 *   SECONDS  NUMBER { ( ", " | " : ") NUMBER }          one for each upstream server
 * tried TIME     by time_format.h WORD     bytes above space, up to 255, but '"' and the
 * byte that follows the field QUOTED   anything up to the first '"' that no backslash
 * escapes TEXT     anything at all
 *
 * What visitors send can hold any byte that the server does not escape, so where a TEXT
 * ends must be proven for each line: it is known only when no other end is possible.
 * Formats in which it could never be proven are refused, with the reason.
 *
 * Plain memory of the caller; no allocation; any thread, once finished read-only.
 */
#ifndef WPB_REQUESTS_LINE_FORMAT_H
#define WPB_REQUESTS_LINE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/requests/time_format.h"

#define WPB_LINE_FORMAT_MAX 2048 /* bytes of a format */
#define WPB_LINE_STEPS_MAX 96
#define WPB_LINE_TEXTS_MAX 12
#define WPB_LINE_TIMES_MAX 2

enum wpb_line_kind {
    WPB_LINE_LITERAL,
    WPB_LINE_NUMBER,
    WPB_LINE_PERCENT,
    WPB_LINE_SECONDS,
    WPB_LINE_TIME,
    WPB_LINE_WORD,
    WPB_LINE_QUOTED,
    WPB_LINE_TEXT,
};

/* What a field says. Numbers first, then texts. */
enum wpb_line_target {
    WPB_LINE_TO_NOTHING,
    WPB_LINE_TO_END,            /* microseconds */
    WPB_LINE_TO_START,          /* microseconds */
    WPB_LINE_TO_START_FRACTION, /* microseconds, beside START in seconds */
    WPB_LINE_TO_DURATION,       /* microseconds */
    WPB_LINE_TO_CPU_USER,       /* hundredths of a percent of the duration */
    WPB_LINE_TO_CPU_SYSTEM,
    WPB_LINE_TO_CPU_TOTAL,
    WPB_LINE_TO_MEMORY, /* bytes */
    WPB_LINE_TO_PID,
    WPB_LINE_TO_STATUS,
    WPB_LINE_TO_UPSTREAM,
    WPB_LINE_TO_POOL,
    WPB_LINE_TO_METHOD,
    WPB_LINE_TO_REQUEST, /* "GET /path?query HTTP/1.1" */
    WPB_LINE_TO_URI,     /* as asked for, with its query */
    WPB_LINE_TO_REWRITTEN,
    WPB_LINE_TO_QUERY, /* with or without its "?" */
    WPB_LINE_TO_SCRIPT,
    WPB_LINE_TO_HOST,
    WPB_LINE_TO_AGENT, /* the user agent */
    WPB_LINE_TO_CACHE,
    WPB_LINE_TO_QUERIES,
    WPB_LINE_TARGETS
};

struct wpb_line_field {
    enum wpb_line_kind kind;
    enum wpb_line_target target;
    /* Of numbers: digits behind the point that count (6: seconds into microseconds), and
     * what the result is multiplied with (1024: KiB into bytes; 0 is 1). */
    unsigned char decimals;
    uint32_t factor;
    uint32_t unit_us; /* of times: what the clock resolves */
    /* Of texts: the server escapes a '"' in them; they often hold spaces. */
    bool is_escaped, has_spaces;
};

struct wpb_line_step {
    struct wpb_line_field field;
    uint16_t begin, len; /* of a literal, in `bytes`; of a time, its index */
    char stop;           /* the byte that follows; 0: the line ends */
};

struct wpb_line_format {
    int32_t local_offset_s; /* local time minus UTC, for times without a zone; the
                             * owner sets it, and again when summer time comes */
    uint16_t steps_count, bytes_len;
    unsigned char times_count, texts_count;
    bool has_joined_query;              /* a path is written together with its query */
    uint32_t unit_us;                   /* the coarsest of its times */
    uint16_t texts[WPB_LINE_TEXTS_MAX]; /* the steps that are TEXT */
    struct wpb_line_step steps[WPB_LINE_STEPS_MAX];
    struct wpb_time_format times[WPB_LINE_TIMES_MAX];
    char bytes[WPB_LINE_FORMAT_MAX];
};

/* ---- the builder, for dialects ---- */

void wpb_line_format_begin(struct wpb_line_format *format);
/* Bytes that the server writes as they are. -1 when the format is too long. */
int wpb_line_format_literal(struct wpb_line_format *format, struct wpb_slice bytes,
                            struct wpb_err *err);
/* A field; PATTERN is that of a time, else empty. A query right behind a path belongs to
 * it. -1 when there are too many, or the time cannot be read back. */
int wpb_line_format_field(struct wpb_line_format *format,
                          const struct wpb_line_field *field, struct wpb_slice pattern,
                          struct wpb_err *err);
/* Nothing follows: prove that lines can be taken apart; -1 with what is in the way. */
int wpb_line_format_finish(struct wpb_line_format *format, struct wpb_err *err);

/* Whether a line of FORMAT can tell TARGET. */
bool wpb_line_format_tells(const struct wpb_line_format *format,
                           enum wpb_line_target target);

#endif
