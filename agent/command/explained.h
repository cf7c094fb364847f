/*
 * explained.h - an explanation made of what was measured: of a file's examination,
 * or of a key's samples in a window. Pure; results live in the arena and borrow
 * from the window.
 */
#ifndef WPB_COMMAND_EXPLAINED_H
#define WPB_COMMAND_EXPLAINED_H

#include "agent/output/explanation.h"
#include "probes/php/examine.h"
#include "wpbloat/window.h"

void wpb_explained_examination(const struct wpb_examination *examination,
                               struct wpb_arena *arena,
                               struct wpb_explanation *explanation);

/* Of an option, or of the meta of a post. -1 when ROW was not examined. */
int wpb_explained_row(const struct wpb_window *window, const struct wpb_subject *row,
                      struct wpb_arena *arena, struct wpb_explanation *explanation);

/* -1 when KEY was not examined. */
int wpb_explained_key(const struct wpb_window *window, const struct wpb_subject *key,
                      struct wpb_arena *arena, struct wpb_explanation *explanation);

#endif
