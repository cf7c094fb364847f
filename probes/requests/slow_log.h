/*
 * slow_log.h - PHP-FPM's slow log: who was at work when a request took too long.
 *
 *   entry:  [ empty line ] header script { frame }
 *   header: "[" dd-Mon-YYYY HH:MM:SS "]" spaces "[pool " name "] pid " digits
 *   script: "script_filename = " path
 *   frame:  "[0x" hex "] " function "() " ( path | "unknown" ) ":" digits
 *   also:   "+++ dump failed"
 *
 * Frames stand innermost first: a function, and the place it was called from. The
 * culprit is the component (component.h) of the first place that lies in one, so frames
 * in wp-includes are passed over. A drop-in (object-cache.php, db.php) and what lies
 * above it were only asked by whoever comes next, and are passed over too.
 *
 * Lines are fed one after the other, an entry comes out when the next one begins.
 * Bounded: 1 KiB of state, whatever comes. Texts are copies, cut at their size. Memory of
 * the caller; one thread.
 */
#ifndef WPB_REQUESTS_SLOW_LOG_H
#define WPB_REQUESTS_SLOW_LOG_H

#include <stdint.h>

#include "probes/requests/component.h"

#define WPB_SLOW_FUNCTION_MAX 96
#define WPB_SLOW_FILE_MAX 192
#define WPB_SLOW_POOL_MAX 64
/* FPM writes request_slowlog_trace_depth frames, 20 by default. */
#define WPB_SLOW_FRAMES_MAX 256

struct wpb_slow_entry {
    int64_t unix_s;
    uint32_t pid;
    unsigned frames;
    char pool[WPB_SLOW_POOL_MAX];
    char script[WPB_SLOW_FILE_MAX];
    char doing[WPB_SLOW_FUNCTION_MAX]; /* the innermost function: "mysqli_query" */
    char component[WPB_COMPONENT_MAX]; /* the culprit; "": WordPress itself */
    char file[WPB_SLOW_FILE_MAX];      /* of it: "wp-content/plugins/x/y.php" */
    uint32_t line;
    char function[WPB_SLOW_FUNCTION_MAX]; /* of it; "" at a file's top level */
};

struct wpb_slow_log {
    int32_t local_offset_s; /* local time minus UTC; the owner sets it */
    bool is_open;           /* an entry has begun */
    bool wants_function;    /* the culprit was in the frame before */
    struct wpb_slow_entry entry;
};

/* Nothing read yet. */
void wpb_slow_log_init(struct wpb_slow_log *log, int32_t local_offset_s);

/* Take LINE, without its newline. True when that ended an entry, which is then in DONE.
 */
bool wpb_slow_log_line(struct wpb_slow_log *log, struct wpb_slice line,
                       struct wpb_slow_entry *done);

/* No line came for a while: the entry that is open, if any, is complete. */
bool wpb_slow_log_pause(struct wpb_slow_log *log, struct wpb_slow_entry *done);

#endif
