/*
 * target.h - a URL to load, and the only addresses that may be connected to for it.
 *
 * The name is resolved once, before the first request; what was found is what was
 * checked (owner.h) and what is used, whatever a resolver says later. Blocking; any
 * thread.
 */
#ifndef WPB_LOAD_TARGET_H
#define WPB_LOAD_TARGET_H

#include <netdb.h>
#include <stdbool.h>

#include "agent/load/limits.h"
#include "wpbloat/arena.h"
#include "wpbloat/err.h"

#define WPB_LOAD_ADDRESSES_MAX 8

struct wpb_load_target {
    const char *url;         /* normalised, without a fragment */
    const char *scheme;      /* "http" or "https" */
    const char *host, *port; /* without brackets; the scheme's port when not given */
    const char *origin;      /* the URL without its path */
    struct sockaddr_storage addresses[WPB_LOAD_ADDRESSES_MAX];
    size_t address_count;
    const char *resolve; /* "host:port:address,...", the form of CURLOPT_RESOLVE */
};

/* Take URL apart; texts live in ARENA. WPB_E_ARGUMENT of what is no http(s) URL or holds
 * a user or a password. */
int wpb_load_target_parse(const char *url, struct wpb_arena *arena,
                          struct wpb_load_target *target, struct wpb_err *err);

/* Find the addresses of TARGET's host, or take CONNECT (a numeric address) for it unless
 * it is NULL. WPB_E_NOT_FOUND, WPB_E_ARGUMENT. */
int wpb_load_target_resolve(struct wpb_load_target *target, const char *connect,
                            struct wpb_arena *arena, struct wpb_err *err);

/* Is ADDRESS one of TARGET's, port and all? */
bool wpb_load_target_has(const struct wpb_load_target *target,
                         const struct sockaddr *address);

#endif
