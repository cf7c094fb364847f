#include "probes/wordpress/plugin_json.h"

#include <math.h>
#include <sys/stat.h>

#include <cjson/cJSON.h>

#include "probes/wordpress/file.h"

#define STAGE "plugin settings"
/* Integers beyond are not exact in JSON's numbers. */
#define EXACT_MAX 9007199254740992.0

/* The parser's own tree: this type stands for cJSON in our headers. */
static const cJSON *tree(const struct wpb_plugin_json *json)
{
    return (const cJSON *)json;
}

static bool is_blank(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\n' || *from == '\r' || *from == '\t'))
        from++;
    return from == to;
}

struct wpb_plugin_json *wpb_plugin_json_parse(struct wpb_slice bytes, struct wpb_err *err)
{
    const char *end = NULL;

    if (bytes.len > WPB_PLUGIN_JSON_MAX) {
        wpb_err_set(err, WPB_E_BUDGET, STAGE, "more than %zu bytes", WPB_PLUGIN_JSON_MAX);
        return NULL;
    }
    cJSON *root =
        bytes.len ? cJSON_ParseWithLengthOpts(bytes.data, bytes.len, &end, false) : NULL;
    if (root && !is_blank(end, bytes.data + bytes.len)) {
        cJSON_Delete(root);
        root = NULL;
    }
    if (!root) {
        wpb_err_set(err, WPB_E_SYNTAX, STAGE, "not valid JSON at byte %zu",
                    end ? (size_t)(end - bytes.data) : (size_t)0);
        return NULL;
    }
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        wpb_err_set(err, WPB_E_SYNTAX, STAGE, "no JSON object");
        return NULL;
    }
    return (struct wpb_plugin_json *)root;
}

/* On whose behalf PATH is read: who made a link there may not own what it leads to;
 * what is no link, its owner has put there. */
static uid_t asker(const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
        return status.st_uid;
    return WPB_FILE_ANY_OWNER;
}

struct wpb_plugin_json *wpb_plugin_json_read(const char *path, size_t guard,
                                             struct wpb_err *err)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_plugin_json *json = NULL;
    struct wpb_slice bytes;

    if (!arena) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory to read %s", path);
        return NULL;
    }
    if (wpb_file_read(path, WPB_PLUGIN_JSON_MAX, asker(path), false, arena, &bytes, NULL,
                      err) == 0)
        json = wpb_plugin_json_parse(wpb_slice_skip(bytes, guard), err);
    wpb_arena_free(arena);
    return json;
}

void wpb_plugin_json_free(struct wpb_plugin_json *json)
{
    cJSON_Delete((cJSON *)json);
}

static const cJSON *named(const struct wpb_plugin_json *json, const char *name)
{
    const cJSON *item, *found = NULL;
    cJSON_ArrayForEach(item, tree(json))
    {
        if (item->string && strcmp(item->string, name) == 0)
            found = item;
    }
    return found;
}

static struct wpb_config_value value_of(const cJSON *item, struct wpb_arena *arena)
{
    if (cJSON_IsBool(item))
        return wpb_config_value_bool(cJSON_IsTrue(item));
    if (cJSON_IsString(item))
        return wpb_config_value_string(
            wpb_arena_copy(arena, wpb_slice_cstr(item->valuestring)));
    if (!cJSON_IsNumber(item))
        return wpb_config_value_null();
    double number = item->valuedouble;
    if (isfinite(number) && fabs(number) <= EXACT_MAX && floor(number) == number)
        return wpb_config_value_integer((int64_t)number);
    return wpb_config_value_float(number);
}

struct wpb_config_value wpb_plugin_json_value(const struct wpb_plugin_json *json,
                                              const char *name, struct wpb_arena *arena)
{
    return value_of(named(json, name), arena);
}

bool wpb_plugin_json_has(const struct wpb_plugin_json *json, const char *name)
{
    return named(json, name) != NULL;
}

struct wpb_config_value wpb_plugin_json_first(const struct wpb_plugin_json *json,
                                              const char *name, struct wpb_arena *arena,
                                              size_t *count)
{
    const cJSON *item = named(json, name);
    if (!cJSON_IsArray(item)) {
        *count = item ? 1 : 0;
        return value_of(item, arena);
    }
    *count = (size_t)cJSON_GetArraySize(item);
    return value_of(item->child, arena);
}
