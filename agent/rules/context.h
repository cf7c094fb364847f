/*
 * context.h - what a rule works with: the window, the option values, and a draft
 * of the finding it is about to state.
 *
 * A rule reads samples through the window, composes texts in the arena of the
 * findings, fills a draft on its stack and emits it. Nothing here reads a clock
 * or does I/O; everything lives as long as the arena. One thread.
 */
#ifndef WPB_RULES_CONTEXT_H
#define WPB_RULES_CONTEXT_H

#include "wpbloat/rule.h"

struct wpb_rule_context {
    const struct wpb_window *window;
    const struct wpb_site *site;
    /* All windows, of which this one is the one at `at`: for what sites share. */
    const struct wpb_window *const *windows;
    size_t window_count, at;
    const struct wpb_rule *rule; /* the one being evaluated */
    const struct wpb_rule_values *values;
    struct wpb_findings *findings;
    struct wpb_arena *arena;
};

/* The value of option NAME of rule CODE, in base units. Both must exist: a wrong
 * name is a fault of the program and ends it. */
double wpb_rule_option(const struct wpb_rule_context *context, const char *code,
                       const char *name);
/* The same, from the values alone. */
double wpb_rule_values_get(const struct wpb_rule_values *values, const char *code,
                           const char *name);

/* The newest number, whole or not; false when it is unknown, negative or not finite. */
bool wpb_rule_number(const struct wpb_rule_context *context,
                     const struct wpb_subject *subject, enum wpb_metric metric,
                     double *number);

/* A total over subjects, as far as it is known; zeroed at first. */
struct wpb_rule_sum {
    bool is_known;
    uint64_t value;
    enum wpb_provenance provenance; /* exact only when every part is */
};
/* Add SUBJECT's count, when it is known. */
void wpb_rule_sum_add(const struct wpb_rule_context *context, struct wpb_rule_sum *sum,
                      const struct wpb_subject *subject, enum wpb_metric metric);

#define WPB_DRAFT_EVIDENCE_MAX 20
#define WPB_DRAFT_LINES_MAX 8

/* A list of lines that ends in NULL. */
struct wpb_draft_lines {
    const char *line[WPB_DRAFT_LINES_MAX + 1];
    size_t count;
};

/* A finding being written. The texts of `finding` may be set directly; evidence
 * and lines go through the functions below. */
struct wpb_draft {
    struct wpb_rule_context *context;
    struct wpb_finding finding;
    struct wpb_evidence evidence[WPB_DRAFT_EVIDENCE_MAX];
    struct wpb_draft_lines now, for_good, verify;
};

/* Begin a finding of the context's rule about SUBJECT, which is the window's. */
void wpb_draft_init(struct wpb_draft *draft, struct wpb_rule_context *context,
                    enum wpb_severity severity, const struct wpb_subject *subject);
void wpb_draft_fact(struct wpb_draft *draft, const char *name, struct wpb_value value,
                    enum wpb_provenance provenance);
/* The newest sample as a fact; null when it is unknown. */
void wpb_draft_sample(struct wpb_draft *draft, const char *name, enum wpb_metric metric);
/* The same, left out when it is unknown. */
void wpb_draft_known(struct wpb_draft *draft, const char *name, enum wpb_metric metric);
/* A total as a fact; left out when it is unknown. */
void wpb_draft_sum(struct wpb_draft *draft, const char *name,
                   const struct wpb_rule_sum *sum);
/* It concerns this further site as much as the context's. */
void wpb_draft_other_site(struct wpb_draft *draft, const struct wpb_site *site);
/* A line for the lists of the remedy; an empty or NULL one is left out. */
void wpb_draft_line(struct wpb_draft_lines *lines, const char *line);
/* Add the finding to the context's, with copies of its lists. */
void wpb_draft_emit(struct wpb_draft *draft);

/* Pieces of sentences, in the arena. */
const char *wpb_say_bytes(struct wpb_arena *arena, uint64_t bytes);
const char *wpb_say_count(struct wpb_arena *arena, uint64_t count);
/* "59 s", "3 h", "12 days". */
const char *wpb_say_duration(struct wpb_arena *arena, int64_t seconds);
/* "93 %"; never 100 % of less than all, "less than 1 %" of little. */
const char *wpb_say_share(struct wpb_arena *arena, double ratio);
/* A stranger's name, printable and masked; "(no name)" when it is empty. */
const char *wpb_say_name(struct wpb_arena *arena, struct wpb_slice name);

/* "redis-cli ... COMMAND", reaching the server and database that SCOPE names;
 * COMMAND is the program's own text. */
const char *wpb_say_redis_command(const struct wpb_rule_context *context,
                                  struct wpb_slice scope, const char *command);
/* "redis-cli ... COMMAND KEY". KEY is any bytes: none of them becomes syntax. */
const char *wpb_say_redis_key_command(const struct wpb_rule_context *context,
                                      const struct wpb_subject *key, const char *command);
/* "wpbloat explain redis KEY --site PATH", or NULL for a key that no command line
 * can carry (NUL). */
const char *wpb_say_explain_command(const struct wpb_rule_context *context,
                                    const struct wpb_subject *key);
/* "wp --path=FOLDER COMMAND NAME", without --path when the site's folder is unknown
 * and without NAME when it is empty. NAME is any bytes; COMMAND the program's own. */
const char *wpb_say_wp_command(const struct wpb_rule_context *context,
                               const char *command, struct wpb_slice name);
/* The size that METRIC of SUBJECT tells: "4.0 MiB", "about 4.0 MiB" when it is not exact,
 * "" when it is unknown. */
const char *wpb_say_known_bytes(const struct wpb_rule_context *context,
                                const struct wpb_subject *subject,
                                enum wpb_metric metric);
/* The same of a count: "1,200", "about 1,200". */
const char *wpb_say_known_count(const struct wpb_rule_context *context,
                                const struct wpb_subject *subject,
                                enum wpb_metric metric);

/* "mysql ... -e 'SQL'", reaching the site's database. SQL is the program's own text;
 * strangers' names in it have passed one of the two functions that follow. */
const char *wpb_say_mysql_command(const struct wpb_rule_context *context,
                                  const char *sql);
/* NAME as an identifier of SQL: bare when it is plain, else in backticks. */
const char *wpb_say_sql_name(struct wpb_arena *arena, struct wpb_slice name);
/* The site's table that WordPress calls NAME, with its prefix, likewise. */
const char *wpb_say_sql_table(const struct wpb_rule_context *context, const char *name);
/* TEXT as a string of SQL: 'plain', else hexadecimal, which no sql_mode misreads. */
const char *wpb_say_sql_text(struct wpb_arena *arena, struct wpb_slice text);
/* ID as a number of SQL; as a string when it is none. */
const char *wpb_say_sql_id(struct wpb_arena *arena, struct wpb_slice id);
/* "mysqldump ... TABLE > FILE.sql": what to keep before something is deleted. */
const char *wpb_say_mysql_backup(const struct wpb_rule_context *context,
                                 struct wpb_slice table);
/* "wpbloat explain option NAME --site PATH", or NULL for a name that no command line can
 * carry (NUL). */
const char *wpb_say_explain_option(const struct wpb_rule_context *context,
                                   const struct wpb_subject *option);
/* "wpbloat explain meta POST KEY --site PATH"; NULL as above. */
const char *wpb_say_explain_meta(const struct wpb_rule_context *context,
                                 struct wpb_slice post, struct wpb_slice meta_key);

/* " This Redis asks for a password: ..." or "". */
const char *wpb_say_password_note(const struct wpb_rule_context *context);

#endif
