#include "probes/mysql/peers.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/clock.h"
#include "agent/base/mysql_address.h"
#include "probes/mysql/client.h"

/* A server that refused is not tried again for each statement of each run. */
#define REFUSED_MS 5000

struct server {
    struct server *next;
    struct wpb_mysql_calm calm;
    char name[];
};

struct peers {
    struct wpb_mysql_peer *first;
    struct server *servers;
};

static void free_peers(void *state)
{
    struct peers *peers = state;
    struct wpb_mysql_peer *peer;
    struct server *server;

    while ((peer = peers->first)) {
        peers->first = peer->next;
        wpb_mysql_link_close(peer->link);
        free(peer->identity);
        free(peer);
    }
    while ((server = peers->servers)) {
        peers->servers = server->next;
        free(server);
    }
    free(peers);
    wpb_mysql_client_end_thread();
}

char *wpb_mysql_peer_identity(const struct wpb_mysql_address *address)
{
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_mysql_address_scope(address, true, &text);
    wpb_buf_printf(&text, " %s %s", address->user, address->password);
    if (!wpb_buf_failed(&text))
        return text.data;
    wpb_buf_fini(&text);
    return NULL;
}

static struct wpb_mysql_calm *calm_of(struct peers *peers,
                                      const struct wpb_mysql_address *address)
{
    struct server *server = NULL;
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    wpb_mysql_address_scope(address, false, &name);
    for (server = peers->servers; server; server = server->next) {
        if (strcmp(server->name, name.data) == 0)
            goto found;
    }
    server = calloc(1, sizeof(*server) + name.len + 1);
    if (!server)
        goto found;
    memcpy(server->name, name.data, name.len);
    wpb_mysql_calm_init(&server->calm, wpb_mysql_address_is_local(address),
                        address->is_replica);
    server->next = peers->servers;
    peers->servers = server;
found:
    wpb_buf_fini(&name);
    return server ? &server->calm : NULL;
}

static struct peers *peers_of(struct wpb_kept *kept)
{
    if (!kept->state) {
        kept->state = calloc(1, sizeof(struct peers));
        kept->free = kept->state ? free_peers : NULL;
    }
    return kept->state;
}

struct wpb_mysql_peer *wpb_mysql_peer_of(struct wpb_kept *kept, const char *identity,
                                         const struct wpb_mysql_address *address)
{
    struct peers *peers = peers_of(kept);
    struct wpb_mysql_peer *peer;

    if (!peers)
        return NULL;
    for (peer = peers->first; peer; peer = peer->next) {
        if (strcmp(peer->identity, identity) == 0)
            return peer;
    }
    peer = calloc(1, sizeof(*peer));
    if (!peer || !(peer->calm = calm_of(peers, address)) ||
        !(peer->identity = strdup(identity))) {
        free(peer);
        return NULL;
    }
    peer->pages[WPB_LOOK_EXAMINE].purpose = WPB_LOOK_EXAMINE;
    peer->next = peers->first;
    peers->first = peer;
    return peer;
}

int wpb_mysql_peer_connect(struct wpb_mysql_peer *peer,
                           const struct wpb_mysql_address *address, struct wpb_err *err)
{
    uint64_t now_ms = wpb_clock_monotonic_ms();

    if (peer->link)
        return 0;
    if (peer->was_refused && now_ms - peer->refused_ms < REFUSED_MS) {
        *err = peer->refused;
        return -1;
    }
    peer->link = wpb_mysql_link_open(address, err);
    peer->charged = 0;
    peer->was_refused = !peer->link;
    if (peer->link)
        return 0;
    peer->refused = *err;
    peer->refused_ms = wpb_clock_monotonic_ms();
    return -1;
}
