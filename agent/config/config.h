/*
 * config.h - what the agent is told: every section and key with its value and where it
 * was set.
 *
 *   [agent]   [site NAME]   [rule CODE]   [sink NAME]
 *
 * Made from files (wpbloat.conf, then conf.d/ beside it in order of name: later files
 * win, a key given twice in one file is an error) or from bytes. All that is wrong is
 * told, not just the first. Making one changes nothing: to reload, make another, and keep
 * the old one when there are errors. A configuration never changes once it is made: any
 * thread may read it. Texts live as long as it does.
 *
 *   const struct wpb_conf_section *sink = wpb_conf_sections(config,
 * WPB_SECTION_SINK); for (; sink; sink = sink->next) if (sink->sink == WPB_SINK_WEBHOOK)
 *           post_to(wpb_conf_text(sink, "url"), wpb_conf_seconds(sink, "timeout"));
 */
#ifndef WPB_CONFIG_CONFIG_H
#define WPB_CONFIG_CONFIG_H

#include "agent/config/problems.h"
#include "agent/config/values.h"
#include "wpbloat/rule.h"

#define WPB_CONF_DEFAULT_FILE "/etc/wpbloat/wpbloat.conf"
/* Largest file, and all of them together. */
#define WPB_CONF_FILE_MAX ((size_t)1 << 20)
#define WPB_CONF_FILES_MAX 256
#define WPB_CONF_SECTIONS_MAX 1024

struct wpb_conf_section {
    enum wpb_section_kind kind;
    const char *name;              /* NAME or CODE; "" of the agent */
    const struct wpb_rule *rule;   /* of a rule */
    enum wpb_sink_choice sink;     /* of a sink */
    struct wpb_conf_value *values; /* every key it may have, in the table's order */
    size_t value_count;
    const char *file; /* where it stands first; NULL: nowhere */
    uint32_t line;
    struct wpb_conf_section *next; /* of the same kind, in the order of the files */
};

struct wpb_conf;

/* Read FILE and the *.conf of conf.d beside it. NULL when there are errors in PROBLEMS.
 * With IS_OPTIONAL a FILE that does not exist is as good as an empty one. A file that
 * others may write, or that belongs neither to root nor to this user, is refused. */
struct wpb_conf *wpb_conf_load(const char *file, bool is_optional,
                               struct wpb_conf_problems *problems);
/* The same of BYTES, which are called FILE. */
struct wpb_conf *wpb_conf_of_bytes(struct wpb_slice bytes, const char *file,
                                   struct wpb_conf_problems *problems);
void wpb_conf_free(struct wpb_conf *config);

/* The files that were read, ended by NULL. */
const char *const *wpb_conf_files(const struct wpb_conf *config);

/* Never NULL: without an [agent] all is as by default. */
const struct wpb_conf_section *wpb_conf_agent(const struct wpb_conf *config);
/* The first section of KIND; NULL when there is none. */
const struct wpb_conf_section *wpb_conf_sections(const struct wpb_conf *config,
                                                 enum wpb_section_kind kind);
/* The section of KIND called NAME; NULL when there is none. */
const struct wpb_conf_section *wpb_conf_find(const struct wpb_conf *config,
                                             enum wpb_section_kind kind,
                                             const char *name);

/* What KEY of SECTION is. To ask for a key that the table does not have, or for another
 * type than the table's, is a fault of the program and ends it.
 *
 * A text, a path, a URI, a URL or a choice's word; NULL when it is not set. */
const char *wpb_conf_text(const struct wpb_conf_section *section, const char *key);
/* A size, a duration: 0 when it is not set. */
uint64_t wpb_conf_bytes(const struct wpb_conf_section *section, const char *key);
uint64_t wpb_conf_seconds(const struct wpb_conf_section *section, const char *key);
bool wpb_conf_boolean(const struct wpb_conf_section *section, const char *key);
/* The index of the word among the row's choices; -1 when it is not set. */
int wpb_conf_choice(const struct wpb_conf_section *section, const char *key);
/* N of OF. */
void wpb_conf_quorum(const struct wpb_conf_section *section, const char *key, unsigned *n,
                     unsigned *of);
/* A list's words, ended by NULL; empty when it is not set. */
const char *const *wpb_conf_list(const struct wpb_conf_section *section, const char *key,
                                 size_t *count);
/* An option of a rule, in base units. */
double wpb_conf_option(const struct wpb_conf_section *section, const char *key);
/* Is it set, or has it a default? */
bool wpb_conf_is_set(const struct wpb_conf_section *section, const char *key);
/* The whole value, with where it was set. */
const struct wpb_conf_value *wpb_conf_value(const struct wpb_conf_section *section,
                                            const char *key);
/* The agent's `listen`, taken apart. */
const struct wpb_conf_listen *wpb_conf_listen(const struct wpb_conf *config);

/* Would both do the same? Where things are set does not count. */
bool wpb_conf_equal(const struct wpb_conf *a, const struct wpb_conf *b);

/* ---- rules (rules.c) */

/* The thresholds that CONFIG sets, over the defaults. */
void wpb_conf_rule_values(const struct wpb_conf *config, struct wpb_rule_values *values);
/* Leave out the findings of rules that are not enabled, and lower those that are more
 * severe than their rule may be. Order by severity is restored. */
void wpb_conf_apply_rules(const struct wpb_conf *config, struct wpb_findings *findings);

/* ---- secrets (secret.c) */

/* Where the file that KEY (a secret or another file) names is: its path, or, of a bare
 * name, that of the unit's credential in CREDENTIALS_DIRECTORY. NULL when KEY is not set.
 * -1 with err when it is a bare name and there are no credentials. */
int wpb_conf_file_path(const struct wpb_conf_section *section, const char *key,
                       struct wpb_arena *arena, const char **path, struct wpb_err *err);
/* The first line of the secret file KEY, in ARENA; NULL when KEY is not set. Only a
 * regular file that not everybody can read. */
int wpb_conf_secret(const struct wpb_conf_section *section, const char *key,
                    struct wpb_arena *arena, const char **secret, struct wpb_err *err);
/* Look at every file that CONFIG names, without reading it: what is missing or open to
 * others is an error, what this user may not see a warning. */
void wpb_conf_check_files(const struct wpb_conf *config,
                          struct wpb_conf_problems *problems);

#endif
