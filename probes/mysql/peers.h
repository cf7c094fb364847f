/*
 * peers.h - what the thread for calls that block keeps from one statement to the next: a
 * connection for each address and account, and what is known of each server.
 */
#ifndef WPB_MYSQL_PEERS_H
#define WPB_MYSQL_PEERS_H

#include "probes/mysql/calm.h"
#include "probes/mysql/link.h"
#include "wpbloat/probe.h"

struct wpb_mysql_peer {
    struct wpb_mysql_peer *next;
    char *identity;
    struct wpb_mysql_calm *calm;     /* of its server */
    struct wpb_mysql_link *link;     /* NULL: not connected */
    uint64_t charged;                /* of its statements: in the cost of some run */
    struct wpb_mysql_pages pages[2]; /* by enum wpb_look */
    bool was_refused;
    struct wpb_err refused; /* why, at refused_ms */
    uint64_t refused_ms;
};

/* What makes two addresses one peer; NULL when memory is out. Free it. */
char *wpb_mysql_peer_identity(const struct wpb_mysql_address *address);

/* The peer of IDENTITY at ADDRESS, made when it is new; NULL when memory is out. */
struct wpb_mysql_peer *wpb_mysql_peer_of(struct wpb_kept *kept, const char *identity,
                                         const struct wpb_mysql_address *address);

/* Connect PEER unless it is connected, or was refused a moment ago. */
int wpb_mysql_peer_connect(struct wpb_mysql_peer *peer,
                           const struct wpb_mysql_address *address, struct wpb_err *err);

#endif
