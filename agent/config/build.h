/*
 * build.h - a configuration in the making. Inside agent/config only.
 */
#ifndef WPB_CONFIG_BUILD_H
#define WPB_CONFIG_BUILD_H

#include "agent/config/config.h"

struct wpb_conf {
    struct wpb_arena *arena;
    struct wpb_conf_section *agent;
    struct wpb_conf_listen listen;
    struct wpb_conf_section *first[WPB_SECTION_KINDS], *last[WPB_SECTION_KINDS];
    size_t section_count;
    const char *files[WPB_CONF_FILES_MAX + 1];
    size_t file_count;
    /* Of the file that is being read. */
    struct wpb_conf_section *current; /* NULL: its keys belong to nothing */
    bool is_before_sections;
    struct wpb_conf_problems *problems;
};

/* An empty one, or NULL. */
struct wpb_conf *wpb_conf_new(struct wpb_conf_problems *problems);
/* Add what BYTES of FILE say. */
void wpb_conf_add(struct wpb_conf *config, struct wpb_slice bytes, const char *file);
/* What only shows when all files are read: required keys, contradictions. Returns CONFIG,
 * or frees it and returns NULL when its problems hold errors. */
struct wpb_conf *wpb_conf_finish(struct wpb_conf *config);

#endif
