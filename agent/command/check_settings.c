#include "agent/command/check_settings.h"

#include <string.h>

#include "agent/base/text.h"

/* Where the source of a value begins. */
#define SOURCE_COLUMN 46

static void add_text(struct wpb_buf *out, const char *text)
{
    wpb_text_terminal(out, wpb_slice_cstr(text));
}

static void add_url(struct wpb_buf *out, const char *url)
{
    char shown[160];

    wpb_conf_url_shown(url, shown, sizeof(shown));
    add_text(out, shown);
}

/* VALUE as it may be shown. */
static void add_value(struct wpb_buf *out, const struct wpb_conf_value *value)
{
    const enum wpb_setting_type type =
        value->setting ? value->setting->type : WPB_SETTING_TEXT;

    if (type == WPB_SETTING_URL) {
        add_url(out, value->text);
        return;
    }
    if (type != WPB_SETTING_URLS) {
        add_text(out, value->text);
        return;
    }
    for (size_t i = 0; i < value->word_count; i++) {
        wpb_buf_text(out, i ? " " : "");
        add_url(out, value->words[i]);
    }
}

static void show_value(const struct wpb_conf_value *value, struct wpb_page *page)
{
    struct wpb_buf line;
    size_t columns;

    wpb_buf_init(&line, 0);
    wpb_buf_printf(&line, "  %s = ", value->name);
    add_value(&line, value);
    columns = wpb_text_columns(wpb_buf_view(&line));
    wpb_buf_repeat(&line, ' ', columns < SOURCE_COLUMN ? SOURCE_COLUMN - columns : 2);
    if (value->file) {
        add_text(&line, value->file);
        wpb_buf_printf(&line, ":%u", value->line);
    } else {
        wpb_buf_text(&line, "default");
    }
    wpb_page_verbatim(page, 0, wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

static void show_section(const struct wpb_conf_section *section, struct wpb_page *page)
{
    struct wpb_buf title;

    wpb_buf_init(&title, 0);
    wpb_buf_printf(&title, "[%s%s", wpb_section_kind_name(section->kind),
                   *section->name ? " " : "");
    add_text(&title, section->name);
    wpb_buf_char(&title, ']');
    wpb_page_heading(page, title.data);
    wpb_buf_fini(&title);
    for (size_t i = 0; i < section->value_count; i++) {
        const struct wpb_conf_value *value = &section->values[i];
        bool is_foreign = section->kind == WPB_SECTION_SINK &&
                          !(value->setting->sinks & (1U << section->sink));
        if (value->text && !is_foreign)
            show_value(value, page);
    }
}

void wpb_check_settings(const struct wpb_conf *config, struct wpb_page *page)
{
    static const enum wpb_section_kind order[] = {WPB_SECTION_SITE, WPB_SECTION_SINK,
                                                  WPB_SECTION_RULE};

    show_section(wpb_conf_agent(config), page);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const struct wpb_conf_section *section = wpb_conf_sections(config, order[i]);
        for (; section; section = section->next)
            show_section(section, page);
    }
    wpb_page_blank(page);
    wpb_page_paragraph(page, 0,
                       wpb_slice_cstr(wpb_conf_sections(config, WPB_SECTION_RULE)
                                          ? "All other rules have their defaults."
                                          : "All rules have their defaults."));
    if (!wpb_conf_sections(config, WPB_SECTION_SINK))
        wpb_page_paragraph(page, 0,
                           wpb_slice_cstr("There is no [sink NAME]: alerts go nowhere, "
                                          "and are only served."));
}

void wpb_check_problems(const struct wpb_conf_problems *problems, struct wpb_page *page)
{
    struct wpb_buf text;

    for (size_t i = 0; i < problems->count; i++) {
        const struct wpb_conf_problem *problem = &problems->items[i];
        wpb_buf_init(&text, 0);
        add_text(&text, problem->file);
        if (problem->line)
            wpb_buf_printf(&text, ":%u", problem->line);
        wpb_buf_text(&text, *problem->file ? ": " : "");
        add_text(&text, problem->message);
        wpb_page_entry(page, 0, problem->is_error ? WPB_INK_RED : WPB_INK_YELLOW,
                       problem->is_error ? "error" : "warning", 9, wpb_buf_view(&text));
        wpb_buf_fini(&text);
    }
    if (problems->dropped) {
        wpb_buf_init(&text, 0);
        wpb_buf_printf(&text, "and %zu more", problems->dropped);
        wpb_page_paragraph(page, 9, wpb_buf_view(&text));
        wpb_buf_fini(&text);
    }
}
