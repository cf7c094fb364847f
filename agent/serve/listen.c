#include "agent/serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE "serve"
#define BACKLOG 64
#define SOCKET_MODE 0660

/* ---- unix sockets ---- */

/* Is somebody behind ADDRESS? One whose backlog is full is. */
static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_refused;

    if (fd < 0)
        return true; /* not known: better leave it alone */
    is_refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
                 errno == ECONNREFUSED;
    close(fd);
    return !is_refused;
}

/* Remove the socket that a process which ended has left at ADDRESS. */
static int clear_path(const struct sockaddr_un *address, struct wpb_err *err)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status))
        return errno == ENOENT
                   ? 0
                   : wpb_err_errno(err, errno, STAGE, "cannot look at %s", path);
    if (!S_ISSOCK(status.st_mode))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "%s is no socket; it is left alone: choose another path to "
                           "listen on",
                           path);
    if (is_answered(address))
        return wpb_err_set(err, WPB_E_CONNECT, STAGE,
                           "somebody listens on %s already: is another agent running?",
                           path);
    if (unlink(path) && errno != ENOENT)
        return wpb_err_errno(err, errno, STAGE, "cannot remove the old socket %s", path);
    return 0;
}

static int listen_unix(const char *path, struct wpb_serve_listener *listener,
                       struct wpb_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "the path of a socket has at most %zu bytes: %.100s...",
                           sizeof(address.sun_path) - 1, path);
    strcpy(address.sun_path, path);
    if (clear_path(&address, err))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return wpb_err_errno(err, errno, STAGE, "cannot make a socket");
    /* Of the socket before it has a name: nobody else gets in between. The mask of the
     * process may have taken bits away, which the second call restores. */
    if (fchmod(fd, SOCKET_MODE) ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
        chmod(path, SOCKET_MODE) || lstat(path, &status) || listen(fd, BACKLOG)) {
        wpb_err_errno(err, errno, STAGE, "cannot listen on %s", path);
        close(fd);
        return -1;
    }
    *listener = (struct wpb_serve_listener){
        .fd = fd, .device = status.st_dev, .inode = status.st_ino};
    strcpy(listener->path, path);
    return 0;
}

void wpb_serve_listener_remove(const struct wpb_serve_listener *listener)
{
    struct stat status;

    if (listener->path[0] && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        unlink(listener->path);
}

/* ---- TCP ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t parse(const char *host, uint16_t port, union address *address)
{
    memset(address, 0, sizeof(*address));
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return sizeof(address->v4);
    }
    if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return sizeof(address->v6);
    }
    return 0;
}

static int listen_tcp(const char *host, uint16_t port,
                      struct wpb_serve_listener *listener, struct wpb_err *err)
{
    union address address;
    socklen_t len = parse(host, port, &address);
    int fd, on = 1;

    if (!len)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "%.100s is no address", host);
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return wpb_err_errno(err, errno, STAGE, "cannot make a socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, &address.any, len) || listen(fd, BACKLOG) ||
        getsockname(fd, &address.any, &len)) {
        if (errno == EADDRINUSE)
            wpb_err_set(err, WPB_E_CONNECT, STAGE,
                        "somebody listens on port %u of %s already: is another agent "
                        "running?",
                        port, host);
        else
            wpb_err_errno(err, errno, STAGE, "cannot listen on port %u of %s", port,
                          host);
        close(fd);
        return -1;
    }
    /* Both families have their port in the same place. */
    *listener = (struct wpb_serve_listener){.fd = fd, .port = ntohs(address.v4.sin_port)};
    return 0;
}

int wpb_serve_listen(const struct wpb_serve_settings *settings,
                     struct wpb_serve_listener *listener, struct wpb_err *err)
{
    if (settings->path)
        return listen_unix(settings->path, listener, err);
    return listen_tcp(settings->host, settings->port, listener, err);
}
