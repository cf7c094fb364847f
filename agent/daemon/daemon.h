/*
 * daemon.h - the agent: looks at every site of this host for months, remembers, warns.
 *
 * One loop on the calling thread; the history and the databases have threads of their
 * own. It tells the service manager when it is ready and that it lives, reads its
 * configuration again on SIGHUP (a bad one changes nothing), and ends on SIGTERM or
 * SIGINT with what it has in hand stored and, for a few seconds, delivered.
 */
#ifndef WPB_DAEMON_DAEMON_H
#define WPB_DAEMON_DAEMON_H

#include "agent/daemon/fleet.h"

struct wpb_daemon_options {
    const char *config_file;
    bool is_config_optional; /* it need not be there: all is as by default */
    wpb_find_sites *find_sites;
    const struct wpb_probe *const *probes;
};

/* Run until it is told to end. CONFIG was read from OPTIONS' file already, and is taken.
 * Returns 0, or -1 when it could not start: ERR says why. */
int wpb_daemon_run(const struct wpb_daemon_options *options, struct wpb_conf *config,
                   struct wpb_err *err);

#endif
