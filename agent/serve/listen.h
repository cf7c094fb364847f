/*
 * listen.h - the socket to listen on.
 */
#ifndef WPB_SERVE_LISTEN_H
#define WPB_SERVE_LISTEN_H

#include <sys/types.h>
#include <sys/un.h>

#include "agent/serve/serve.h"

struct wpb_serve_listener {
    int fd;
    uint16_t port; /* 0: a unix socket */
    /* Of that: the file and what identifies it, so that only our own is removed. */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    dev_t device;
    ino_t inode;
};

/* Make the socket of SETTINGS: bound, listening, not blocking. */
int wpb_serve_listen(const struct wpb_serve_settings *settings,
                     struct wpb_serve_listener *listener, struct wpb_err *err);
/* Remove the file of a unix socket, unless another has taken its place. The descriptor is
 * not touched. */
void wpb_serve_listener_remove(const struct wpb_serve_listener *listener);

#endif
