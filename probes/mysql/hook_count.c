#include "probes/mysql/hook_count.h"

static void hold(struct wpb_hook *hook, unsigned long long hash, struct wpb_slice name)
{
    name = wpb_slice_head(name, WPB_HOOK_BYTES);
    hook->hash = hash;
    hook->count = 1;
    hook->len = (unsigned char)name.len;
    if (name.len)
        memcpy(hook->name, name.data, name.len);
}

/* A name for which there is no room takes one from each of those held. */
static void lower_all(struct wpb_hook_count *hooks)
{
    hooks->is_low = true;
    for (size_t i = 0; i < hooks->used; i++)
        hooks->held[i].count--;
}

void wpb_hook_count_add(struct wpb_hook_count *hooks, struct wpb_slice name)
{
    unsigned long long hash = wpb_slice_hash(name);
    struct wpb_hook *unused = NULL;

    for (size_t i = 0; i < hooks->used; i++) {
        struct wpb_hook *hook = &hooks->held[i];
        if (hook->count > 0 && hook->hash == hash) {
            hook->count++;
            return;
        }
        if (hook->count == 0)
            unused = hook;
    }
    if (!unused && hooks->used < WPB_HOOKS_HELD)
        unused = &hooks->held[hooks->used++];
    if (unused)
        hold(unused, hash, name);
    else
        lower_all(hooks);
}

static struct wpb_slice name_of(const struct wpb_hook *hook)
{
    return wpb_slice_of(hook->name, hook->len);
}

struct wpb_slice wpb_hook_count_most(const struct wpb_hook_count *hooks, uint64_t *count)
{
    const struct wpb_hook *most = NULL;

    for (size_t i = 0; i < hooks->used; i++) {
        const struct wpb_hook *hook = &hooks->held[i];
        if (hook->count == 0 || (most && hook->count < most->count))
            continue;
        if (!most || hook->count > most->count ||
            wpb_slice_compare(name_of(hook), name_of(most)) < 0)
            most = hook;
    }
    *count = most ? most->count : 0;
    return most ? name_of(most) : wpb_slice_of("", 0);
}
