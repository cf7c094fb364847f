/*
 * proc_title.h - what /proc says of one process, where it may be PHP-FPM's.
 *
 *   cmdline = "php-fpm: master process (" path ")" filler      a master
 *           | "php-fpm: pool " name filler                     a worker
 *   stat    = pid " (" name ") " state " " ppid ...            fields of proc(5); the
 *             name may hold blanks and brackets
 *   filler  = { NUL | blank }
 *
 * Source: sapi/fpm/fpm/fpm_env.c. Anybody may call his process so: whose it is decides
 * what may be read on its behalf. Pure; any thread.
 */
#ifndef WPB_REQUESTS_PROC_TITLE_H
#define WPB_REQUESTS_PROC_TITLE_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

enum wpb_fpm_title { WPB_FPM_NO_TITLE, WPB_FPM_MASTER, WPB_FPM_WORKER };

/* Parse the content of a cmdline. NAME gets the path or the pool; it points into
 * CMDLINE. */
enum wpb_fpm_title wpb_fpm_title_parse(struct wpb_slice cmdline, struct wpb_slice *name);

/* The parent's process id of a stat; false when it is none. */
bool wpb_proc_parent_parse(struct wpb_slice stat, uint32_t *parent);

#endif
