/*
 * notify.h - tell the service manager how it goes (sd_notify's protocol, by itself).
 *
 * One datagram a message on the socket that NOTIFY_SOCKET names: a path, or an abstract
 * name after '@'. Without one nothing is sent. A datagram that finds the manager's queue
 * full is dropped: nothing here blocks, and what matters is said again (the watchdog) or
 * asked for again. One thread.
 */
#ifndef WPB_BASE_NOTIFY_H
#define WPB_BASE_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wpbloat/err.h"

struct wpb_notify {
    int fd; /* -1: there is no manager */
    struct sockaddr_un address;
    socklen_t address_bytes;
    uint64_t watchdog_ms; /* how often to call wpb_notify_watchdog(); 0: not wanted */
};

/* Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and remove them from the
 * environment, so that no child speaks for us: call before other threads start. -1 when
 * there is a manager that cannot be told; NOTIFY is then as without one. */
int wpb_notify_init(struct wpb_notify *notify, struct wpb_err *err);
void wpb_notify_fini(struct wpb_notify *notify);

/* Each returns -1 with errno when there is a manager and it was not told.
 *
 * Started up, or done with reloading. STATUS: one line for `systemctl status`, as for
 * wpb_notify_status(). */
int wpb_notify_ready(struct wpb_notify *notify, const char *status);
/* STATUS may hold any bytes: it is escaped here. */
int wpb_notify_status(struct wpb_notify *notify, const char *status);
/* Reading the configuration again; wpb_notify_ready() ends it, whatever came of it. */
int wpb_notify_reloading(struct wpb_notify *notify);
int wpb_notify_stopping(struct wpb_notify *notify, const char *status);
/* Still alive. */
int wpb_notify_watchdog(struct wpb_notify *notify);

#endif
