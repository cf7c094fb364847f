/*
 * demo_site.h - the invented shop's folder: as much of a WordPress as can be seen
 * from outside PHP, with the plugin that asks for options that do not exist.
 */
#ifndef WPB_COMMAND_DEMO_SITE_H
#define WPB_COMMAND_DEMO_SITE_H

#include "wpbloat/err.h"

/* Make the folder PATH, which must not exist, and its files; its configuration
 * points at the Redis on SOCKET_PATH. */
int wpb_demo_site_write(const char *path, const char *socket_path, struct wpb_err *err);

#endif
