#include <string.h>

#include "probes/wordpress/config_run.h"
#include "probes/wordpress/path.h"

/* Where the configuration ends: from there on WordPress itself runs. */
static const struct wpb_slice stop_file = WPB_SLICE("wp-settings.php");
/* Composer's loader sets no WordPress constant and is large. */
static const struct wpb_slice loader_file = WPB_SLICE("vendor/autoload.php");

const char *wpb_config_include_path(struct wpb_config *config, struct wpb_slice path)
{
    const char *name = wpb_arena_cstr(config->arena, path);
    if (name[0] != '/')
        name = wpb_path_join(config->arena,
                             wpb_path_parent(config->arena, config->source->path), name);
    return wpb_path_clean(config->arena, name);
}

/* Run BYTES as a file of its own: its own `return`, the same names. */
static void run_nested(struct wpb_config *config, const char *path,
                       struct wpb_slice bytes, bool is_php, uint32_t line)
{
    struct wpb_config_source source = {.path = path}, *outer = config->source;
    struct wpb_config_catcher catcher;

    if (wpb_config_run_tokens(config, bytes, is_php, line, &source)) {
        wpb_config_run_problem(config, WPB_CONFIG_OVERBUDGET, line,
                               "an include has too many tokens; it was not read");
        return;
    }
    config->include_depth++;
    config->source = &source;
    wpb_config_paths_catch(config, &catcher, WPB_CATCH_FILE);
    wpb_config_statements(config);
    wpb_config_paths_caught(config, &catcher);
    config->source = outer;
    config->include_depth--;
}

static bool was_included(const struct wpb_config *config, const char *path)
{
    for (unsigned i = 0; i < config->include_count; i++) {
        if (strcmp(config->included[i], path) == 0)
            return true;
    }
    return false;
}

static struct wpb_config_value not_followed(struct wpb_config *config, uint32_t line,
                                            const char *what)
{
    wpb_config_run_problem(config, WPB_CONFIG_INCLUDE, line, what);
    return wpb_config_run_unresolved(config, line, "an include was not followed");
}

struct wpb_config_value wpb_config_include(struct wpb_config *config,
                                           struct wpb_config_value path,
                                           struct wpb_slice last_text, bool is_once,
                                           bool is_required, uint32_t line)
{
    struct wpb_slice bytes;
    struct wpb_err err;

    if (wpb_slice_ends(path.type == WPB_CONFIG_STRING ? path.text : last_text,
                       stop_file)) {
        config->flow = WPB_FLOW_STOP;
        return wpb_config_value_null();
    }
    if (wpb_slice_ends(path.type == WPB_CONFIG_STRING ? path.text : last_text,
                       loader_file))
        return wpb_config_run_unresolved(config, line, "it comes from Composer's loader");
    if (path.type != WPB_CONFIG_STRING)
        return not_followed(config, line,
                            "the path of an include is only known when PHP runs; "
                            "what that file sets is not known");
    const char *file = wpb_config_include_path(config, path.text);
    if (is_once && was_included(config, file))
        return wpb_config_value_bool(true);
    if (!is_required && !config->reader.exists(config->reader.cookie, file))
        return wpb_config_value_bool(false);
    if (config->include_depth >= WPB_CONFIG_INCLUDE_DEPTH_MAX ||
        config->include_count >= WPB_CONFIG_INCLUDE_COUNT_MAX)
        return not_followed(config, line, "too many includes; this one was not followed");
    if (config->reader.read(config->reader.cookie, file, false, config->arena, &bytes,
                            &err))
        return not_followed(config, line,
                            wpb_arena_printf(config->arena, "%s", err.message));
    config->included[config->include_count++] = file;
    run_nested(config, file, bytes, false, 1);
    return wpb_config_run_unresolved(config, line, "it is what an included file returns");
}

struct wpb_config_value wpb_config_include_code(struct wpb_config *config,
                                                struct wpb_config_value code,
                                                uint32_t line)
{
    if (code.type != WPB_CONFIG_STRING ||
        config->include_depth >= WPB_CONFIG_INCLUDE_DEPTH_MAX) {
        wpb_config_run_problem(config, WPB_CONFIG_DYNAMIC, line,
                               "eval() of code that is only known when PHP runs; "
                               "what it sets is not known");
        return wpb_config_run_unresolved(config, line, "it comes from eval()");
    }
    run_nested(config, config->source->path, code.text, true, line);
    return wpb_config_run_unresolved(config, line, "it comes from eval()");
}
