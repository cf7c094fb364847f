/*
 * watch.h - the same look again and again, until somebody asks for the end.
 *
 * A pass begins every so many seconds after the last one began; one that took longer is
 * followed at once. Text on a terminal is redrawn in place; anything else is added to,
 * or, with a file, replaced. Main thread; owns SIGINT and SIGTERM while it runs.
 */
#ifndef WPB_COMMAND_WATCH_H
#define WPB_COMMAND_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"

#define WPB_WATCH_SECONDS_MIN 1
#define WPB_WATCH_SECONDS_MAX 86400

struct wpb_watch {
    uint32_t seconds;
    const char *output; /* a file that always holds the newest report; NULL: stdout */
    bool is_text;       /* for a person: may be redrawn, passes are set apart */
    /* Make one pass, with its report in TEXT, which is empty. Returns the exit code it
     * stands for, or -1 after saying what failed. *WAS_INTERRUPTED when a signal cut it
     * short. */
    int (*pass)(void *cookie, struct wpb_buf *text, bool *was_interrupted);
    void *cookie;
};

/* Watch until SIGINT or SIGTERM. Returns the exit code of the last complete pass, or of
 * the first one when there is none; WPB_EXIT_UNMEASURED when a pass failed or its report
 * could not be written. */
int wpb_watch_run(const struct wpb_watch *watch);

#endif
