#include "agent/schedule/keepsakes.h"

#include <stdlib.h>
#include <string.h>

struct keepsake {
    struct keepsake *next;
    const struct wpb_probe *probe;
    const char *needs; /* of the target: static */
    char *address;     /* of it: ours, since targets are found anew */
    void *state;
    void (*destroy)(void *state);
};

struct wpb_keepsakes {
    struct keepsake *first;
};

struct wpb_keepsakes *wpb_keepsakes_new(void)
{
    return calloc(1, sizeof(struct wpb_keepsakes));
}

static void free_keepsake(struct keepsake *keepsake)
{
    keepsake->destroy(keepsake->state);
    free(keepsake->address);
    free(keepsake);
}

void wpb_keepsakes_free(struct wpb_keepsakes *keepsakes)
{
    if (!keepsakes)
        return;
    wpb_keepsakes_prune(keepsakes, NULL, 0);
    free(keepsakes);
}

static bool is_of(const struct keepsake *keepsake, const struct wpb_target *target)
{
    return strcmp(keepsake->needs, target->needs) == 0 &&
           strcmp(keepsake->address, target->address) == 0;
}

static struct keepsake *find(const struct wpb_keepsakes *keepsakes,
                             const struct wpb_probe *probe,
                             const struct wpb_target *target)
{
    struct keepsake *keepsake = keepsakes->first;

    while (keepsake && !(keepsake->probe == probe && is_of(keepsake, target)))
        keepsake = keepsake->next;
    return keepsake;
}

void *wpb_keepsakes_find(const struct wpb_keepsakes *keepsakes,
                         const struct wpb_probe *probe, const struct wpb_target *target)
{
    const struct keepsake *keepsake = find(keepsakes, probe, target);

    return keepsake ? keepsake->state : NULL;
}

static struct keepsake *add(struct wpb_keepsakes *keepsakes,
                            const struct wpb_probe *probe,
                            const struct wpb_target *target)
{
    struct keepsake *keepsake = calloc(1, sizeof(*keepsake));

    if (!keepsake)
        return NULL;
    keepsake->address = strdup(target->address);
    if (!keepsake->address) {
        free(keepsake);
        return NULL;
    }
    keepsake->probe = probe;
    keepsake->needs = target->needs;
    keepsake->next = keepsakes->first;
    keepsakes->first = keepsake;
    return keepsake;
}

bool wpb_keepsakes_put(struct wpb_keepsakes *keepsakes, const struct wpb_probe *probe,
                       const struct wpb_target *target, void *state,
                       void (*destroy)(void *state))
{
    struct keepsake *keepsake = find(keepsakes, probe, target);

    if (!keepsake)
        keepsake = add(keepsakes, probe, target);
    else if (keepsake->state != state)
        keepsake->destroy(keepsake->state);
    if (!keepsake)
        return false;
    keepsake->state = state;
    keepsake->destroy = destroy;
    return true;
}

static bool is_of_any(const struct keepsake *keepsake, const struct wpb_target *targets,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_of(keepsake, &targets[i]))
            return true;
    }
    return false;
}

void wpb_keepsakes_prune(struct wpb_keepsakes *keepsakes,
                         const struct wpb_target *targets, size_t count)
{
    struct keepsake **link = &keepsakes->first;

    while (*link) {
        struct keepsake *keepsake = *link;
        if (is_of_any(keepsake, targets, count)) {
            link = &keepsake->next;
            continue;
        }
        *link = keepsake->next;
        free_keepsake(keepsake);
    }
}
