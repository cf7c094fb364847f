#include "agent/command/demo_page.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "agent/command/demo_values.h"

#define WIDGETS 12 /* of a section */

static void append_widget(struct wpb_demo_random *random, struct wpb_buf *out)
{
    static const char *const texts[] = {
        "Linen, oak and the light of a workshop in the north.",
        "Each piece is glazed by hand, and no two are alike.",
        "The spring lookbook: forty rooms, one palette.",
        "Delivered in wool and straw; the crate goes back to us.",
    };
    wpb_buf_text(out, "{\"id\":\"");
    wpb_demo_random_hex(random, 7, out);
    wpb_buf_printf(
        out,
        "\",\"elType\":\"widget\",\"widgetType\":\"text-editor\",\"settings\":{"
        "\"editor\":\"<p>%s<\\/p>\",\"text_color\":\"#%06" PRIX32
        "\",\"typography_typography\":\"custom\",\"typography_font_size\":{"
        "\"unit\":\"px\",\"size\":%" PRIu32 ",\"sizes\":[]},\"_margin\":{"
        "\"unit\":\"px\",\"top\":\"0\",\"right\":\"0\",\"bottom\":\"24\","
        "\"left\":\"0\",\"isLinked\":false}},\"elements\":[]}",
        texts[wpb_demo_random_below(random, 4)], wpb_demo_random_below(random, 0x1000000),
        12 + wpb_demo_random_below(random, 30));
}

static void append_section(struct wpb_demo_random *random, struct wpb_buf *out)
{
    wpb_buf_text(out, "{\"id\":\"");
    wpb_demo_random_hex(random, 7, out);
    wpb_buf_text(out,
                 "\",\"elType\":\"section\",\"settings\":{\"padding\":{\"unit\":\"px\","
                 "\"top\":\"80\",\"bottom\":\"80\"}},\"elements\":[{\"id\":\"");
    wpb_demo_random_hex(random, 7, out);
    wpb_buf_text(out, "\",\"elType\":\"column\",\"settings\":{\"_column_size\":100},"
                      "\"elements\":[");
    for (int i = 0; i < WIDGETS; i++) {
        if (i)
            wpb_buf_char(out, ',');
        append_widget(random, out);
    }
    wpb_buf_text(out, "],\"isInner\":false}],\"isInner\":false}");
}

/* The last section is a remark that makes up for what is missing. */
void wpb_demo_page_layout(struct wpb_buf *out)
{
    static const char start[] =
        ",{\"id\":\"0000000\",\"elType\":\"section\",\"settings\":{"
        "\"_remark\":\"";
    static const char end[] = "\"},\"elements\":[]}]";
    struct wpb_demo_random random = {0x61746c};
    size_t begun = out->len, target = begun + WPB_DEMO_PAGE_LAYOUT_BYTES;

    wpb_buf_char(out, '[');
    do {
        if (out->len > begun + 1)
            wpb_buf_char(out, ',');
        append_section(&random, out);
    } while (!wpb_buf_failed(out) && out->len + 8000 < target);
    wpb_buf_text(out, start);
    if (!wpb_buf_failed(out))
        wpb_buf_repeat(out, 'x', target - out->len - strlen(end));
    wpb_buf_text(out, end);
    assert(wpb_buf_failed(out) || out->len == target);
}

void wpb_demo_page_css(struct wpb_buf *out)
{
    static const char start[] =
        "a:7:{s:4:\"time\";i:1795400000;s:5:\"fonts\";a:0:{}s:5:\"icons\";a:0:{}s:20:"
        "\"dynamic_elements_ids\";a:0:{}s:6:\"status\";s:6:\"inline\";i:0;s:0:\"\";s:3:"
        "\"css\";s:";
    static const char end[] = "\";}";
    struct wpb_demo_random random = {0x637373};
    size_t target = out->len + WPB_DEMO_PAGE_CSS_BYTES;

    wpb_buf_text(out, start);
    wpb_buf_printf(out, "%zu:\"", target - out->len - strlen("1234567:\"") - strlen(end));
    while (!wpb_buf_failed(out) && out->len + 200 < target) {
        wpb_buf_text(out, ".elementor-812 .elementor-element.elementor-element-");
        wpb_demo_random_hex(&random, 7, out);
        wpb_buf_text(out, "{--margin-block-start:24px;color:#3a3a3a;}\n");
    }
    if (!wpb_buf_failed(out))
        wpb_buf_repeat(out, ' ', target - out->len - strlen(end));
    wpb_buf_text(out, end);
    assert(wpb_buf_failed(out) || out->len == target);
}

static void append_meta(struct wpb_buf *out, const char *key, struct wpb_slice value)
{
    wpb_buf_printf(out, "s:%zu:\"%s\";a:1:{i:0;s:%zu:\"", strlen(key), key, value.len);
    wpb_buf_slice(out, value);
    wpb_buf_text(out, "\";}");
}

void wpb_demo_page_entry(struct wpb_slice layout, struct wpb_slice css,
                         struct wpb_buf *out)
{
    wpb_buf_text(out, "a:5:{");
    append_meta(out, "_wp_page_template", wpb_slice_cstr("elementor_header_footer"));
    append_meta(out, "_elementor_edit_mode", wpb_slice_cstr("builder"));
    append_meta(out, "_elementor_version", wpb_slice_cstr("3.21.2"));
    append_meta(out, "_elementor_data", layout);
    append_meta(out, "_elementor_css", css);
    wpb_buf_char(out, '}');
}
