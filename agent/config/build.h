/*
 * build.h - a configuration in the making. Inside agent/config only.
 */
#ifndef WPB_CONFIG_BUILD_H
#define WPB_CONFIG_BUILD_H

#include "agent/config/config.h"

struct wpb_config {
    struct wpb_arena *arena;
    struct wpb_config_section *agent;
    struct wpb_config_listen listen;
    struct wpb_config_section *first[WPB_SECTION_KINDS], *last[WPB_SECTION_KINDS];
    size_t section_count;
    const char *files[WPB_CONFIG_FILES_MAX + 1];
    size_t file_count;
    /* Of the file that is being read. */
    struct wpb_config_section *current; /* NULL: its keys belong to nothing */
    bool is_before_sections;
    struct wpb_config_problems *problems;
};

/* An empty one, or NULL. */
struct wpb_config *wpb_config_new(struct wpb_config_problems *problems);
/* Add what BYTES of FILE say. */
void wpb_config_add(struct wpb_config *config, struct wpb_slice bytes, const char *file);
/* What only shows when all files are read: required keys, contradictions. Returns CONFIG,
 * or frees it and returns NULL when its problems hold errors. */
struct wpb_config *wpb_config_finish(struct wpb_config *config);

#endif
