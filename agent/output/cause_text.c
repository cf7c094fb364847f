#include "agent/output/cause_text.h"

#include <math.h>

#include "agent/base/text.h"

#define SHARE_COLUMNS 5

void wpb_cause_text_share(double ratio, struct wpb_buf *out)
{
    /* "100 %" means all of them. */
    double percent = round(ratio * 100);
    if (ratio < 1 && percent > 99)
        percent = 99;
    if (!(ratio > 0))
        wpb_buf_text(out, "0 %");
    else if (percent < 1)
        wpb_buf_text(out, "<1 %");
    else
        wpb_buf_printf(out, "%.0f %%", percent < 100 ? percent : 100);
}

void wpb_cause_text_component(struct wpb_slice component, struct wpb_buf *out)
{
    const char *colon = component.len ? memchr(component.data, ':', component.len) : NULL;
    if (!colon) {
        wpb_text_terminal_name(out, component);
        return;
    }
    size_t kind = (size_t)(colon - component.data);
    wpb_buf_text(out, "the ");
    wpb_text_terminal(out, wpb_slice_head(component, kind));
    wpb_buf_char(out, ' ');
    wpb_text_terminal_name(out, wpb_slice_skip(component, kind + 1));
}

static void print_source(struct wpb_page *page, size_t indent,
                         const struct wpb_family_cause *family)
{
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    if (family->matches > 1) {
        wpb_text_count(&line, family->matches);
        wpb_buf_text(&line, " places hold this text; the first is in ");
    } else {
        wpb_buf_text(&line, "asked for by ");
    }
    wpb_cause_text_component(family->component, &line);
    wpb_buf_char(&line, ':');
    wpb_page_paragraph(page, indent, wpb_buf_view(&line));

    wpb_buf_clear(&line);
    wpb_text_terminal(&line, family->file);
    wpb_buf_char(&line, ':');
    wpb_buf_printf(&line, "%llu", (unsigned long long)family->line);
    wpb_page_verbatim(page, indent, wpb_buf_view(&line));

    if (family->excerpt.len) {
        wpb_buf_clear(&line);
        wpb_text_terminal_name(&line, family->excerpt);
        wpb_page_verbatim(page, indent + 2, wpb_buf_view(&line));
    }
    wpb_buf_fini(&line);
}

/* The share, right-aligned. */
static void add_share_column(double ratio, struct wpb_buf *out)
{
    struct wpb_buf share;
    wpb_buf_init(&share, 0);
    wpb_cause_text_share(ratio, &share);
    wpb_buf_repeat(out, ' ', share.len < SHARE_COLUMNS ? SHARE_COLUMNS - share.len : 0);
    wpb_buf_slice(out, wpb_buf_view(&share));
    wpb_buf_fini(&share);
}

static void print_family(struct wpb_page *page, size_t indent,
                         const struct wpb_family_cause *family)
{
    struct wpb_buf line, share;
    wpb_buf_init(&line, 0);
    wpb_buf_init(&share, 0);
    add_share_column(family->share_ratio, &share);
    wpb_text_count(&line, family->names);
    wpb_buf_text(&line, family->names == 1 ? " name like " : " names like ");
    if (family->template_name.len)
        wpb_text_terminal_name(&line, family->template_name);
    else
        wpb_buf_text(&line, "(no name)");
    wpb_page_entry(page, indent, WPB_INK_PLAIN, share.data, SHARE_COLUMNS + 2,
                   wpb_buf_view(&line));

    size_t inside = indent + SHARE_COLUMNS + 2;
    if (family->has_source)
        print_source(page, inside, family);
    else if (family->was_searched && family->matches > 0) {
        wpb_buf_clear(&line);
        wpb_text_count(&line, family->matches);
        wpb_buf_text(&line, " places hold this text; none stands out");
        wpb_page_paragraph(page, inside, wpb_buf_view(&line));
    } else if (family->was_searched)
        wpb_page_paragraph(
            page, inside,
            wpb_slice_cstr("no plugin, theme or mu-plugin holds this text; "
                           "it may be put together from parts, or come "
                           "from code that was removed"));
    else
        wpb_page_paragraph(page, inside, wpb_slice_cstr("nobody looked for its source"));
    wpb_buf_fini(&share);
    wpb_buf_fini(&line);
}

void wpb_cause_text_families(struct wpb_page *page, size_t indent,
                             const struct wpb_family_cause *families, size_t count)
{
    uint64_t single = 0;
    for (size_t i = 0; i < count; i++) {
        if (families[i].names != 1 || i == 0)
            print_family(page, indent, &families[i]);
        else
            single++;
    }
    if (single == 0)
        return;
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_buf_printf(&line, "and single names such as ");
    wpb_text_terminal_name(&line, families[count - 1].template_name);
    wpb_page_entry(page, indent, WPB_INK_PLAIN, "", SHARE_COLUMNS + 2,
                   wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

/* What the share is of, and whose: "20.0 MiB in 3 options: the plugin x", "of the slow
 * requests: the plugin x". */
static void add_part(const struct wpb_component_cause *component, struct wpb_buf *line)
{
    if (component->share_of) {
        wpb_buf_printf(line, "of %s: ", component->share_of);
    } else {
        wpb_text_bytes(line, component->bytes);
        wpb_buf_text(line, " in ");
        wpb_text_count(line, component->options);
        wpb_buf_text(line, component->options == 1 ? " option: " : " options: ");
    }
    if (component->name.len)
        wpb_cause_text_component(component->name, line);
    else
        wpb_buf_text(line, "(no name)");
}

static void print_place(struct wpb_page *page, size_t indent,
                        const struct wpb_component_cause *component)
{
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_text_terminal_name(&line, component->file);
    wpb_buf_printf(&line, ":%llu", (unsigned long long)component->line);
    wpb_page_verbatim(page, indent, wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

void wpb_cause_text_components(struct wpb_page *page, size_t indent,
                               const struct wpb_component_cause *components, size_t count)
{
    struct wpb_buf line, share;
    wpb_buf_init(&line, 0);
    wpb_buf_init(&share, 0);
    for (size_t i = 0; i < count; i++) {
        wpb_buf_clear(&line);
        wpb_buf_clear(&share);
        add_share_column(components[i].share_ratio, &share);
        add_part(&components[i], &line);
        wpb_page_entry(page, indent, WPB_INK_PLAIN, share.data, SHARE_COLUMNS + 2,
                       wpb_buf_view(&line));
        if (components[i].file.len)
            print_place(page, indent + SHARE_COLUMNS + 2, &components[i]);
    }
    wpb_buf_fini(&share);
    wpb_buf_fini(&line);
}
