#include "agent/output/prometheus_write.h"

#include <inttypes.h>

#include "agent/base/text.h"

#define SERIES(id, name, type, series, label, help) +(series)
#define WPB_EXPORTED_ROW SERIES
_Static_assert(0 WPB_EXPORTED_OF_HOST(SERIES) WPB_EXPORTED_OF_AGENT(SERIES)
                       WPB_EXPORTED_LAST(SERIES) <= WPB_PROMETHEUS_HOST_SERIES_MAX,
               "a host has too many series");
_Static_assert(0 WPB_EXPORTED_OF_SITE(SERIES)
                       WPB_EXPORTED_FIGURES(WPB_EXPORTED_FIGURE_ROW) <=
                   WPB_PROMETHEUS_SITE_SERIES_MAX,
               "a site has too many series");
#undef WPB_EXPORTED_ROW
#undef SERIES

static const struct wpb_exported_row rows[WPB_EXPORTED_COUNT] = {
#define WPB_EXPORTED_ROW(id, name, type, series, label, help)                            \
    [WPB_X_##id] = {name, WPB_EXPORTED_##type, series, label, help},
    WPB_EXPORTED_OF_HOST(WPB_EXPORTED_ROW) WPB_EXPORTED_OF_AGENT(WPB_EXPORTED_ROW)
        WPB_EXPORTED_OF_SITE(WPB_EXPORTED_ROW)
            WPB_EXPORTED_FIGURES(WPB_EXPORTED_FIGURE_ROW)
                WPB_EXPORTED_LAST(WPB_EXPORTED_ROW)
#undef WPB_EXPORTED_ROW
};

const struct wpb_exported_row *wpb_exported_row(enum wpb_exported which)
{
    return &rows[which];
}

bool wpb_exported_is_of_site(enum wpb_exported which)
{
    return which >= WPB_X_SITE_INFO && which < WPB_X_SERIES_EMITTED;
}

const char *wpb_exposition_label(struct wpb_exposition *exposition, const char *name,
                                 struct wpb_slice value)
{
    struct wpb_buf text;
    const char *label;

    wpb_buf_init(&text, 0);
    wpb_text_label(&text, value);
    label = wpb_arena_printf(exposition->arena, "%s=\"%s\"", name, text.data);
    wpb_buf_fini(&text);
    return label;
}

/* Everything before the value. */
static void begin_series(struct wpb_exposition *exposition, enum wpb_exported which,
                         const char *labels)
{
    const struct wpb_exported_row *row = &rows[which];
    struct wpb_buf *out = exposition->out;

    if (!exposition->has_current || exposition->current != which)
        wpb_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
                       row->name,
                       row->type == WPB_EXPORTED_COUNTER ? "counter" : "gauge");
    exposition->has_current = true;
    exposition->current = which;
    exposition->series++;
    wpb_buf_text(out, row->name);
    if (labels[0])
        wpb_buf_printf(out, "{%s}", labels);
}

void wpb_exposition_count(struct wpb_exposition *exposition, enum wpb_exported which,
                          const char *labels, uint64_t value)
{
    begin_series(exposition, which, labels);
    wpb_buf_printf(exposition->out, " %" PRIu64 "\n", value);
}

void wpb_exposition_milli(struct wpb_exposition *exposition, enum wpb_exported which,
                          const char *labels, uint64_t thousandths)
{
    begin_series(exposition, which, labels);
    wpb_buf_printf(exposition->out, " %" PRIu64 ".%03u\n", thousandths / 1000,
                   (unsigned)(thousandths % 1000));
}
