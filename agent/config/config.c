#include "agent/config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/build.h"

const char *const *wpb_conf_files(const struct wpb_conf *config)
{
    return config->files;
}

const struct wpb_conf_section *wpb_conf_agent(const struct wpb_conf *config)
{
    return config->agent;
}

const struct wpb_conf_section *wpb_conf_sections(const struct wpb_conf *config,
                                                 enum wpb_section_kind kind)
{
    return config->first[kind];
}

const struct wpb_conf_section *wpb_conf_find(const struct wpb_conf *config,
                                             enum wpb_section_kind kind, const char *name)
{
    const struct wpb_conf_section *section = config->first[kind];

    while (section && strcmp(section->name, name) != 0)
        section = section->next;
    return section;
}

const struct wpb_conf_value *wpb_conf_value(const struct wpb_conf_section *section,
                                            const char *key)
{
    for (size_t i = 0; i < section->value_count; i++) {
        if (strcmp(section->values[i].name, key) == 0)
            return &section->values[i];
    }
    assert(!"a key was asked for that no row of the table has");
    abort();
}

static const struct wpb_conf_value *value_of(const struct wpb_conf_section *section,
                                             const char *key, enum wpb_setting_type type)
{
    const struct wpb_conf_value *value = wpb_conf_value(section, key);

    assert(value->setting && value->setting->type == type);
    return value;
}

const char *wpb_conf_text(const struct wpb_conf_section *section, const char *key)
{
    const struct wpb_conf_value *value = wpb_conf_value(section, key);

    assert(value->setting && !wpb_setting_is_list(value->setting));
    return value->text;
}

uint64_t wpb_conf_bytes(const struct wpb_conf_section *section, const char *key)
{
    return (uint64_t)value_of(section, key, WPB_SETTING_SIZE)->number;
}

uint64_t wpb_conf_seconds(const struct wpb_conf_section *section, const char *key)
{
    return (uint64_t)value_of(section, key, WPB_SETTING_DURATION)->number;
}

bool wpb_conf_boolean(const struct wpb_conf_section *section, const char *key)
{
    return value_of(section, key, WPB_SETTING_BOOLEAN)->number != 0;
}

int wpb_conf_choice(const struct wpb_conf_section *section, const char *key)
{
    const struct wpb_conf_value *value = value_of(section, key, WPB_SETTING_CHOICE);

    return value->text ? (int)value->number : -1;
}

void wpb_conf_quorum(const struct wpb_conf_section *section, const char *key, unsigned *n,
                     unsigned *of)
{
    const struct wpb_conf_value *value = value_of(section, key, WPB_SETTING_QUORUM);

    *n = (unsigned)value->number;
    *of = (unsigned)value->of;
}

const char *const *wpb_conf_list(const struct wpb_conf_section *section, const char *key,
                                 size_t *count)
{
    static const char *const nothing[] = {NULL};
    const struct wpb_conf_value *value = wpb_conf_value(section, key);

    assert(value->setting && wpb_setting_is_list(value->setting));
    *count = value->word_count;
    return value->word_count ? value->words : nothing;
}

double wpb_conf_option(const struct wpb_conf_section *section, const char *key)
{
    const struct wpb_conf_value *value = wpb_conf_value(section, key);

    assert(value->option);
    return value->number;
}

bool wpb_conf_is_set(const struct wpb_conf_section *section, const char *key)
{
    return wpb_conf_value(section, key)->text != NULL;
}

const struct wpb_conf_listen *wpb_conf_listen(const struct wpb_conf *config)
{
    return &config->listen;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_section(const struct wpb_conf_section *a,
                            const struct wpb_conf_section *b)
{
    if (strcmp(a->name, b->name) != 0 || a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++) {
        const struct wpb_conf_value *left = &a->values[i], *right = &b->values[i];
        bool is_number = left->option || (left->setting->type == WPB_SETTING_SIZE ||
                                          left->setting->type == WPB_SETTING_DURATION ||
                                          left->setting->type == WPB_SETTING_BOOLEAN);
        if (is_number && left->text && right->text) {
            if (left->number < right->number || left->number > right->number)
                return false;
        } else if (!is_same_text(left->text, right->text)) {
            return false;
        }
    }
    return true;
}

bool wpb_conf_equal(const struct wpb_conf *a, const struct wpb_conf *b)
{
    for (unsigned kind = 0; kind < WPB_SECTION_KINDS; kind++) {
        const struct wpb_conf_section *left = a->first[kind], *right = b->first[kind];
        for (; left && right; left = left->next, right = right->next) {
            if (!is_same_section(left, right))
                return false;
        }
        if (left || right)
            return false;
    }
    return true;
}
