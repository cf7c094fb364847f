/*
 * config_expr.h - expressions, in the files that share them: operators, variables,
 * strings, names. Internal to probes/wordpress/config_*.c; config_run.h has what
 * statements see of them.
 *
 * Each function takes its tokens and gives the value they come to; in dead code the
 * value is null and nothing else happens.
 */
#ifndef WPB_WORDPRESS_CONFIG_EXPR_H
#define WPB_WORDPRESS_CONFIG_EXPR_H

#include "probes/wordpress/config_run.h"

/* How tightly operators bind, as in PHP 8; assignment is part of the operand. */
enum wpb_config_precedence {
    WPB_PREC_LOWEST,
    WPB_PREC_OR,
    WPB_PREC_XOR,
    WPB_PREC_AND,
    WPB_PREC_ASSIGN,
    WPB_PREC_TERNARY,
    WPB_PREC_COALESCE,
    WPB_PREC_BOOL_OR,
    WPB_PREC_BOOL_AND,
    WPB_PREC_BIT_OR,
    WPB_PREC_BIT_XOR,
    WPB_PREC_BIT_AND,
    WPB_PREC_EQUAL,
    WPB_PREC_COMPARE,
    WPB_PREC_CONCAT,
    WPB_PREC_SHIFT,
    WPB_PREC_SUM,
    WPB_PREC_PRODUCT,
    WPB_PREC_INSTANCEOF,
    WPB_PREC_POWER,
};

/* Why a value is unresolved when nothing better can be said. */
extern const char wpb_config_expr_run_time[];

/* config_expr.c: an expression of operators that bind at least as tightly as MIN. */
struct wpb_config_value wpb_config_expr_at(struct wpb_config *config,
                                           enum wpb_config_precedence min);
/* The same, dead when IS_SKIPPED. */
struct wpb_config_value wpb_config_expr_skipped(struct wpb_config *config,
                                                bool is_skipped,
                                                enum wpb_config_precedence min);
/* array(...) or [...] up to CLOSE, the opening bracket behind us; also the left side
 * of [$a, $b] = ... */
struct wpb_config_value wpb_config_expr_array(struct wpb_config *config, uint32_t close);
/* The unresolved one of LEFT and RIGHT as *RESULT, when one is. */
bool wpb_config_expr_is_unresolved(struct wpb_config_value left,
                                   struct wpb_config_value right,
                                   struct wpb_config_value *result);

/* config_operator.c: when a binary operator that binds at least as tightly as MIN is
 * next, take it and its right side and apply both to *LEFT. */
bool wpb_config_operator_apply(struct wpb_config *config, enum wpb_config_precedence min,
                               struct wpb_config_value *left);
struct wpb_config_value wpb_config_operator_concatenate(struct wpb_config *config,
                                                        struct wpb_config_value left,
                                                        struct wpb_config_value right,
                                                        uint32_t line);
struct wpb_config_value wpb_config_operator_arithmetic(struct wpb_config *config,
                                                       uint32_t op,
                                                       struct wpb_config_value left,
                                                       struct wpb_config_value right,
                                                       uint32_t line);
/* LEFT ?? what follows; the operator is behind us. */
struct wpb_config_value wpb_config_operator_coalesce(struct wpb_config *config,
                                                     struct wpb_config_value left,
                                                     uint32_t line);

/* config_variable.c: a variable with its elements, and an assignment to it. */
struct wpb_config_value wpb_config_variable_operand(struct wpb_config *config);
/* ARRAY[KEY]. */
struct wpb_config_value wpb_config_variable_element(struct wpb_config *config,
                                                    struct wpb_config_value array,
                                                    struct wpb_config_value key,
                                                    uint32_t line);
/* The variables among the tokens FROM to TO, a list that is assigned to, become
 * unresolved: their values are taken apart by PHP. */
void wpb_config_variable_list(struct wpb_config *config, size_t from, size_t to);
/* The binary operator in a compound assignment such as ".=", 0 for others. */
uint32_t wpb_config_variable_compound(const struct wpb_config_token *token);

/* config_string.c: a STRING or TEMPLATE token, which is behind us. */
struct wpb_config_value wpb_config_string_value(struct wpb_config *config,
                                                const struct wpb_config_token *token);

/* config_name.c: whatever begins with a word: constants, calls, include, isset(), new,
 * closures. */
struct wpb_config_value wpb_config_name_operand(struct wpb_config *config);

#endif
