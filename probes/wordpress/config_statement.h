/*
 * config_statement.h - statements, in the files that share them. Internal to
 * probes/wordpress/config_*.c.
 *
 * Each function takes its tokens whole, also in dead code and behind a break, so that
 * the next statement is always where the last one ended.
 */
#ifndef WPB_WORDPRESS_CONFIG_STATEMENT_H
#define WPB_WORDPRESS_CONFIG_STATEMENT_H

#include "probes/wordpress/config_run.h"

/* config_statement.c: the next statement. */
void wpb_config_statement(struct wpb_config *config);
/* The body of if, for, while: one statement, or ":" and statements up to one of the
 * words ENDS (NULL-terminated). */
void wpb_config_statement_body(struct wpb_config *config, const char *const *ends);
/* The same, not run. */
void wpb_config_statement_dead_body(struct wpb_config *config, const char *const *ends);
/* ";" or "?>". */
void wpb_config_statement_end(struct wpb_config *config);
bool wpb_config_statement_at_end(const struct wpb_config *config);
bool wpb_config_statement_at_word(const struct wpb_config *config, const char *word);

/* config_loop.c: the word is next. */
void wpb_config_loop_while(struct wpb_config *config);
void wpb_config_loop_for(struct wpb_config *config);
void wpb_config_loop_foreach(struct wpb_config *config);
void wpb_config_loop_do(struct wpb_config *config);

/* config_switch.c: the same. */
void wpb_config_switch(struct wpb_config *config);

#endif
