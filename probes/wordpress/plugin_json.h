/*
 * plugin_json.h - the settings that a plugin keeps in a JSON file of its own.
 *
 * The file is a stranger's: bounded in size, and no message holds bytes of it, since
 * passwords stand there. Values come as those of a configuration do. One thread.
 */
#ifndef WPB_WORDPRESS_PLUGIN_JSON_H
#define WPB_WORDPRESS_PLUGIN_JSON_H

#include "probes/wordpress/config_value.h"
#include "wpbloat/err.h"

/* Of a file, in bytes. Those of the plugins have at most some ten thousand. */
#define WPB_PLUGIN_JSON_MAX ((size_t)256 << 10)

struct wpb_plugin_json;

/* Parse BYTES, an object. NULL with WPB_E_SYNTAX ("not valid JSON at byte N"),
 * WPB_E_BUDGET or WPB_E_MEMORY. */
struct wpb_plugin_json *wpb_plugin_json_parse(struct wpb_slice bytes,
                                              struct wpb_err *err);
/* The same for the file PATH behind its first GUARD bytes, which keep a web server
 * from showing it. Also WPB_E_NOT_FOUND and the other errors of wpb_file_read(). */
struct wpb_plugin_json *wpb_plugin_json_read(const char *path, size_t guard,
                                             struct wpb_err *err);
void wpb_plugin_json_free(struct wpb_plugin_json *json);

/* The scalar under NAME, in ARENA; null when there is none. As in PHP the last of
 * equal names counts. */
struct wpb_config_value wpb_plugin_json_value(const struct wpb_plugin_json *json,
                                              const char *name, struct wpb_arena *arena);
bool wpb_plugin_json_has(const struct wpb_plugin_json *json, const char *name);

/* The first scalar of the list under NAME, or the scalar there; *COUNT: elements of
 * the list, 1 for a scalar. */
struct wpb_config_value wpb_plugin_json_first(const struct wpb_plugin_json *json,
                                              const char *name, struct wpb_arena *arena,
                                              size_t *count);

#endif
