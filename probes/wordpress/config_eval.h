/*
 * config_eval.h - what a wp-config.php defines, found without running PHP.
 *
 * Evaluates the statements that matter: define() and const (the first wins),
 * variables (the last wins), literals, arrays, concatenation, ?: and ??, constants,
 * __DIR__, dirname(), the environment, literal includes, constant conditions, Roots'
 * Config class. Where a condition depends on what only PHP knows (the request, the
 * time, a function of a plugin), every path is followed, and a name on which the
 * paths differ is unresolved: with file, line and reason, never guessed. Stops where
 * wp-settings.php is required. Functions, classes and closures are skipped.
 *
 * No I/O but through struct wpb_config_reader. Bounded in tokens, steps, nesting,
 * includes and memory, whatever the input. No message holds bytes of a value, nor
 * of the source outside plain names: a password may be misplaced anywhere. One
 * thread.
 */
#ifndef WPB_WORDPRESS_CONFIG_EVAL_H
#define WPB_WORDPRESS_CONFIG_EVAL_H

#include "probes/wordpress/config_value.h"
#include "wpbloat/err.h"

#define WPB_CONFIG_TOKENS_MAX 100000 /* of one file */
#define WPB_CONFIG_STEPS_MAX 1000000 /* of one evaluation */
#define WPB_CONFIG_NESTING_MAX 100   /* of statements and expressions */
#define WPB_CONFIG_INCLUDE_DEPTH_MAX 8
#define WPB_CONFIG_INCLUDE_COUNT_MAX 64
#define WPB_CONFIG_MEMORY_MAX ((size_t)32 << 20)

/* How the evaluation sees the outside. Paths are absolute and clean. */
struct wpb_config_reader {
    void *cookie;
    /* All bytes of PATH, in ARENA. IS_SECRET: the file is itself a value
     * (DB_PASSWORD_FILE), not a part of the configuration. */
    int (*read)(void *cookie, const char *path, bool is_secret, struct wpb_arena *arena,
                struct wpb_slice *bytes, struct wpb_err *err);
    bool (*exists)(void *cookie, const char *path);
    /* The environment variable NAME: TRUE with *VALUE, FALSE when it is known to be
     * absent, UNKNOWN otherwise. *VALUE lives as long as the cookie. */
    enum wpb_config_truth (*environment)(void *cookie, struct wpb_slice name,
                                         struct wpb_slice *value);
};

enum wpb_config_problem_type {
    WPB_CONFIG_SYNTAX,     /* what follows in the file was not read */
    WPB_CONFIG_INCLUDE,    /* an include that was not followed */
    WPB_CONFIG_DYNAMIC,    /* names or code computed at run time */
    WPB_CONFIG_OVERBUDGET, /* stopped by one of the limits above */
};

/* Something that may hide definitions. */
struct wpb_config_problem {
    enum wpb_config_problem_type type;
    const char *file;
    uint32_t line;
    const char *what;
};

struct wpb_config;

/* An evaluation with nothing defined. READER is copied. NULL when memory is out.
 * Free with wpb_config_free(); values and texts got from it die with it. */
struct wpb_config *wpb_config_new(const struct wpb_config_reader *reader);
void wpb_config_free(struct wpb_config *config);

/* Define a constant before anything is read, as WordPress does with ABSPATH. */
void wpb_config_define(struct wpb_config *config, const char *name, const char *value);
/* Give a variable a value that no assignment changes: what the reader of the file
 * knows and the file would compute from the request. */
void wpb_config_pin(struct wpb_config *config, const char *name, const char *value);

/* Evaluate BYTES, the content of PATH. Problems are data, not errors: see
 * wpb_config_problems(). */
void wpb_config_eval(struct wpb_config *config, const char *path, struct wpb_slice bytes);

enum wpb_config_presence_of {
    WPB_CONFIG_IS_ABSENT,
    WPB_CONFIG_IS_KNOWN,
    WPB_CONFIG_IS_UNRESOLVED, /* *VALUE is unresolved, with its reason */
};

/* What NAME came to. ini values are those of ini_set(). */
enum wpb_config_presence_of wpb_config_constant(const struct wpb_config *config,
                                                const char *name,
                                                struct wpb_config_value *value);
enum wpb_config_presence_of wpb_config_variable(const struct wpb_config *config,
                                                const char *name,
                                                struct wpb_config_value *value);
enum wpb_config_presence_of wpb_config_ini(const struct wpb_config *config,
                                           const char *name,
                                           struct wpb_config_value *value);
/* Where the constant was set; FILE NULL when it was not. */
void wpb_config_where(const struct wpb_config *config, const char *name,
                      const char **file, uint32_t *line);

const struct wpb_config_problem *wpb_config_problems(const struct wpb_config *config,
                                                     size_t *count);

#endif
