#include "probes/php/wrapper.h"

static const char *const later_w3tc[] = {"key_version", "key_version_all"};

const char *wpb_wrapper_name(enum wpb_wrapper wrapper)
{
    static const char *const names[] = {
        [WPB_WRAPPER_NONE] = "",
        [WPB_WRAPPER_LITESPEED] = "litespeed",
        [WPB_WRAPPER_W3TC] = "w3tc",
        [WPB_WRAPPER_SALTED] = "salted",
    };
    return names[wrapper];
}

/* The name that the first key has, when a wrapper may begin with it. */
static const char *guess(struct wpb_wrapper_watch *watch, struct wpb_slice key)
{
    uint64_t declared = watch->declared;
    if (wpb_slice_is(key, "data")) {
        bool is_salted = declared == 2 || (declared == 0 && !watch->is_serialize);
        if (is_salted)
            watch->guess = WPB_WRAPPER_SALTED;
        else if (declared == 1 && watch->is_serialize)
            watch->guess = WPB_WRAPPER_LITESPEED;
        return "data";
    }
    if (wpb_slice_is(key, "content") && watch->is_serialize &&
        (declared == 2 || declared == 3)) {
        watch->guess = WPB_WRAPPER_W3TC;
        return "content";
    }
    return NULL;
}

/* The name that a further key has, when it fits the guess. */
static const char *fits(const struct wpb_wrapper_watch *watch, struct wpb_slice key)
{
    if (watch->guess == WPB_WRAPPER_SALTED && watch->keys == 1 &&
        wpb_slice_is(key, "salt"))
        return "salt";
    for (size_t i = 0; watch->guess == WPB_WRAPPER_W3TC && i < 2; i++)
        if (watch->keys < WPB_WRAPPER_KEYS_MAX && wpb_slice_is(key, later_w3tc[i]))
            return later_w3tc[i];
    return NULL;
}

/* An element of the outermost array. */
static enum wpb_wrapper_part element(struct wpb_wrapper_watch *watch,
                                     const struct wpb_php_event *event)
{
    if (watch->is_refused)
        return WPB_WRAPPER_NAMED;
    struct wpb_slice key = event->key_is_int ? wpb_slice_of("", 0) : event->key;
    const char *name = watch->keys == 0 ? guess(watch, key) : fits(watch, key);
    bool was_guessed = watch->keys > 0;
    watch->keys++;
    if (!name || watch->guess == WPB_WRAPPER_NONE) {
        watch->is_refused = true;
        return was_guessed ? WPB_WRAPPER_IS_REFUSED : WPB_WRAPPER_NAMED;
    }
    watch->names[watch->keys - 1] = name;
    if (watch->keys == 1 && event->phase == WPB_PHP_ENTER &&
        event->type == WPB_PHP_ARRAY) {
        watch->is_inside = true;
        watch->entries = event->count;
    }
    return WPB_WRAPPER_OTHER;
}

enum wpb_wrapper_part wpb_wrapper_watch(struct wpb_wrapper_watch *watch,
                                        const struct wpb_php_event *event)
{
    if (event->depth == 0 && event->phase == WPB_PHP_ENTER) {
        watch->is_array = event->type == WPB_PHP_ARRAY;
        watch->declared = event->count;
    }
    if (!watch->is_array || event->depth == 0 || event->depth > 2)
        return WPB_WRAPPER_OTHER;
    if (event->phase == WPB_PHP_LEAVE) {
        if (event->depth == 1 && watch->is_inside) {
            watch->is_inside = false;
            watch->entries = event->count;
        }
        return WPB_WRAPPER_OTHER;
    }
    if (event->depth == 1)
        return element(watch, event);
    return watch->is_inside && !watch->is_refused ? WPB_WRAPPER_NAMED : WPB_WRAPPER_OTHER;
}

enum wpb_wrapper wpb_wrapper_verdict(const struct wpb_wrapper_watch *watch,
                                     bool is_complete)
{
    if (watch->is_refused || watch->keys == 0)
        return WPB_WRAPPER_NONE;
    /* A head that declares two elements is as good as their names. */
    bool is_likely = !is_complete && watch->declared > 0;
    if (watch->guess == WPB_WRAPPER_LITESPEED || watch->keys >= 2 || is_likely)
        return watch->guess;
    return WPB_WRAPPER_NONE;
}
