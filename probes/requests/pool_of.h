/*
 * pool_of.h - the PHP-FPM pool of a site: what every probe that needs "pool" looks up
 * first.
 *
 * A site names its pool (site.h: pool_name, pool_file, pool_status); here is what FPM's
 * files and processes say of it (fpm_pools.h). To read them costs as much as the host has
 * pools and processes, so they are read again only when one of the pool's two files has
 * changed, after an hour, or, while it was not found, after a minute: a look between
 * costs two stat(2). What changes by itself (`workers`, `masters`) is as old as that.
 *
 * A probe keeps one from run to run (wpb_run_keep()). wpb_pool_of_look() blocks: it
 * belongs on the pool's thread, one look at a time.
 */
#ifndef WPB_REQUESTS_POOL_OF_H
#define WPB_REQUESTS_POOL_OF_H

#include "probes/requests/fpm_pools.h"
#include "wpbloat/site.h"
#include "wpbloat/subject.h"

struct wpb_pool_of;

/* For the pool that SITE names, whose texts are copied. Reads nothing yet. NULL when
 * memory is out. */
struct wpb_pool_of *wpb_pool_of_new(const struct wpb_site *site);
void wpb_pool_of_free(struct wpb_pool_of *of);

/* The pool, valid until the next look; NULL with what to set in ERR. NOW_MS is of the
 * clock that never steps. Where no file names the pool but the site gives the address of
 * its status page, `file` is "" and only `status_listen` and `status_path` are known. */
const struct wpb_fpm_pool *wpb_pool_of_look(struct wpb_pool_of *of, uint64_t now_ms,
                                            struct wpb_err *err);

/* What samples of POOL are about: FPM's main file, else the address of the status page;
 * and the name. Texts are the pool's. */
struct wpb_subject wpb_pool_of_subject(const struct wpb_fpm_pool *pool);

#endif
