#include "probes/redis/replica.h"

void wpb_redis_replica_prefer(struct wpb_conn *conn, const struct wpb_site *const *sites,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sites[i]->redis_replica_count) {
            wpb_conn_prefer(conn, sites[i]->redis_replicas,
                            sites[i]->redis_replica_count);
            return;
        }
    }
}
