#include "tests/lint/config_reference.h"

#include <stdio.h>
#include <string.h>

#include "agent/config/config.h"
#include "agent/config/lines.h"

#define WIDTH 88

/* TEXT in lines of WIDTH, each after LEAD; in scdoc's escapes when IS_MANUAL. */
static void print_wrapped(const char *text, const char *lead, bool is_manual)
{
    size_t at = 0;

    while (*text) {
        size_t word = strcspn(text, " ");
        if (at && at + 1 + word > WIDTH) {
            putchar('\n');
            at = 0;
        }
        at += (size_t)printf("%s", at ? " " : lead);
        for (size_t i = 0; i < word; i++)
            at += (size_t)printf(is_manual && strchr("_*\\", text[i]) ? "\\%c" : "%c",
                                 text[i]);
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* A word of scdoc, with nothing in it that means something there. */
static void print_word(const char *text)
{
    for (; *text; text++)
        printf(strchr("_*\\", *text) ? "\\%c" : "%c", *text);
}

/* "a size such as 64M, from 1M to 64G; default 64M." into TEXT. */
static void describe(const struct wpb_setting *setting, char *text, size_t size)
{
    struct wpb_option option;
    size_t len;

    snprintf(text, size, "%s", setting->choices ? "" : wpb_setting_form(setting));
    for (size_t i = 0; setting->choices && setting->choices[i]; i++) {
        len = strlen(text);
        snprintf(text + len, size - len, "%s%s",
                 i == 0                    ? ""
                 : setting->choices[i + 1] ? ", "
                                           : " or ",
                 setting->choices[i]);
    }
    if (wpb_setting_as_option(setting, &option)) {
        char least[WPB_OPTION_TEXT], most[WPB_OPTION_TEXT];
        wpb_option_text(option.type, option.min, least);
        wpb_option_text(option.type, option.max, most);
        len = strlen(text);
        snprintf(text + len, size - len, ", from %s to %s", least, most);
    }
    len = strlen(text);
    if (setting->fallback)
        snprintf(text + len, size - len, "; default %s.", setting->fallback);
    else
        snprintf(text + len, size - len, "%s.",
                 wpb_setting_is_list(setting) ? "; may be given several times" : "");
}

/* The types of sinks that take SETTING, into TEXT. */
static void describe_sinks(const struct wpb_setting *setting, char *text, size_t size)
{
    size_t len = (size_t)snprintf(text, size, "Of:");
    bool is_first = true;

    for (unsigned type = 0; type < WPB_SINK_TYPES; type++) {
        if (!(setting->sinks & (1U << type)))
            continue;
        len += (size_t)snprintf(text + len, size - len, "%s %s", is_first ? "" : ",",
                                wpb_sink_type_names[type]);
        is_first = false;
    }
    snprintf(text + len, size - len, "%s.",
             setting->is_required ? ", which cannot do without it" : "");
}

static void print_setting(const struct wpb_setting *setting)
{
    char text[1024];
    size_t len;

    printf("\n*");
    print_word(setting->name);
    printf("*\n");
    describe(setting, text, sizeof(text));
    if (text[0] >= 'a' && text[0] <= 'z' && !setting->choices)
        text[0] = (char)(text[0] - 'a' + 'A');
    if (setting->sinks) {
        len = strlen(text);
        text[len++] = ' ';
        describe_sinks(setting, text + len, sizeof(text) - len);
    }
    len = strlen(text);
    snprintf(text + len, sizeof(text) - len, " %s", setting->help);
    print_wrapped(text, "\t", true);
}

static void print_option(const struct wpb_option *option)
{
    char least[WPB_OPTION_TEXT], most[WPB_OPTION_TEXT], fallback[WPB_OPTION_TEXT];
    char text[1024];

    wpb_option_text(option->type, option->min, least);
    wpb_option_text(option->type, option->max, most);
    wpb_option_text(option->type, option->fallback, fallback);
    printf("\n*");
    print_word(option->name);
    printf("*\n");
    snprintf(text, sizeof(text), "%s. From %s to %s; default %s.", option->help, least,
             most, fallback);
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    print_wrapped(text, "\t", true);
}

static void print_section(enum wpb_section_kind kind)
{
    const char *argument = wpb_section_argument(kind);

    printf("\n# [%s%s%s]\n\n", wpb_section_kind_name(kind), *argument ? " " : "",
           argument);
    print_wrapped(wpb_section_help(kind), "", true);
    for (const struct wpb_setting *row = wpb_settings(kind); row->name; row++)
        print_setting(row);
}

static void print_rules(void)
{
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        printf("\n## [rule ");
        print_word(rule->code);
        printf("]\n\n");
        print_wrapped(rule->title, "", true);
        for (size_t o = 0; o < WPB_RULE_OPTIONS_MAX && rule->options[o].name; o++)
            print_option(&rule->options[o]);
    }
}

static const char description[] =
    "The file is INI: *[sections]*, and below each lines of _key_ = _value_. A line that "
    "begins with *;* or *#* is a comment, and so is what follows a space and *;* behind "
    "a value. Spaces around keys, values and lines do not count; a value that begins or "
    "ends with one stands in double quotes. Words of a list are separated by spaces; one "
    "that holds a space stands in double quotes.";

static const char sizes[] =
    "Sizes are bytes, or end in *K*, *M* or *G*, powers of 1024. Durations are seconds, "
    "or end in *s*, *m*, *h* or *d*.";

static const char order[] =
    "After the file, those of the folder *conf.d* beside it that end in *.conf* are read "
    "in order of their names. A later file wins over an earlier one, also with a list; "
    "in one file a key may be given once, unless it is a list, to which it adds.";

static const char errors[] =
    "What is not understood is an error, never passed over: an unknown section or key, "
    "a value of another kind or out of bounds, a key given twice. All errors are told, "
    "with file, line and the nearest name there is. *wpbloat check* tells them, and what "
    "each key is in the end, and who said so; the agent does not start with errors, and "
    "when it is told to read its files again it keeps what it had.";

static const char secrets[] =
    "A file that others can write, or that belongs neither to root nor to the user the "
    "agent runs as, is refused. Secrets stand in files of their own, which nobody else "
    "may read. Where a key takes such a file, a bare name without a slash is a "
    "credential of the unit (*LoadCredential=* in *systemd.exec*(5)).";

static const char *const example[] = {
    "[agent]",
    "interval = 60s",
    "sites = auto                   ; or none, and name them",
    "",
    "[site shop]",
    "path = /var/www/shop",
    "owner = team-checkout",
    "",
    "[rule cache.notoptions_bloat]",
    "warning_bytes = 256K",
    "critical_bytes = 1M",
    "",
    "[sink file]",
    "path = /var/log/wpbloat/alerts.jsonl",
    "",
    "[sink webhook]",
    "url = https://monitoring.example/hooks/wpbloat",
    "secret_file = /etc/wpbloat/webhook.secret",
    "",
    "[sink alertmanager]",
    "urls = http://am-1:9093 http://am-2:9093",
    NULL};

void wpb_reference_conf_manual(void)
{
    printf("wpbloat.conf(5)\n\n"
           "; Generated from agent/config/settings.c by tests/lint/reference.sh "
           "--update.\n\n"
           "# NAME\n\nwpbloat.conf - what wpbloat's agent watches, and where its alerts "
           "go\n\n# SYNOPSIS\n\n" WPB_CONF_DEFAULT_FILE "\n\n"
           "/etc/wpbloat/conf.d/\\*.conf\n\n# DESCRIPTION\n\n");
    print_wrapped(description, "", false);
    putchar('\n');
    print_wrapped(sizes, "", false);
    putchar('\n');
    print_wrapped(order, "", false);
    putchar('\n');
    print_wrapped(errors, "", false);
    putchar('\n');
    print_wrapped(secrets, "", false);
    print_section(WPB_SECTION_AGENT);
    print_section(WPB_SECTION_SITE);
    print_section(WPB_SECTION_SINK);
    print_section(WPB_SECTION_RULE);
    print_rules();
    printf("\n# EXAMPLE\n\n```\n");
    for (size_t i = 0; example[i]; i++)
        printf("%s\n", example[i]);
    printf("```\n\n# SEE ALSO\n\n*wpbloat*(1), *systemd.exec*(5)\n");
}

/* Every key as a comment, with its default or an example of it. */
static void print_sample_keys(enum wpb_section_kind kind)
{
    for (const struct wpb_setting *row = wpb_settings(kind); row->name; row++) {
        putchar('\n');
        print_wrapped(row->help, "# ", false);
        printf(";%s = %s\n", row->name, row->fallback ? row->fallback : row->sample);
    }
}

/* [sink NAME] with the keys that sinks of TYPE can have. */
static void print_sample_sink(enum wpb_sink_choice type, bool is_active)
{
    const char *lead = is_active ? "" : ";";

    printf("\n%s[sink %s]\n", lead, wpb_sink_type_names[type]);
    for (const struct wpb_setting *row = wpb_settings(WPB_SECTION_SINK); row->name;
         row++) {
        if (strcmp(row->name, "type") == 0 || !(row->sinks & (1U << type)))
            continue;
        if (row->is_required)
            printf("%s%s = %s\n", lead, row->name, row->sample);
        else
            printf(";%s = %s\n", row->name, row->fallback ? row->fallback : row->sample);
    }
}

void wpb_reference_conf_sample(void)
{
    printf("# wpbloat.conf - what wpbloat's agent watches, and where its alerts go.\n"
           "#\n"
           "# As it stands, every WordPress of this host is watched with the defaults, "
           "and alerts\n"
           "# go to one file. Lines that begin with ';' show what else there is, with "
           "its default or\n"
           "# an example. wpbloat.conf(5) says more; `wpbloat check` says what is in "
           "force.\n"
           "# Generated from agent/config/settings.c by tests/lint/reference.sh "
           "--update.\n\n[agent]\n");
    print_sample_keys(WPB_SECTION_AGENT);
    putchar('\n');
    print_wrapped(wpb_section_help(WPB_SECTION_SITE), "# ", false);
    printf(";[site shop]\n");
    print_sample_keys(WPB_SECTION_SITE);
    putchar('\n');
    print_wrapped(wpb_section_help(WPB_SECTION_SINK), "# ", false);
    print_sample_sink(WPB_SINK_FILE, true);
    for (unsigned type = WPB_SINK_STDOUT; type < WPB_SINK_TYPES; type++)
        print_sample_sink((enum wpb_sink_choice)type, false);
    putchar('\n');
    print_wrapped(wpb_section_help(WPB_SECTION_RULE), "# ", false);
    printf(";[rule cache.notoptions_bloat]\n;warning_bytes = 256K\n"
           ";critical_bytes = 1M\n;enabled = yes\n;severity_max = critical\n");
}
