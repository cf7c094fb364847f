/*
 * info.h - the reply to INFO, taken apart.
 *
 * Grammar: lines ended by CRLF; "# Section", "name:value", or empty. Names are
 * unique; the keyspace section has "dbN:keys=N,expires=N,...". Unknown lines are
 * passed over, values that are no numbers leave their field unset. Pure; texts
 * borrow from the reply.
 */
#ifndef WPB_REDIS_INFO_H
#define WPB_REDIS_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

/* Databases kept; Redis' default is 16. */
#define WPB_INFO_DATABASES_MAX 64

struct wpb_info_database {
    uint32_t number;
    uint64_t keys, expires;
};

/* A number that INFO may not have given. */
struct wpb_info_number {
    bool is_known;
    uint64_t value;
};

struct wpb_info {
    struct wpb_slice version, run_id, role, policy; /* "" when absent */
    struct wpb_info_number uptime_seconds, used_memory, maxmemory, evicted_keys, hits,
        misses;
    struct wpb_info_number saves, rewrites; /* by a child, under way: 0 or 1 */
    bool is_loading;
    struct wpb_info_number loading_eta_seconds;
    bool has_lost_master; /* a replica whose link is down */
    struct wpb_info_database databases[WPB_INFO_DATABASES_MAX];
    size_t database_count;
    bool has_keyspace; /* the section was there, if only empty */
};

void wpb_info_parse(struct wpb_slice reply, struct wpb_info *info);

/* Take the next "name:value" off the front of REPLY; false when there is none. */
bool wpb_info_next(struct wpb_slice *reply, struct wpb_slice *name,
                   struct wpb_slice *value);
/* A plain decimal number, which fits. */
struct wpb_info_number wpb_info_whole(struct wpb_slice value);
/* What comes after NAME in "calls=1,usec=2". */
struct wpb_info_number wpb_info_part(struct wpb_slice list, struct wpb_slice name);

/* Add what another node of the same cluster says to TOTAL: memory, keys, hits, misses and
 * children at work together, the shortest uptime, a limit of memory only where every node
 * has one. Texts are left as they are. */
void wpb_info_add(struct wpb_info *total, const struct wpb_info *node);

#endif
