/*
 * churn_watch.h - the commands of a look at write churn, and what their answers mean.
 * Pure.
 */
#ifndef WPB_REDIS_CHURN_WATCH_H
#define WPB_REDIS_CHURN_WATCH_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

/* Redis compares every written key with every prefix: 16 of them cost it 1.6
 * microseconds a write, 216 ten (redis 7.0.15). */
#define WPB_CHURN_PREFIXES_MAX 16

struct wpb_churn_prefixes {
    struct wpb_slice items[WPB_CHURN_PREFIXES_MAX]; /* none begins with another */
    size_t count;
    size_t unknown; /* sites whose prefix is not known */
    size_t beyond;  /* sites left out for want of room */
};

/* The prefixes of COUNT SITES; they borrow from the sites. */
void wpb_churn_prefixes_of(const struct wpb_site *const *sites, size_t count,
                           struct wpb_churn_prefixes *prefixes);

/* Append the command that has names of changed keys sent to client LISTENER_ID. */
void wpb_churn_tracking_on(const struct wpb_churn_prefixes *prefixes, int64_t listener_id,
                           struct wpb_buf *command);

/* Does the answer to CLIENT TRACKINGINFO say that the listener is gone? */
bool wpb_churn_is_broken(const struct redisReply *info);

/* Fill ERR with why COMMAND was refused by REPLY. True when the server (or what stands
 * before it) does not know client tracking; false when it forbids it now. */
bool wpb_churn_refusal(const char *command, const struct redisReply *reply,
                       struct wpb_err *err);

#endif
