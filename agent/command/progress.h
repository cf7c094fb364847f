/*
 * progress.h - how far a turn is, redrawn in place on a terminal's stderr.
 *
 * Silent when stderr is not a terminal. Main thread.
 */
#ifndef WPB_COMMAND_PROGRESS_H
#define WPB_COMMAND_PROGRESS_H

#include <stdbool.h>

#include "agent/schedule/turn.h"

/* May progress be drawn? stderr is a terminal, and not a dumb one. */
bool wpb_progress_is_wanted(void);
/* Draw PROGRESS; fits the callback of struct wpb_turn_options. COOKIE is unused. */
void wpb_progress_draw(void *cookie, const struct wpb_progress *progress);
/* Wipe the line, before anything else is written to the terminal. */
void wpb_progress_clear(void);

#endif
