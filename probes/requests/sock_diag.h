/*
 * sock_diag.h - what the kernel says of sockets, over netlink: requests and replies as
 * bytes. Source: sock_diag(7), linux/net/unix/diag.c, linux/net/ipv4/tcp_diag.c.
 *
 *   datagram = message*
 *   message  = nlmsghdr ( inet_diag_msg | unix_diag_msg attribute* | error | done )
 *
 * Of a listening socket rqueue is how many connections wait to be accepted and wqueue the
 * backlog; the kernel lets one more than the backlog wait. Of connections that a listener
 * was given but has not accepted yet there is no inode. Pure; any thread.
 */
#ifndef WPB_REQUESTS_SOCK_DIAG_H
#define WPB_REQUESTS_SOCK_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/err.h"

/* Bits of the states to ask for. */
#define WPB_DIAG_ESTABLISHED (1u << 1)
#define WPB_DIAG_CLOSE_WAIT                                                              \
    (1u << 8) /* the client is gone, the server has not closed                           \
               */
#define WPB_DIAG_LISTEN (1u << 10)

enum wpb_diag_family { WPB_DIAG_UNIX, WPB_DIAG_TCP4, WPB_DIAG_TCP6 };

/* One socket; slices point into the datagram. */
struct wpb_diag_socket {
    enum wpb_diag_family family;
    uint32_t state; /* one of the bits above, or another */
    uint32_t inode; /* of the socket; 0: no process has it */
    uint32_t rqueue, wqueue;
    bool has_queue;
    /* Of TCP: where it is bound. */
    uint16_t port;
    uint8_t ip[16];
    /* Of unix: the path it was bound to, and the file that was made then. */
    struct wpb_slice path;
    bool has_file;
    uint32_t file_inode,
        file_device; /* as the kernel packs a device: major << 20 | minor */
};

/* Append to OUT a request for all sockets of FAMILY in STATES (bits); of TCP, with PORT
 * not 0, those bound to it. */
void wpb_diag_ask(enum wpb_diag_family family, uint32_t states, uint16_t port,
                  uint32_t sequence, struct wpb_buf *out);

enum wpb_diag_more { WPB_DIAG_MORE, WPB_DIAG_DONE, WPB_DIAG_FAILED };

/* Called for each socket, which is valid during the call. */
typedef void wpb_diag_each(void *cookie, const struct wpb_diag_socket *socket);

/* Take one DATAGRAM of the reply to the request with SEQUENCE. WPB_DIAG_MORE: another
 * follows. WPB_DIAG_FAILED with err: WPB_E_DENIED, WPB_E_UNSUPPORTED (the kernel lacks
 * the module), WPB_E_PROTOCOL. */
enum wpb_diag_more wpb_diag_parse(struct wpb_slice datagram, uint32_t sequence,
                                  wpb_diag_each *each, void *cookie, struct wpb_err *err);

#endif
