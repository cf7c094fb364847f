/*
 * config_state.h - constants and variables while a configuration is evaluated,
 * along every path that a condition we cannot know may take.
 *
 * The state remembers each change on a trail. A path is run, taken off as a delta
 * (the state is then as before), and the deltas of all paths are joined: a name on
 * which they agree keeps its value, one on which they differ becomes unresolved.
 * All memory comes from the arena of the evaluation. One thread.
 */
#ifndef WPB_WORDPRESS_CONFIG_STATE_H
#define WPB_WORDPRESS_CONFIG_STATE_H

#include "probes/wordpress/config_value.h"

#define WPB_CONFIG_SLOTS_MAX 4096
#define WPB_CONFIG_TRAIL_MAX 65536

enum wpb_config_kind {
    WPB_CONFIG_CONSTANT,
    WPB_CONFIG_VARIABLE,
    WPB_CONFIG_SETTING, /* Roots' Config::define() before Config::apply() */
    WPB_CONFIG_INI,     /* ini_set() */
};

enum wpb_config_presence {
    WPB_CONFIG_ABSENT,
    WPB_CONFIG_MAYBE, /* on some paths only; `why` says where they part */
    WPB_CONFIG_PRESENT,
};

/* What a name stands for at one moment. */
struct wpb_config_binding {
    enum wpb_config_presence presence;
    struct wpb_config_value value; /* meaningful unless absent */
    const char *file;              /* where it was set */
    uint32_t line;
    const struct wpb_config_why *why;
};

struct wpb_config_slot {
    enum wpb_config_kind kind;
    struct wpb_slice name;
    struct wpb_config_binding now;
    uint32_t stamp;
};

struct wpb_config_state;

/* An empty state in ARENA. */
struct wpb_config_state *wpb_config_state_new(struct wpb_arena *arena);

/* The slot of NAME (copied when new), as an index that stays valid. -1 when there are
 * too many names. */
int wpb_config_state_slot(struct wpb_config_state *state, enum wpb_config_kind kind,
                          struct wpb_slice name);
/* The same, -1 when the name was never used. */
int wpb_config_state_find(const struct wpb_config_state *state, enum wpb_config_kind kind,
                          struct wpb_slice name);
const struct wpb_config_slot *wpb_config_state_at(const struct wpb_config_state *state,
                                                  int slot);
size_t wpb_config_state_count(const struct wpb_config_state *state);

/* Change SLOT. False when the trail is full: give up. */
bool wpb_config_state_set(struct wpb_config_state *state, int slot,
                          struct wpb_config_binding binding);

struct wpb_config_change {
    int slot;
    struct wpb_config_binding binding;
};
struct wpb_config_delta {
    size_t count;
    const struct wpb_config_change *changes;
};

/* A moment to come back to. */
size_t wpb_config_state_mark(const struct wpb_config_state *state);
/* What has changed since MARK. */
struct wpb_config_delta wpb_config_state_diff(struct wpb_config_state *state,
                                              size_t mark);
/* The same, and undo it. */
struct wpb_config_delta wpb_config_state_take(struct wpb_config_state *state,
                                              size_t mark);
/* Go on along all of COUNT paths that start here. WHY (borrowed) says where and why
 * they part. False when the trail is full. */
bool wpb_config_state_join(struct wpb_config_state *state,
                           const struct wpb_config_delta *paths, size_t count,
                           const struct wpb_config_why *why);

#endif
