/*
 * demo_site.h - the folders of the invented sites: as much of a WordPress as can be seen
 * from outside PHP, with the plugins that make the trouble.
 */
#ifndef WPB_COMMAND_DEMO_SITE_H
#define WPB_COMMAND_DEMO_SITE_H

#include "wpbloat/err.h"

enum wpb_demo_site {
    WPB_DEMO_SHOP,    /* whose notoptions only grows */
    WPB_DEMO_ATELIER, /* whose memory_limit was raised for one page */
    WPB_DEMO_CLUB,    /* whose every request loads 38 MB of options */
    WPB_DEMO_SITES
};

struct wpb_demo_sockets {
    const char *redis, *mariadb;
};

/* Make FOLDER, which must not exist, and the files of SITE in it; its configuration
 * points at the servers on SOCKETS, whether or not they run. */
int wpb_demo_site_write(enum wpb_demo_site site, const char *folder,
                        const struct wpb_demo_sockets *sockets, struct wpb_err *err);

#endif
