#include "agent/config/build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/nearest.h"
#include "agent/config/lines.h"

#define DAY_S UINT64_C(86400)

#define SHOWN(text) (int)((text).len < 40 ? (text).len : 40), (text).data

struct wpb_conf *wpb_conf_new(struct wpb_conf_problems *problems)
{
    struct wpb_conf *config = calloc(1, sizeof(*config));

    if (!config)
        return NULL;
    config->arena = wpb_arena_new();
    if (!config->arena) {
        free(config);
        return NULL;
    }
    config->problems = problems;
    return config;
}

void wpb_conf_free(struct wpb_conf *config)
{
    if (!config)
        return;
    wpb_arena_free(config->arena);
    free(config);
}

/* The best of some names, as they are offered. */
struct nearest {
    struct wpb_slice word;
    size_t fewest;
    const char *name;
};

static void offer(struct nearest *nearest, const char *name)
{
    size_t edits = wpb_nearest_edits(nearest->word, wpb_slice_cstr(name));

    if (nearest->name && edits >= nearest->fewest)
        return;
    nearest->fewest = edits;
    nearest->name = name;
}

static size_t count_settings(enum wpb_section_kind kind)
{
    size_t count = 0;

    while (wpb_settings(kind)[count].name)
        count++;
    return count;
}

static size_t count_options(const struct wpb_rule *rule)
{
    size_t count = 0;

    while (rule && count < WPB_RULE_OPTIONS_MAX && rule->options[count].name)
        count++;
    return count;
}

static void set_defaults(struct wpb_conf *config, struct wpb_conf_section *section)
{
    size_t settings = count_settings(section->kind), options;
    struct wpb_err err;

    options = count_options(section->rule);
    section->values =
        wpb_arena_alloc(config->arena, (settings + options) * sizeof(*section->values));
    section->value_count = settings + options;
    for (size_t i = 0; i < settings; i++) {
        struct wpb_conf_value *value = &section->values[i];
        value->setting = &wpb_settings(section->kind)[i];
        value->name = value->setting->name;
        if (value->setting->fallback &&
            wpb_conf_value_parse(value, wpb_slice_cstr(value->setting->fallback),
                                 config->arena, &err))
            assert(!"a default of the table is not a value of its type");
    }
    for (size_t i = 0; i < options; i++) {
        struct wpb_conf_value *value = &section->values[settings + i];
        char text[WPB_OPTION_TEXT];
        value->option = &section->rule->options[i];
        value->name = value->option->name;
        value->number = value->option->fallback;
        wpb_option_text(value->option->type, value->number, text);
        value->text = wpb_arena_cstr(config->arena, wpb_slice_cstr(text));
    }
}

static struct wpb_conf_section *new_section(struct wpb_conf *config,
                                            enum wpb_section_kind kind, const char *name,
                                            const struct wpb_rule *rule)
{
    struct wpb_conf_section *section = wpb_arena_alloc(config->arena, sizeof(*section));

    *section = (struct wpb_conf_section){.kind = kind, .name = name, .rule = rule};
    set_defaults(config, section);
    if (config->last[kind])
        config->last[kind]->next = section;
    else
        config->first[kind] = section;
    config->last[kind] = section;
    config->section_count++;
    return section;
}

static const struct wpb_rule *find_rule(const char *code)
{
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        if (strcmp(rule->code, code) == 0)
            return rule;
    }
    return NULL;
}

static const char *file_of(const struct wpb_conf *config)
{
    return config->files[config->file_count - 1];
}

/* Is NAME one for a site? */
static bool is_site_name(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "._-") == strlen(name);
}

static bool check_name(struct wpb_conf *config, uint32_t line, enum wpb_section_kind kind,
                       const char *name)
{
    struct nearest nearest = {.word = wpb_slice_cstr(name)};

    if (kind == WPB_SECTION_AGENT ? *name : !*name) {
        wpb_conf_error(config->problems, file_of(config), line,
                       *name ? "[agent] takes no name, and has '%.40s'"
                             : "the section needs a name%s: [%s %s]",
                       name, wpb_section_kind_name(kind), wpb_section_argument(kind));
        return false;
    }
    if (kind == WPB_SECTION_SITE && !is_site_name(name)) {
        wpb_conf_error(config->problems, file_of(config), line,
                       "'%.49s' is no name of a site: it may have letters, digits, "
                       "'.', '_' and '-'",
                       name);
        return false;
    }
    if (kind != WPB_SECTION_RULE || find_rule(name))
        return true;
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++)
        offer(&nearest, rule->code);
    wpb_conf_error(config->problems, file_of(config), line,
                   "there is no rule '%.49s'; the nearest is '%s'", name, nearest.name);
    return false;
}

static bool find_kind(struct wpb_conf *config, uint32_t line, struct wpb_slice word,
                      enum wpb_section_kind *kind)
{
    struct nearest nearest = {.word = word};

    for (unsigned i = 0; i < WPB_SECTION_KINDS; i++) {
        const char *name = wpb_section_kind_name((enum wpb_section_kind)i);
        if (wpb_slice_is(word, name)) {
            *kind = (enum wpb_section_kind)i;
            return true;
        }
        offer(&nearest, name);
    }
    for (unsigned i = 0; i < WPB_SECTION_KINDS; i++) {
        const char *name = wpb_section_kind_name((enum wpb_section_kind)i);
        const char *argument = wpb_section_argument((enum wpb_section_kind)i);
        if (nearest.name == name)
            wpb_conf_error(config->problems, file_of(config), line,
                           "there is no section [%.*s]; the nearest is [%s%s%s]",
                           SHOWN(word), name, *argument ? " " : "", argument);
    }
    return false;
}

static void begin_section(void *cookie, uint32_t line, struct wpb_slice text)
{
    struct wpb_conf *config = cookie;
    struct wpb_conf_section *section;
    enum wpb_section_kind kind;
    const char *name;
    size_t len = 0;

    config->current = NULL;
    config->is_before_sections = false;
    if (text.len == 0)
        return;
    while (len < text.len && text.data[len] != ' ' && text.data[len] != '\t')
        len++;
    if (!find_kind(config, line, wpb_slice_head(text, len), &kind))
        return;
    while (len < text.len && (text.data[len] == ' ' || text.data[len] == '\t'))
        len++;
    name = wpb_arena_cstr(config->arena, wpb_slice_skip(text, len));
    if (!check_name(config, line, kind, name))
        return;
    for (section = config->first[kind]; section; section = section->next) {
        if (strcmp(section->name, name) == 0)
            break;
    }
    if (!section && config->section_count == WPB_CONF_SECTIONS_MAX) {
        wpb_conf_error(config->problems, file_of(config), line,
                       "there are more than %d sections", WPB_CONF_SECTIONS_MAX);
        return;
    }
    if (!section)
        section = new_section(config, kind, name,
                              kind == WPB_SECTION_RULE ? find_rule(name) : NULL);
    if (!section->file) {
        section->file = file_of(config);
        section->line = line;
    }
    config->current = section;
}

static void refuse_key(struct wpb_conf *config, uint32_t line, const char *key)
{
    const struct wpb_conf_section *section = config->current;
    struct nearest nearest = {.word = wpb_slice_cstr(key)};

    for (size_t i = 0; i < section->value_count; i++)
        offer(&nearest, section->values[i].name);
    wpb_conf_error(config->problems, file_of(config), line,
                   "[%s%s%s] has no key '%s'; the nearest is '%s'",
                   wpb_section_kind_name(section->kind), *section->name ? " " : "",
                   section->name, key, nearest.name);
}

static void take_entry(void *cookie, uint32_t line, const char *key, const char *text)
{
    struct wpb_conf *config = cookie;
    struct wpb_conf_value *value = NULL;
    struct wpb_err err = {0};
    bool is_list, is_again;

    if (config->is_before_sections) {
        wpb_conf_error(config->problems, file_of(config), line,
                       "'%s' stands before the first section; put it below [agent]", key);
        config->is_before_sections = false;
        return;
    }
    if (!config->current)
        return;
    for (size_t i = 0; i < config->current->value_count; i++) {
        if (strcmp(config->current->values[i].name, key) == 0)
            value = &config->current->values[i];
    }
    if (!value) {
        refuse_key(config, line, key);
        return;
    }
    is_list = value->setting && wpb_setting_is_list(value->setting);
    is_again = value->file == file_of(config);
    if (is_again && !is_list) {
        wpb_conf_error(config->problems, file_of(config), line,
                       "'%s' is set again; line %u has set it", key, value->line);
        return;
    }
    if (is_list && !is_again)
        value->word_count = 0; /* a later file begins anew */
    value->file = file_of(config);
    value->line = line;
    if (wpb_conf_value_parse(value, wpb_slice_cstr(text), config->arena, &err)) {
        bool has_remark = strstr(text, " #") != NULL;
        wpb_conf_error(config->problems, file_of(config), line, "%s: %s%s", key,
                       err.message,
                       has_remark ? "; a comment behind a value begins with ';'" : "");
    }
}

void wpb_conf_add(struct wpb_conf *config, struct wpb_slice bytes, const char *file)
{
    const struct wpb_conf_lines lines = {
        .cookie = config, .section = begin_section, .entry = take_entry};

    assert(config->file_count < WPB_CONF_FILES_MAX);
    config->files[config->file_count++] =
        wpb_arena_cstr(config->arena, wpb_slice_cstr(file));
    config->current = NULL;
    config->is_before_sections = true;
    wpb_conf_read_lines(bytes, file_of(config), &lines, config->problems);
}

/* Does a file set KEY, be it to something that was refused? */
static bool is_mentioned(const struct wpb_conf_section *section, const char *key)
{
    return wpb_conf_value(section, key)->file != NULL;
}

/* The type of SECTION, a sink: by `type`, else by the first word of its name. */
static bool find_sink_type(struct wpb_conf *config, struct wpb_conf_section *sink)
{
    int choice = wpb_conf_choice(sink, "type");
    struct wpb_slice word = wpb_slice_of(sink->name, strcspn(sink->name, " \t"));
    struct nearest nearest = {.word = word};

    for (int i = 0; choice < 0 && wpb_sink_type_names[i]; i++) {
        if (wpb_slice_is(word, wpb_sink_type_names[i]))
            choice = i;
        offer(&nearest, wpb_sink_type_names[i]);
    }
    if (choice >= 0) {
        sink->sink = (enum wpb_sink_choice)choice;
        return true;
    }
    wpb_conf_error(config->problems, sink->file, sink->line,
                   "'%.*s' is no type of sink; the nearest is '%s', and there are "
                   "file, stdout, syslog, webhook and alertmanager; or set type",
                   SHOWN(word), nearest.name);
    return false;
}

static void check_sink(struct wpb_conf *config, struct wpb_conf_section *sink)
{
    if (!find_sink_type(config, sink))
        return;
    for (size_t i = 0; i < sink->value_count; i++) {
        const struct wpb_conf_value *value = &sink->values[i];
        bool is_its_own = value->setting->sinks & (1U << sink->sink);
        if (value->file && !is_its_own)
            wpb_conf_error(config->problems, value->file, value->line,
                           "a sink of type %s has no key '%s'",
                           wpb_sink_type_names[sink->sink], value->name);
        if (!value->file && is_its_own && value->setting->is_required)
            wpb_conf_error(config->problems, sink->file, sink->line,
                           "[sink %s] needs the key '%s'", sink->name, value->name);
    }
    if (is_mentioned(sink, "cert_file") != is_mentioned(sink, "key_file"))
        wpb_conf_error(config->problems, sink->file, sink->line,
                       "[sink %s]: cert_file and key_file go together", sink->name);
}

static void check_site(struct wpb_conf *config, const struct wpb_conf_section *site)
{
    const char *path = wpb_conf_text(site, "path");

    if (!is_mentioned(site, "path") && !is_mentioned(site, "redis") &&
        !is_mentioned(site, "mysql"))
        wpb_conf_error(config->problems, site->file, site->line,
                       "[site %s] needs a path, a redis or a mysql", site->name);
    for (const struct wpb_conf_section *other = config->first[WPB_SECTION_SITE];
         path && other != site; other = other->next) {
        const char *theirs = wpb_conf_text(other, "path");
        if (theirs && strcmp(theirs, path) == 0)
            wpb_conf_error(config->problems, site->file, site->line,
                           "[site %s] and [site %s] have the same path", site->name,
                           other->name);
    }
}

/* A warning that begins where the critical has begun is never seen. */
static void check_rule(struct wpb_conf *config, const struct wpb_conf_section *rule)
{
    for (size_t i = 0; i < rule->value_count; i++) {
        const struct wpb_conf_value *warning = &rule->values[i];
        if (!warning->option || strncmp(warning->name, "warning_", 8) != 0)
            continue;
        for (size_t j = 0; j < rule->value_count; j++) {
            const struct wpb_conf_value *critical = &rule->values[j];
            if (!critical->option || strncmp(critical->name, "critical_", 9) != 0 ||
                strcmp(critical->name + 9, warning->name + 8) != 0 ||
                (!warning->file && !critical->file))
                continue;
            bool rises = warning->option->fallback <= critical->option->fallback;
            if (rises ? warning->number <= critical->number
                      : warning->number >= critical->number)
                continue;
            wpb_conf_warning(
                config->problems, warning->file ? warning->file : critical->file,
                warning->file ? warning->line : critical->line,
                "[rule %s]: %s is %s and %s is %s: it is critical before "
                "it is a warning",
                rule->name, warning->name, warning->text, critical->name, critical->text);
        }
    }
}

static void check_agent(struct wpb_conf *config)
{
    const struct wpb_conf_value *listen = wpb_conf_value(config->agent, "listen");
    const struct wpb_conf_value *sites = wpb_conf_value(config->agent, "sites");
    const struct wpb_conf_value *window = wpb_conf_value(config->agent, "request_window");
    struct wpb_err err;

    if (window->number > 0 && DAY_S % (uint64_t)window->number != 0)
        wpb_conf_error(config->problems, window->file, window->line,
                       "request_window: %s does not divide a day; take 10s, 30s, 60s or "
                       "5m",
                       window->text);
    if (wpb_conf_listen_parse(listen->text, config->arena, &config->listen, &err))
        assert(!"the table let an address through that cannot be parsed");
    if (!wpb_conf_listen_is_local(&config->listen) &&
        !wpb_conf_is_set(config->agent, "listen_token_file"))
        wpb_conf_error(config->problems, listen->file ? listen->file : "", listen->line,
                       "listen: other hosts could read what is served on %s; set "
                       "listen_token_file",
                       listen->text);
    if (is_mentioned(config->agent, "listen_cert_file") !=
        is_mentioned(config->agent, "listen_key_file"))
        wpb_conf_error(config->problems, config->agent->file, config->agent->line,
                       "listen_cert_file and listen_key_file go together");
    if (wpb_conf_choice(config->agent, "sites") == 1 && !config->first[WPB_SECTION_SITE])
        wpb_conf_warning(config->problems, sites->file, sites->line,
                         "sites is none and no [site NAME] is there: nothing is "
                         "watched");
}

struct wpb_conf *wpb_conf_finish(struct wpb_conf *config)
{
    struct wpb_conf_section *section;

    if (!config->first[WPB_SECTION_AGENT])
        new_section(config, WPB_SECTION_AGENT, "", NULL);
    config->agent = config->first[WPB_SECTION_AGENT];
    check_agent(config);
    for (section = config->first[WPB_SECTION_SITE]; section; section = section->next)
        check_site(config, section);
    for (section = config->first[WPB_SECTION_RULE]; section; section = section->next)
        check_rule(config, section);
    for (section = config->first[WPB_SECTION_SINK]; section; section = section->next)
        check_sink(config, section);
    if (config->problems->errors == 0) {
        config->problems = NULL;
        return config;
    }
    wpb_conf_free(config);
    return NULL;
}

struct wpb_conf *wpb_conf_of_bytes(struct wpb_slice bytes, const char *file,
                                   struct wpb_conf_problems *problems)
{
    struct wpb_conf *config = wpb_conf_new(problems);

    if (!config) {
        wpb_conf_error(problems, "", 0, "out of memory");
        return NULL;
    }
    wpb_conf_add(config, bytes, file);
    return wpb_conf_finish(config);
}
