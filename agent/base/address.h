/*
 * address.h - Redis URIs.
 *
 *   redis://[user@]host[:port][/db]                     one server
 *   unix:///path[?db=N]                                 the same by its socket
 *   redis-sentinel://[user@]host[:port],.../NAME[/db]   the master of that name, which
 *                                                       these sentinels watch
 *   redis-cluster://[user@]host[:port],...              a cluster that these nodes know
 *
 * "rediss" instead of "redis" speaks TLS. A password in a URI is refused: it belongs in
 * a file. Pure.
 */
#ifndef WPB_BASE_ADDRESS_H
#define WPB_BASE_ADDRESS_H

#include "agent/base/buf.h"
#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

/* Parse TEXT into ADDRESS, whose texts live in ARENA. WPB_E_ARGUMENT says what is
 * wrong and shows the form. IPv6 hosts stand in brackets. */
int wpb_redis_address_parse(const char *text, struct wpb_arena *arena,
                            struct wpb_redis_address *address, struct wpb_err *err);

/* Set host and port of ADDRESS, of sentinels, to those of the master, "host:port"; texts
 * live in ARENA. Anything else changes nothing. */
void wpb_redis_address_master(struct wpb_slice master, struct wpb_arena *arena,
                              struct wpb_redis_address *address);

/* Append ADDRESS as a URI without password; with "?db=N" (unix) or "/N" when
 * WITH_DATABASE. This is the scope of subjects. */
void wpb_redis_address_scope(const struct wpb_redis_address *address, bool with_database,
                             struct wpb_buf *out);

/* Append the redis-cli invocation that reaches it: "redis-cli -s /run/redis.sock
 * -n 1", shell-quoted, never with a password (the reader is told to add one by
 * REDISCLI_AUTH). */
void wpb_redis_address_cli(const struct wpb_redis_address *address, struct wpb_buf *out);

#endif
