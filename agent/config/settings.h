/*
 * settings.h - the one table of what a configuration may say.
 *
 * A row is a key: its section, type, bounds, default and help. The parser, the bounds,
 * wpbloat.conf(5), the sample file and what `wpbloat check` prints all come from these
 * rows; the options of rules come from the rows of agent/rules/registry.c. Const, pure.
 */
#ifndef WPB_CONFIG_SETTINGS_H
#define WPB_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "wpbloat/option.h"

enum wpb_section_kind {
    WPB_SECTION_AGENT,
    WPB_SECTION_SITE, /* [site NAME] */
    WPB_SECTION_RULE, /* [rule CODE] */
    WPB_SECTION_SINK, /* [sink NAME] */
};
#define WPB_SECTION_KINDS 4

/* Where alerts go: the first word of a sink's name, or its `type`. */
enum wpb_sink_choice {
    WPB_SINK_FILE,
    WPB_SINK_STDOUT,
    WPB_SINK_SYSLOG,
    WPB_SINK_WEBHOOK,
    WPB_SINK_ALERTMANAGER,
};
#define WPB_SINK_TYPES 5

enum wpb_setting_type {
    WPB_SETTING_TEXT,      /* UTF-8 */
    WPB_SETTING_BYTES,     /* any bytes a line can hold */
    WPB_SETTING_PATH,      /* absolute */
    WPB_SETTING_FILE,      /* a path; a bare name is a credential of the unit */
    WPB_SETTING_SECRET,    /* a file that others may not read */
    WPB_SETTING_SIZE,      /* 64M; in bytes */
    WPB_SETTING_DURATION,  /* 60s; in seconds */
    WPB_SETTING_BOOLEAN,   /* yes, no */
    WPB_SETTING_CHOICE,    /* one of `choices`; its index */
    WPB_SETTING_QUORUM,    /* 3/5: three of five */
    WPB_SETTING_LISTEN,    /* address:port, unix:/path, none */
    WPB_SETTING_REDIS_URI, /* as for --redis */
    WPB_SETTING_MYSQL_URI, /* as for --mysql */
    WPB_SETTING_URL,       /* http:// or https:// */
    WPB_SETTING_PATHS,     /* lists: words separated by spaces, "..." around one that */
    WPB_SETTING_URLS,      /* holds some; given again, the words are added */
    WPB_SETTING_LABELS,    /* name=value */
    WPB_SETTING_ROUTES,    /* path=class, as of wpbloat/route.h */
};

struct wpb_setting {
    const char *name;
    enum wpb_setting_type type;
    double min, max;            /* of sizes, durations, and of the "of" of a quorum */
    const char *fallback;       /* the default as one would write it; NULL: not set */
    const char *const *choices; /* ended by NULL */
    unsigned sinks;             /* of a sink: the types that take it, 1 << type */
    bool is_required;           /* by those sinks */
    const char *sample;         /* for the sample file; NULL: the default */
    const char *help;           /* sentences */
};

/* "agent", "site", "rule", "sink"; static. */
const char *wpb_section_kind_name(enum wpb_section_kind kind);
/* "NAME", "CODE"; "" for the agent's. */
const char *wpb_section_argument(enum wpb_section_kind kind);
/* A paragraph for the manual. */
const char *wpb_section_help(enum wpb_section_kind kind);
/* The rows of KIND, ended by a NULL name. Those of a rule stand beside its options. */
const struct wpb_setting *wpb_settings(enum wpb_section_kind kind);
/* The row NAME of KIND; NULL when there is none. */
const struct wpb_setting *wpb_setting_find(enum wpb_section_kind kind, const char *name);

/* "file", "stdout", ... ended by NULL, in the order of the enum. */
extern const char *const wpb_sink_type_names[];

/* Is it a list, to which a second mention adds? */
bool wpb_setting_is_list(const struct wpb_setting *setting);
/* What its values look like: "a size such as 64M". */
const char *wpb_setting_form(const struct wpb_setting *setting);
/* The option that has its bounds and unit; false when its type has none. */
bool wpb_setting_as_option(const struct wpb_setting *setting, struct wpb_option *option);

#endif
