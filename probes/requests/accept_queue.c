#include "probes/requests/accept_queue.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include "probes/requests/sock_diag.h"

#define STAGE "sock_diag"
/* The kernel fills at most 32 KiB at a time. */
#define DATAGRAM_MAX ((size_t)64 << 10)
/* A reply comes at once; this is for a kernel that is stuck. */
#define REPLY_SECONDS 1
/* More than any host has: the list ends then. */
#define DATAGRAMS_MAX 65536u

/* How sure it is that a unix socket is the one at a path. */
enum likeness {
    NOT_LIKE,
    LIKE_NAME,         /* bound to that path, perhaps before the file was replaced */
    LIKE_INODE,        /* and the file has its inode, if on another device: overlays */
    LIKE_INODE_DEVICE, /* the very file */
};

struct wanted {
    struct wpb_accept_look *look;
    bool has_file; /* of the path now */
    uint32_t inode, device;
    enum likeness likeness;
    size_t like; /* listeners that are as much like it */
    /* Of the listener found: its connections have the same. */
    bool is_of_file;
    uint32_t found_inode, found_device;
    bool has_v4, has_v6;
};

struct looking {
    int fd; /* of netlink */
    uint32_t sequence;
    struct wanted *items;
    size_t count;
    bool is_of_connections; /* the second question: the listeners are known */
};

/* ---- matching ---- */

static enum likeness like_file(const struct wanted *wanted,
                               const struct wpb_diag_socket *socket)
{
    bool is_named = wpb_slice_is(socket->path, wanted->look->address->path);
    bool is_inode =
        wanted->has_file && socket->has_file && socket->file_inode == wanted->inode;

    if (is_inode && socket->file_device == wanted->device)
        return LIKE_INODE_DEVICE;
    if (is_inode && is_named)
        return LIKE_INODE;
    return is_named ? LIKE_NAME : NOT_LIKE;
}

static void take_unix_listener(struct wanted *wanted,
                               const struct wpb_diag_socket *socket)
{
    struct wpb_accept_queue *queue = &wanted->look->queue;
    enum likeness likeness = like_file(wanted, socket);

    if (likeness == NOT_LIKE || likeness < wanted->likeness)
        return;
    if (likeness == wanted->likeness) {
        wanted->like++;
        return;
    }
    wanted->likeness = likeness;
    wanted->like = 1;
    wanted->is_of_file = socket->has_file;
    wanted->found_inode = socket->file_inode;
    wanted->found_device = socket->file_device;
    queue->pending = socket->rqueue;
    queue->backlog = socket->wqueue;
}

/* Several may share a port (SO_REUSEPORT): each has a queue. */
static void take_tcp_listener(struct wanted *wanted, const struct wpb_diag_socket *socket)
{
    struct wpb_accept_queue *queue = &wanted->look->queue;

    if (!wpb_listen_address_is(wanted->look->address, socket->family == WPB_DIAG_TCP6,
                               socket->ip, socket->port))
        return;
    wanted->likeness = LIKE_INODE_DEVICE;
    wanted->like = 1;
    wanted->has_v4 |= socket->family == WPB_DIAG_TCP4;
    wanted->has_v6 |= socket->family == WPB_DIAG_TCP6;
    queue->pending += socket->rqueue;
    queue->backlog += socket->wqueue;
}

/* A connection that a process has: with PHP-FPM, a worker that serves it. Those not yet
 * accepted have no inode. */
static void take_connection(struct wanted *wanted, const struct wpb_diag_socket *socket)
{
    const struct wpb_listen_address *address = wanted->look->address;
    struct wpb_accept_queue *queue = &wanted->look->queue;
    bool is_its = false;

    if (socket->inode == 0 || !queue->is_found)
        return;
    if (socket->family != WPB_DIAG_UNIX)
        is_its = address->port == socket->port;
    else if (wanted->is_of_file && socket->has_file)
        is_its = socket->file_inode == wanted->found_inode &&
                 socket->file_device == wanted->found_device;
    else if (address->kind == WPB_LISTEN_UNIX)
        is_its = wpb_slice_is(socket->path, address->path);
    queue->in_service += is_its;
}

static void take_socket(void *cookie, const struct wpb_diag_socket *socket)
{
    struct looking *looking = cookie;

    for (size_t i = 0; i < looking->count; i++) {
        struct wanted *wanted = &looking->items[i];
        bool is_unix = wanted->look->address->kind == WPB_LISTEN_UNIX;
        if (is_unix != (socket->family == WPB_DIAG_UNIX))
            continue;
        if (looking->is_of_connections)
            take_connection(wanted, socket);
        else if (socket->state != WPB_DIAG_LISTEN || !socket->has_queue)
            continue;
        else if (is_unix)
            take_unix_listener(wanted, socket);
        else
            take_tcp_listener(wanted, socket);
    }
}

/* ---- the kernel ---- */

static int open_diag(struct wpb_err *err)
{
    const struct timeval patience = {.tv_sec = REPLY_SECONDS};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPERM || errno == EACCES))
        return wpb_err_set(err, WPB_E_DENIED, STAGE,
                           "the accept queue cannot be seen: this process may not open "
                           "netlink sockets (RestrictAddressFamilies= needs AF_NETLINK)");
    if (fd < 0)
        return wpb_err_errno(err, errno, STAGE, "the accept queue cannot be seen");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

/* One datagram from the kernel: others' are passed over. -1 with err. */
static ssize_t receive(int fd, char *bytes, struct wpb_err *err)
{
    for (;;) {
        struct sockaddr_nl from = {.nl_family = AF_NETLINK};
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(fd, bytes, DATAGRAM_MAX, MSG_TRUNC,
                               (struct sockaddr *)&from, &from_len);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return wpb_err_errno(err, errno, STAGE, "the kernel does not answer");
        if (len == 0 || len > (ssize_t)DATAGRAM_MAX)
            return wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "the kernel's reply is cut");
        if (from.nl_pid == 0)
            return len;
    }
}

static int read_reply(struct looking *looking, struct wpb_err *err)
{
    char *bytes = malloc(DATAGRAM_MAX);
    enum wpb_diag_more more = WPB_DIAG_MORE;

    if (!bytes)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for the kernel's reply");
    for (size_t i = 0; more == WPB_DIAG_MORE; i++) {
        ssize_t len = receive(looking->fd, bytes, err);
        if (len < 0) {
            more = WPB_DIAG_FAILED;
        } else if (i == DATAGRAMS_MAX) {
            wpb_err_set(err, WPB_E_BUDGET, STAGE,
                        "there are too many sockets to look at");
            more = WPB_DIAG_FAILED;
        } else {
            more = wpb_diag_parse(wpb_slice_of(bytes, (size_t)len), looking->sequence,
                                  take_socket, looking, err);
        }
    }
    free(bytes);
    return more == WPB_DIAG_DONE ? 0 : -1;
}

/* Ask for the sockets of FAMILY in STATES, and take them. */
static int ask(struct looking *looking, enum wpb_diag_family family, uint32_t states,
               uint16_t port, struct wpb_err *err)
{
    struct wpb_buf request;
    ssize_t sent;

    wpb_buf_init(&request, 0);
    wpb_diag_ask(family, states, port, ++looking->sequence, &request);
    do
        sent = send(looking->fd, request.data, request.len, 0);
    while (sent < 0 && errno == EINTR);
    wpb_buf_fini(&request);
    if (sent < 0)
        return wpb_err_errno(err, errno, STAGE, "the kernel cannot be asked");
    return read_reply(looking, err);
}

/* ---- the looks ---- */

static void prepare(struct wanted *wanted, struct wpb_accept_look *look)
{
    struct stat status;

    *wanted = (struct wanted){.look = look};
    look->queue = (struct wpb_accept_queue){
        .reason = look->address->kind == WPB_LISTEN_NONE
                      ? "it is not known where this pool listens"
                      : "nothing listens there in this network namespace: is PHP-FPM "
                        "down, or in a container?"};
    if (look->address->kind != WPB_LISTEN_UNIX || stat(look->address->path, &status) != 0)
        return;
    wanted->has_file = true;
    wanted->inode = (uint32_t)status.st_ino;
    wanted->device = major(status.st_dev) << 20 | minor(status.st_dev);
}

static void settle_listener(struct wanted *wanted)
{
    struct wpb_accept_queue *queue = &wanted->look->queue;

    if (wanted->likeness == NOT_LIKE)
        return;
    if (wanted->like > 1) {
        queue->reason = "several sockets were bound to this path and none is sure to be "
                        "the one there now";
        queue->pending = queue->backlog = 0;
        return;
    }
    queue->is_found = true;
    queue->reason = "";
}

static bool is_unix(const struct wanted *wanted)
{
    return wanted->look->address->kind == WPB_LISTEN_UNIX;
}

static bool is_tcp(const struct wanted *wanted)
{
    return wanted->look->address->kind >= WPB_LISTEN_TCP4;
}

static bool has_any(const struct looking *looking, bool (*is_it)(const struct wanted *))
{
    for (size_t i = 0; i < looking->count; i++) {
        if (is_it(&looking->items[i]))
            return true;
    }
    return false;
}

/* Why a kind of listener was not found, when the kernel would not tell. */
static void excuse(struct looking *looking, bool (*is_it)(const struct wanted *),
                   const char *reason)
{
    for (size_t i = 0; i < looking->count; i++) {
        if (is_it(&looking->items[i]))
            looking->items[i].look->queue.reason = reason;
    }
}

/* -1 only when nothing was answered. */
static int find_listeners(struct looking *looking, struct wpb_err *err)
{
    bool is_answered = false;

    if (has_any(looking, is_unix)) {
        if (ask(looking, WPB_DIAG_UNIX, WPB_DIAG_LISTEN, 0, err) == 0)
            is_answered = true;
        else
            excuse(looking, is_unix, "the kernel does not tell of unix sockets");
    }
    if (has_any(looking, is_tcp)) {
        if (ask(looking, WPB_DIAG_TCP4, WPB_DIAG_LISTEN, 0, err) == 0 &&
            ask(looking, WPB_DIAG_TCP6, WPB_DIAG_LISTEN, 0, err) == 0)
            is_answered = true;
        else
            excuse(looking, is_tcp, "the kernel does not tell of TCP sockets");
    }
    for (size_t i = 0; i < looking->count; i++)
        settle_listener(&looking->items[i]);
    return is_answered ? 0 : -1;
}

/* Of TCP the kernel is asked by port: a busy host has many other connections. */
static void count_tcp_connections(struct looking *looking, struct wanted *wanted)
{
    const uint32_t states = WPB_DIAG_ESTABLISHED | WPB_DIAG_CLOSE_WAIT;
    uint16_t port = wanted->look->address->port;
    struct looking only = {.fd = looking->fd,
                           .sequence = looking->sequence,
                           .items = wanted,
                           .count = 1,
                           .is_of_connections = true};
    bool is_counted = true;

    if (wanted->has_v4)
        is_counted &= ask(&only, WPB_DIAG_TCP4, states, port, NULL) == 0;
    if (wanted->has_v6)
        is_counted &= ask(&only, WPB_DIAG_TCP6, states, port, NULL) == 0;
    wanted->look->queue.has_in_service = is_counted;
    looking->sequence = only.sequence;
}

static void count_connections(struct looking *looking)
{
    bool is_counted = false;

    looking->is_of_connections = true;
    if (has_any(looking, is_unix))
        is_counted = ask(looking, WPB_DIAG_UNIX, WPB_DIAG_ESTABLISHED, 0, NULL) == 0;
    for (size_t i = 0; i < looking->count; i++) {
        struct wanted *wanted = &looking->items[i];
        struct wpb_accept_queue *queue = &wanted->look->queue;
        if (queue->is_found && is_unix(wanted))
            queue->has_in_service = is_counted;
        else if (queue->is_found)
            count_tcp_connections(looking, wanted);
        if (!queue->has_in_service)
            queue->in_service = 0;
    }
}

int wpb_accept_queues_read(struct wpb_accept_look *looks, size_t count,
                           struct wpb_err *err)
{
    struct looking looking = {.items = calloc(count + 1, sizeof(struct wanted)),
                              .count = count};
    int result = -1;

    if (!looking.items)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory to look at %zu sockets",
                           count);
    for (size_t i = 0; i < count; i++)
        prepare(&looking.items[i], &looks[i]);
    if (!has_any(&looking, is_unix) && !has_any(&looking, is_tcp)) {
        result = 0;
        goto out_items;
    }
    looking.fd = open_diag(err);
    if (looking.fd < 0)
        goto out_items;
    result = find_listeners(&looking, err);
    if (result == 0)
        count_connections(&looking);
    close(looking.fd);
out_items:
    free(looking.items);
    return result;
}
