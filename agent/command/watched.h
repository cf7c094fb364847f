/*
 * watched.h - the sites that a configuration is about.
 *
 * With sites = auto those found in the usual places and in `paths`, but for `exclude`;
 * then those that a [site NAME] names, with its name and settings. Main thread; blocking
 * file reads.
 */
#ifndef WPB_COMMAND_WATCHED_H
#define WPB_COMMAND_WATCHED_H

#include "agent/command/sites.h"
#include "agent/config/config.h"

/* Find them. All results live in ARENA, which CONFIG must outlive too. A site whose
 * secret cannot be read, or that is not where its path says, is told in the coverage and
 * left out. -1 only when memory is out. */
int wpb_watched_sites(const struct wpb_conf *config, struct wpb_arena *arena,
                      struct wpb_selected_sites *selected, struct wpb_err *err);

#endif
