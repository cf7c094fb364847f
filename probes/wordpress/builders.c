#include "probes/wordpress/builders.h"

#include <assert.h>

#define ELEMENTOR_CHANGE                                                                 \
    "Elementor > Settings > Performance (Advanced in older versions) > CSS Print "       \
    "Method: External File; or: wp option update elementor_css_print_method external"
#define DIVI_CHANGE                                                                      \
    "Divi > Theme Options > Builder > Advanced > Static CSS File Generation: on; or: "   \
    "wp option patch update et_divi et_pb_static_css_file on"

static const struct wpb_builder builders[WPB_BUILDERS] = {
    [WPB_BUILDER_ELEMENTOR] = {.slug = "elementor",
                               .name = "Elementor",
                               .components = {"elementor"},
                               .can_write_files = true,
                               /* Whatever is not "internal" is a file. */
                               .setting = {.kind = WPB_SETTING_OPTION,
                                           .option = "elementor_css_print_method",
                                           .inline_values = {"internal"},
                                           .file_values = {"external"},
                                           .otherwise = WPB_CSS_FILE,
                                           .absent = WPB_CSS_FILE,
                                           .change = ELEMENTOR_CHANGE,
                                           .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_ELEMENTOR_PRO] = {.slug = "elementor-pro",
                                   .name = "Elementor Pro",
                                   .components = {"elementor-pro"},
                                   .can_write_files = true,
                                   .setting = {.kind = WPB_SETTING_OPTION,
                                               .option = "elementor_css_print_method",
                                               .inline_values = {"internal"},
                                               .file_values = {"external"},
                                               .otherwise = WPB_CSS_FILE,
                                               .absent = WPB_CSS_FILE,
                                               .change = ELEMENTOR_CHANGE,
                                               .known = WPB_KNOWN_SOURCE}},
    /* One page can be set apart: post meta _et_pb_static_css_file = off. */
    [WPB_BUILDER_DIVI] = {.slug = "divi",
                          .name = "Divi 4",
                          .components = {"Divi", "Extra", "divi-builder"},
                          .content_mark = "[et_pb_",
                          .can_write_files = true,
                          .setting = {.kind = WPB_SETTING_KEY,
                                      .option = "et_divi",
                                      .key = "et_pb_static_css_file",
                                      .inline_values = {"off"},
                                      .file_values = {"on"},
                                      .otherwise = WPB_CSS_FILE,
                                      .absent = WPB_CSS_FILE,
                                      .change = DIVI_CHANGE,
                                      .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_DIVI_5] = {.slug = "divi-5",
                            .name = "Divi 5",
                            .components = {"Divi"},
                            .content_mark = "<!-- wp:divi/",
                            .can_write_files = true,
                            .setting = {.kind = WPB_SETTING_KEY,
                                        .option = "et_divi",
                                        .key = "et_pb_static_css_file",
                                        .inline_values = {"off"},
                                        .file_values = {"on"},
                                        .otherwise = WPB_CSS_FILE,
                                        .absent = WPB_CSS_FILE,
                                        .change = DIVI_CHANGE,
                                        .known = WPB_KNOWN_SECOND_HAND}},
    [WPB_BUILDER_WPBAKERY] = {.slug = "wpbakery",
                              .name = "WPBakery Page Builder",
                              .components = {"js_composer"},
                              .content_mark = "[vc_row",
                              .setting = {.kind = WPB_SETTING_FIXED,
                                          .absent = WPB_CSS_INLINE,
                                          .known = WPB_KNOWN_SECOND_HAND}},
    [WPB_BUILDER_BEAVER] =
        {.slug = "beaver-builder",
         .name = "Beaver Builder",
         .components = {"bb-plugin", "beaver-builder-lite-version"},
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_CODE,
                     .absent = WPB_CSS_FILE,
                     .change = "take add_filter('fl_builder_render_assets_inline', ...) "
                               "out of the theme's or plugin's code",
                     .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_BRICKS] =
        {.slug = "bricks",
         .name = "Bricks",
         .components = {"bricks"},
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_KEY,
                     .option = "bricks_global_settings",
                     .key = "cssLoading",
                     .inline_values = {"", "inline"},
                     .file_values = {"file"},
                     .otherwise = WPB_CSS_INLINE,
                     .absent = WPB_CSS_INLINE,
                     .change = "Bricks > Settings > Performance > CSS loading method: "
                               "External files, then Regenerate CSS files",
                     .known = WPB_KNOWN_SOURCE}},
    /* Without the cache the page asks for its CSS by a second request to PHP. */
    [WPB_BUILDER_OXYGEN] =
        {.slug = "oxygen",
         .name = "Oxygen (classic)",
         .components = {"oxygen"},
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_OPTION,
                     .option = "oxygen_vsb_universal_css_cache",
                     .file_values = {"true"},
                     .otherwise = WPB_CSS_INLINE,
                     .absent = WPB_CSS_INLINE,
                     .change = "Oxygen > Settings > CSS Cache: regenerate it and enable "
                               "universal CSS loading; until then each page fetches its "
                               "CSS from PHP in a second request (?xlink=css)",
                     .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_BREAKDANCE] = {.slug = "breakdance",
                                .name = "Breakdance, Oxygen 6",
                                .components = {"breakdance", "oxygen"},
                                .can_write_files = true,
                                .setting = {.kind = WPB_SETTING_FIXED,
                                            .absent = WPB_CSS_FILE,
                                            .known = WPB_KNOWN_SECOND_HAND}},
    /* The compiled page, CSS in it, lies in the row of the layout. */
    [WPB_BUILDER_BRIZY] = {.slug = "brizy",
                           .name = "Brizy",
                           .components = {"brizy", "brizy-pro"},
                           .setting = {.kind = WPB_SETTING_NONE,
                                       .absent = WPB_CSS_UNKNOWN,
                                       .known = WPB_KNOWN_ASSUMED}},
    /* Made anew for each view, not kept; its setting inline-styles is about style
     * attributes. */
    [WPB_BUILDER_SITEORIGIN] = {.slug = "siteorigin",
                                .name = "SiteOrigin Page Builder",
                                .components = {"siteorigin-panels"},
                                .setting = {.kind = WPB_SETTING_FIXED,
                                            .absent = WPB_CSS_INLINE,
                                            .known = WPB_KNOWN_SOURCE}},
    /* "db" keeps it in a transient for each page, "off" keeps it nowhere. */
    [WPB_BUILDER_AVADA] =
        {.slug = "avada",
         .name = "Avada (Fusion Builder)",
         .components = {"Avada", "fusion-builder", "fusion-core"},
         .content_mark = "[fusion_",
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_KEY,
                     .option = "fusion_options",
                     .key = "css_cache_method",
                     .inline_values = {"db", "off"},
                     .file_values = {"file"},
                     .otherwise = WPB_CSS_UNKNOWN,
                     .absent = WPB_CSS_FILE,
                     .change = "Avada > Options > Performance > CSS Compiling Method: "
                               "File; or: wp option patch update fusion_options "
                               "css_cache_method file",
                     .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_THRIVE] = {.slug = "thrive",
                            .name = "Thrive Architect",
                            .components = {"thrive-visual-editor", "thrive-theme"},
                            .setting = {.kind = WPB_SETTING_FIXED,
                                        .absent = WPB_CSS_INLINE,
                                        .known = WPB_KNOWN_SECOND_HAND}},
    [WPB_BUILDER_VISUAL_COMPOSER] = {.slug = "visual-composer",
                                     .name = "Visual Composer",
                                     .components = {"visualcomposer"},
                                     .can_write_files = true,
                                     .setting = {.kind = WPB_SETTING_FIXED,
                                                 .absent = WPB_CSS_FILE,
                                                 .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_THEMIFY] = {.slug = "themify",
                             .name = "Themify Builder",
                             .components = {"themify-builder"},
                             .can_write_files = true,
                             .setting = {.kind = WPB_SETTING_FIXED,
                                         .absent = WPB_CSS_FILE,
                                         .known = WPB_KNOWN_SECOND_HAND}},
    [WPB_BUILDER_CORNERSTONE] = {.slug = "cornerstone",
                                 .name = "Cornerstone (X, Pro)",
                                 .components = {"cornerstone", "x", "pro"},
                                 .content_mark = "[cs_content]",
                                 .setting = {.kind = WPB_SETTING_FIXED,
                                             .absent = WPB_CSS_INLINE,
                                             .known = WPB_KNOWN_SECOND_HAND}},
    /* A file that cannot be written is printed instead, whatever the setting says. */
    [WPB_BUILDER_GENERATEBLOCKS] =
        {.slug = "generateblocks",
         .name = "GenerateBlocks",
         .components = {"generateblocks", "generateblocks-pro"},
         .content_mark = "<!-- wp:generateblocks/",
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_KEY,
                     .option = "generateblocks",
                     .key = "css_print_method",
                     .inline_values = {"inline"},
                     .file_values = {"file"},
                     .otherwise = WPB_CSS_UNKNOWN,
                     .absent = WPB_CSS_FILE,
                     .change = "GenerateBlocks > Settings > CSS Print Method: External "
                               "File; or: wp option patch update generateblocks "
                               "css_print_method file",
                     .known = WPB_KNOWN_SOURCE}},
    /* New installations are set to "enabled"; without the option it is off. */
    [WPB_BUILDER_SPECTRA] =
        {.slug = "spectra",
         .name = "Spectra (Ultimate Addons for Gutenberg)",
         .components = {"ultimate-addons-for-gutenberg", "spectra-pro"},
         .content_mark = "<!-- wp:uagb/",
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_OPTION,
                     .option = "_uagb_allow_file_generation",
                     .inline_values = {"disabled"},
                     .file_values = {"enabled"},
                     .otherwise = WPB_CSS_INLINE,
                     .absent = WPB_CSS_INLINE,
                     .change = "Spectra > Settings > Asset Generation > File Generation: "
                               "on; or: wp option update _uagb_allow_file_generation "
                               "enabled",
                     .known = WPB_KNOWN_SOURCE}},
    [WPB_BUILDER_KADENCE] = {.slug = "kadence-blocks",
                             .name = "Kadence Blocks",
                             .components = {"kadence-blocks", "kadence-blocks-pro"},
                             .content_mark = "<!-- wp:kadence/",
                             .setting = {.kind = WPB_SETTING_FIXED,
                                         .absent = WPB_CSS_INLINE,
                                         .known = WPB_KNOWN_ASSUMED}},
    /* It follows Elementor's setting. */
    [WPB_BUILDER_ESSENTIAL_ADDONS] =
        {.slug = "essential-addons",
         .name = "Essential Addons for Elementor",
         .components = {"essential-addons-for-elementor-lite",
                        "essential-addons-elementor"},
         .can_write_files = true,
         .setting = {.kind = WPB_SETTING_OPTION,
                     .option = "elementor_css_print_method",
                     .inline_values = {"internal"},
                     .file_values = {"external"},
                     .otherwise = WPB_CSS_FILE,
                     .absent = WPB_CSS_FILE,
                     .change = ELEMENTOR_CHANGE,
                     .known = WPB_KNOWN_SOURCE}},
    /* Fields, not pages: two rows a field, all in the post's one cache entry. */
    [WPB_BUILDER_ACF] = {.slug = "acf",
                         .name = "Advanced Custom Fields",
                         .components = {"advanced-custom-fields",
                                        "advanced-custom-fields-pro",
                                        "secure-custom-fields"},
                         .setting = {.kind = WPB_SETTING_NONE,
                                     .absent = WPB_CSS_UNKNOWN,
                                     .known = WPB_KNOWN_ASSUMED}},
};

const struct wpb_builder *wpb_builder(enum wpb_builder_id id)
{
    assert((size_t)id < WPB_BUILDERS);
    return &builders[id];
}

enum wpb_builder_id wpb_builder_id(const struct wpb_builder *builder)
{
    assert(builder >= builders && builder < builders + WPB_BUILDERS);
    return (enum wpb_builder_id)(builder - builders);
}

const struct wpb_builder *wpb_builder_by_slug(struct wpb_slice slug)
{
    for (size_t i = 0; i < WPB_BUILDERS; i++)
        if (wpb_slice_is(slug, builders[i].slug))
            return &builders[i];
    return NULL;
}

const struct wpb_builder *wpb_builder_of_component(struct wpb_slice component)
{
    for (size_t i = 0; i < WPB_BUILDERS; i++)
        for (const char *const *at = builders[i].components; *at; at++)
            if (wpb_slice_is(component, *at))
                return &builders[i];
    return NULL;
}

const char *wpb_builder_role_name(enum wpb_builder_role role)
{
    static const char *const names[] = {
        [WPB_BUILDER_LAYOUT] = "layout",     [WPB_BUILDER_COPY] = "copy",
        [WPB_BUILDER_CSS] = "css",           [WPB_BUILDER_CACHE] = "cache",
        [WPB_BUILDER_SETTINGS] = "settings", [WPB_BUILDER_PER_PAGE] = "per page",
    };
    assert((size_t)role < sizeof names / sizeof names[0]);
    return names[role];
}

const char *wpb_builder_encoding_name(enum wpb_builder_encoding encoding)
{
    static const char *const names[] = {
        [WPB_BUILDER_TEXT] = "text",
        [WPB_BUILDER_JSON] = "json",
        [WPB_BUILDER_JSON_IN_JSON] = "json in json",
        [WPB_BUILDER_JSON_IN_URL] = "json in url encoding",
        [WPB_BUILDER_SERIALIZE] = "serialize",
        [WPB_BUILDER_BASE64] = "serialize with base64",
        [WPB_BUILDER_SHORTCODES] = "shortcodes",
        [WPB_BUILDER_CSS_TEXT] = "css",
        [WPB_BUILDER_HTML] = "html",
    };
    assert((size_t)encoding < sizeof names / sizeof names[0]);
    return names[encoding];
}

const char *wpb_known_name(enum wpb_known known)
{
    static const char *const names[] = {
        [WPB_KNOWN_SOURCE] = "source",
        [WPB_KNOWN_SECOND_HAND] = "second-hand",
        [WPB_KNOWN_ASSUMED] = "assumed",
    };
    assert((size_t)known < sizeof names / sizeof names[0]);
    return names[known];
}
