/*
 * config_run.h - the machinery under config_eval.h: where the evaluation stands, and
 * how it follows several paths at once. Internal to probes/wordpress/config_*.c.
 *
 * Tokens are interpreted directly, there is no tree. Code that does not run (the
 * other arm of a known condition, what follows a `return`) is parsed all the same,
 * "dead": without effects and yielding null. An error ends everything: from then on
 * only END tokens are seen, and every loop unwinds.
 */
#ifndef WPB_WORDPRESS_CONFIG_RUN_H
#define WPB_WORDPRESS_CONFIG_RUN_H

#include "probes/wordpress/config_eval.h"
#include "probes/wordpress/config_lex.h"
#include "probes/wordpress/config_state.h"

/* A file, or a piece of one, as tokens. */
struct wpb_config_source {
    const char *path;
    const struct wpb_config_token *tokens; /* the last is END or ERROR */
    size_t count, at;
};

/* How the current statement left its sequence. */
enum wpb_config_flow {
    WPB_FLOW_NEXT,
    WPB_FLOW_BREAK,
    WPB_FLOW_CONTINUE,
    WPB_FLOW_RETURN, /* from an included file */
    WPB_FLOW_STOP,   /* wp-settings.php */
    WPB_FLOW_EXIT,   /* exit, or a throw that nobody catches */
    WPB_FLOW_THROW,
    WPB_FLOW_ERROR,
};

enum wpb_config_catch { WPB_CATCH_LOOP, WPB_CATCH_FILE, WPB_CATCH_ROOT };

/* The place where a break, a return or the stop arrives, and the paths that have
 * arrived there already. */
struct wpb_config_catcher {
    struct wpb_config_catcher *outer;
    enum wpb_config_catch type;
    size_t mark;
    struct wpb_config_delta *paths;
    size_t count, capacity;
    bool was_broken; /* one of the paths came by `break` */
    const struct wpb_config_why *why;
};

struct wpb_config {
    struct wpb_arena *arena;
    struct wpb_config_state *state;
    struct wpb_config_reader reader;

    struct wpb_config_source *source;
    struct wpb_config_catcher *catcher;
    enum wpb_config_flow flow;
    unsigned dead;  /* enclosing constructs that do not run */
    unsigned depth; /* of the parser */
    uint64_t steps;
    unsigned include_depth, include_count;
    const char *included[WPB_CONFIG_INCLUDE_COUNT_MAX];

    struct wpb_config_problem *problems;
    size_t problem_count, problem_capacity;
};

/* The paths behind one unknown condition. */
struct wpb_config_branches {
    size_t mark;
    struct wpb_config_delta *paths;
    size_t count, capacity;
    const struct wpb_config_why *why;
};

/* --- tokens --- */
const struct wpb_config_token *wpb_config_run_peek(const struct wpb_config *config);
/* The token OFFSET after the current one. */
const struct wpb_config_token *wpb_config_run_ahead(const struct wpb_config *config,
                                                    size_t offset);
void wpb_config_run_advance(struct wpb_config *config);
bool wpb_config_run_is(const struct wpb_config *config, uint32_t punctuation);
/* Step over PUNCTUATION when it is next. */
bool wpb_config_run_accept(struct wpb_config *config, uint32_t punctuation);
/* The same, a syntax error when it is not. */
void wpb_config_run_expect(struct wpb_config *config, uint32_t punctuation);
/* True when TOKEN is the word WORD (lower case) in any case. */
bool wpb_config_run_is_word(const struct wpb_config_token *token, const char *word);
bool wpb_config_run_accept_word(struct wpb_config *config, const char *word);
/* Step over a bracket and all up to the one that closes it. */
void wpb_config_run_skip_group(struct wpb_config *config);
/* Tokenise BYTES into SOURCE, lines counted from LINE. -1 when there are too many. */
int wpb_config_run_tokens(struct wpb_config *config, struct wpb_slice bytes, bool is_php,
                          uint32_t line, struct wpb_config_source *source);

/* --- errors and reasons --- */
bool wpb_config_run_is_dead(const struct wpb_config *config);
/* A syntax error at the current token. */
void wpb_config_run_unexpected(struct wpb_config *config);
void wpb_config_run_fail(struct wpb_config *config, enum wpb_config_problem_type type,
                         uint32_t line, const char *what);
void wpb_config_run_problem(struct wpb_config *config, enum wpb_config_problem_type type,
                            uint32_t line, const char *what);
/* Enter a deeper level of the parser; false, with an error, when too deep. */
bool wpb_config_run_enter(struct wpb_config *config);
void wpb_config_run_leave(struct wpb_config *config);
/* Something only PHP knows; null in dead code. REASON is borrowed. */
struct wpb_config_value wpb_config_run_unresolved(struct wpb_config *config,
                                                  uint32_t line, const char *reason);
/* A text as a value, or unresolved when it is too long; fini()s TEXT. */
struct wpb_config_value wpb_config_run_take_text(struct wpb_config *config,
                                                 struct wpb_buf *text, uint32_t line);

/* --- names --- */
void wpb_config_run_set(struct wpb_config *config, enum wpb_config_kind kind,
                        struct wpb_slice name, struct wpb_config_value value,
                        uint32_t line);
/* As define(): the first value stays. */
void wpb_config_run_define(struct wpb_config *config, struct wpb_slice name,
                           struct wpb_config_value value, uint32_t line);
/* The value NAME has now; unset or unresolved values say so. */
struct wpb_config_value wpb_config_run_get(struct wpb_config *config,
                                           enum wpb_config_kind kind,
                                           struct wpb_slice name, uint32_t line);
/* Whether NAME is set. */
enum wpb_config_truth wpb_config_run_has(struct wpb_config *config,
                                         enum wpb_config_kind kind,
                                         struct wpb_slice name);

/* --- paths --- */
/* Begin to follow several paths, because of CONDITION in LINE. */
void wpb_config_paths_fork(struct wpb_config *config,
                           struct wpb_config_branches *branches,
                           struct wpb_config_value condition, uint32_t line);
/* One path has been run; the state is again as at the fork. */
void wpb_config_paths_take(struct wpb_config *config,
                           struct wpb_config_branches *branches);
/* Go on with all of them. */
void wpb_config_paths_join(struct wpb_config *config,
                           struct wpb_config_branches *branches);
void wpb_config_paths_catch(struct wpb_config *config, struct wpb_config_catcher *catcher,
                            enum wpb_config_catch type);
/* The end of what CATCHER encloses: the paths that left early join here. True when the
 * current one came by BREAK. */
bool wpb_config_paths_caught(struct wpb_config *config,
                             struct wpb_config_catcher *catcher);
/* Make all that changed since MARK unresolved. */
void wpb_config_paths_taint(struct wpb_config *config, size_t mark, uint32_t line,
                            const char *reason);

/* --- the parser --- */
/* config_expr.c: a whole expression, and one that binds tighter than assignment. */
struct wpb_config_value wpb_config_expr(struct wpb_config *config);
struct wpb_config_value wpb_config_expr_parenthesised(struct wpb_config *config);
/* Assign VALUE to the variable, element or list that is next, as foreach does. */
void wpb_config_expr_target(struct wpb_config *config, struct wpb_config_value value);
/* config_call.c: the call NAME(...), its "(" next. CLASS is "" for a function. */
struct wpb_config_value wpb_config_call(struct wpb_config *config, struct wpb_slice class,
                                        struct wpb_slice name, uint32_t line);
/* Skip over the arguments of a call whose result nobody knows. */
void wpb_config_call_arguments(struct wpb_config *config);
/* config_include.c */
struct wpb_config_value wpb_config_include(struct wpb_config *config,
                                           struct wpb_config_value path,
                                           struct wpb_slice last_text, bool is_once,
                                           bool is_required, uint32_t line);
struct wpb_config_value wpb_config_include_code(struct wpb_config *config,
                                                struct wpb_config_value code,
                                                uint32_t line);
/* The absolute form of a path that the current file names. */
const char *wpb_config_include_path(struct wpb_config *config, struct wpb_slice path);
/* config_statement.c: all statements of the current source. */
void wpb_config_statements(struct wpb_config *config);

#endif
