#include "agent/daemon/last_looks.h"

#include <stdlib.h>
#include <string.h>

#include "agent/schedule/cadence.h"

#define HOUR_MS INT64_C(3600000)
/* No probe looks less often than once a day. */
#define OLDEST_MS (25 * HOUR_MS)

struct wpb_last_look {
    struct wpb_last_look *next;
    const struct wpb_probe *probe;
    int64_t time_ms;
    char sites[]; /* of its target, as its coverage names them */
};

struct reading {
    struct wpb_last_looks *looks;
    const struct wpb_probe *const *probes;
    int64_t now_ms;
};

static const struct wpb_probe *rare_probe(const struct wpb_probe *const *probes,
                                          const char *name)
{
    while (*probes && strcmp((*probes)->name, name) != 0)
        probes++;
    return *probes && wpb_cadence_ms(*probes, 1, 0) >= (uint64_t)HOUR_MS ? *probes : NULL;
}

static void see(void *cookie, const struct wpb_store_audit *audit)
{
    struct reading *reading = cookie;
    const struct wpb_probe *probe = rare_probe(reading->probes, audit->probe);
    int64_t end_ms = audit->hour_ms + HOUR_MS - 1;
    struct wpb_last_look *look;

    /* A clock that was set back leaves hours that are still to come. */
    if (!probe || audit->hour_ms > reading->now_ms)
        return;
    look = malloc(sizeof(*look) + audit->site.len + 1);
    if (!look)
        return;
    look->probe = probe;
    look->time_ms = end_ms < reading->now_ms ? end_ms : reading->now_ms;
    if (audit->site.len)
        memcpy(look->sites, audit->site.data, audit->site.len);
    look->sites[audit->site.len] = '\0';
    look->next = reading->looks->first;
    reading->looks->first = look;
}

void wpb_last_looks_read(struct wpb_last_looks *looks, struct wpb_store *store,
                         const struct wpb_probe *const *probes, int64_t now_ms)
{
    struct reading reading = {.looks = looks, .probes = probes, .now_ms = now_ms};
    struct wpb_err err = {0};

    wpb_store_audit_newest(store, now_ms - OLDEST_MS, see, &reading, &err);
}

int64_t wpb_last_looks_of(const struct wpb_last_looks *looks,
                          const struct wpb_target *target, const struct wpb_probe *probe)
{
    for (const struct wpb_last_look *look = looks->first; look; look = look->next) {
        if (look->probe == probe && strcmp(look->sites, target->site_names) == 0)
            return look->time_ms;
    }
    return 0;
}

void wpb_last_looks_fini(struct wpb_last_looks *looks)
{
    while (looks->first) {
        struct wpb_last_look *next = looks->first->next;
        free(looks->first);
        looks->first = next;
    }
}
