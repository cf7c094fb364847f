/*
 * values.h - one value of a configuration, from its text. Pure, any thread.
 */
#ifndef WPB_CONFIG_VALUES_H
#define WPB_CONFIG_VALUES_H

#include <stdint.h>

#include "agent/config/settings.h"
#include "wpbloat/arena.h"

/* What a key is set to. Exactly one of `setting` and `option` is there. */
struct wpb_conf_value {
    const char *name;
    const struct wpb_setting *setting;
    const struct wpb_option *option; /* of a rule */
    const char *text;                /* as written; of a list its words, joined by
                                        spaces; NULL: not set, and no default */
    double
        number; /* size, duration, option; boolean 0 or 1; choice's index; quorum's n */
    double of;  /* quorum's */
    const char *const *words; /* of a list; ended by NULL */
    size_t word_count;
    const char *file; /* where it is set; NULL: it is the default */
    uint32_t line;
};

/* Where to listen. */
struct wpb_conf_listen {
    enum { WPB_LISTEN_NONE, WPB_LISTEN_TCP, WPB_LISTEN_UNIX } kind;
    const char *host; /* numeric address without brackets, or localhost; "" */
    uint16_t port;
    const char *path; /* ""; of the socket */
};

/* Longest list. */
#define WPB_CONF_WORDS_MAX 64

/* Parse TEXT as VALUE's setting or option; a list is added to. Texts go into ARENA.
 * On -1 VALUE is as it was, and WPB_E_ARGUMENT says what is wrong, without the key's
 * name. Bytes of URLs are not repeated: they may hold a token. */
int wpb_conf_value_parse(struct wpb_conf_value *value, struct wpb_slice text,
                         struct wpb_arena *arena, struct wpb_err *err);

int wpb_conf_listen_parse(const char *text, struct wpb_arena *arena,
                          struct wpb_conf_listen *listen, struct wpb_err *err);

/* Does LISTEN name only this machine? */
bool wpb_conf_listen_is_local(const struct wpb_conf_listen *listen);

/* Append the part of URL that is no secret: its scheme and host. */
void wpb_conf_url_shown(const char *url, char *shown, size_t size);

#endif
