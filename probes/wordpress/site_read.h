/*
 * site_read.h - one site out of its folder, its configuration and its PHP pools.
 *
 * What discover.h promises for one place: the files are read here and nowhere else.
 * Blocking.
 */
#ifndef WPB_WORDPRESS_SITE_READ_H
#define WPB_WORDPRESS_SITE_READ_H

#include "probes/wordpress/failure.h"
#include "probes/wordpress/pool.h"

/* Where a site may be. Texts live in the arena of the discovery. */
struct wpb_place {
    const char *code_dir;    /* the folder of wp-load.php */
    const char *config_file; /* the wp-config.php that counts */
    const char *host_file;   /* Debian: /etc/wordpress/config-HOST.php; else "" */
};

/* Read PLACE into SITE, whose name is left to the caller. ROOT ("" or a folder)
 * stands for /. 0; -1 when the configuration cannot be read, which is then a row of
 * FAILURES. */
int wpb_site_read(const char *root, const struct wpb_place *place,
                  const struct wpb_pools *pools, struct wpb_arena *arena,
                  struct wpb_failure_list *failures, struct wpb_site *site);

#endif
