/*
 * wrapper.h - what an object cache puts around the value that it was given.
 *
 *   litespeed   {data: VALUE}                                  LiteSpeed Cache
 *   w3tc        {content: VALUE, key_version..., ...}          W3 Total Cache
 *   salted      {data: VALUE, salt: ...}          WordPress 6.9 and later, itself
 *
 * Watches the events of a walk. The first key says what it may be, later ones and the
 * count whether it is, so that names of the wrapped array may have been taken when it
 * turns out that there is no wrapper. The first two serialize by themselves, and are
 * looked for in nothing else. Pure; a plain value.
 */
#ifndef WPB_PHP_WRAPPER_H
#define WPB_PHP_WRAPPER_H

#include "probes/php/walk.h"

enum wpb_wrapper {
    WPB_WRAPPER_NONE,
    WPB_WRAPPER_LITESPEED,
    WPB_WRAPPER_W3TC,
    WPB_WRAPPER_SALTED,
};
#define WPB_WRAPPER_KEYS_MAX 3

/* "litespeed" and so on; "" of none. Static. */
const char *wpb_wrapper_name(enum wpb_wrapper wrapper);

struct wpb_wrapper_watch {
    bool is_serialize;
    bool is_array;          /* the outermost value */
    bool is_refused;        /* there is no wrapper */
    bool is_inside;         /* of the wrapped value, an array */
    enum wpb_wrapper guess; /* while not refused, after the first key */
    uint64_t declared;      /* elements of the outermost array, 0 when unknown */
    uint64_t entries;       /* of the wrapped array; 0 when it is none */
    uint32_t keys;          /* of the outermost array so far */
    const char *names[WPB_WRAPPER_KEYS_MAX];
};

/* What an event is to who collects names. */
enum wpb_wrapper_part {
    WPB_WRAPPER_OTHER,      /* nothing */
    WPB_WRAPPER_NAMED,      /* its key is one of the outermost or the wrapped array */
    WPB_WRAPPER_IS_REFUSED, /* the same of the outermost, and there is no wrapper: only
                               the first `keys` - 1 of `names` came before */
};
enum wpb_wrapper_part wpb_wrapper_watch(struct wpb_wrapper_watch *watch,
                                        const struct wpb_php_event *event);

/* The walk is over. NONE after a guess means that what was taken since is of no
 * wrapper (`names`, `keys` of them, is what the outermost array holds). */
enum wpb_wrapper wpb_wrapper_verdict(const struct wpb_wrapper_watch *watch,
                                     bool is_complete);

#endif
