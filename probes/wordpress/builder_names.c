#include "probes/wordpress/builders.h"

/* Sorted by name, byte by byte, which keeps a builder's names together. No name begins
 * with a prefix of another row: the look-up needs both. */
#define ROW(text, prefix, builder, role, encoding, known)                                \
    {                                                                                    \
        WPB_SLICE(text), prefix, WPB_BUILDER_##builder, WPB_BUILDER_##role,              \
            WPB_BUILDER_##encoding, WPB_KNOWN_##known                                    \
    }
#define NAME(text, ...) ROW(text, false, __VA_ARGS__)
#define PREFIX(text, ...) ROW(text, true, __VA_ARGS__)

/* The row "brizy" holds the compiled page beside the layout. Thrive's names are prefixes
 * because a landing page has its own, tve_custom_css_NAME. */
/* clang-format off */
static const struct wpb_builder_name metas[] = {
    NAME("_breakdance_css_file_paths_cache", BREAKDANCE, CACHE, JSON, ASSUMED),
    NAME("_breakdance_data", BREAKDANCE, LAYOUT, JSON_IN_JSON, SECOND_HAND),
    NAME("_breakdance_dependency_cache", BREAKDANCE, CACHE, JSON, ASSUMED),
    NAME("_bricks_editor_mode", BRICKS, SETTINGS, TEXT, SECOND_HAND),
    NAME("_bricks_page_content_2", BRICKS, LAYOUT, SERIALIZE, SECOND_HAND),
    NAME("_bricks_page_footer_2", BRICKS, LAYOUT, SERIALIZE, SECOND_HAND),
    NAME("_bricks_page_header_2", BRICKS, LAYOUT, SERIALIZE, SECOND_HAND),
    NAME("_bricks_page_settings", BRICKS, SETTINGS, SERIALIZE, SECOND_HAND),
    NAME("_cornerstone_data", CORNERSTONE, LAYOUT, JSON, SECOND_HAND),
    NAME("_cornerstone_settings", CORNERSTONE, SETTINGS, JSON, SECOND_HAND),
    NAME("_cs_component_map", CORNERSTONE, CACHE, SERIALIZE, ASSUMED),
    NAME("_cs_generated_styles", CORNERSTONE, CSS, CSS_TEXT, SOURCE),
    NAME("_cs_generated_tss", CORNERSTONE, CSS, SERIALIZE, ASSUMED),
    NAME("_ct_builder_json", OXYGEN, LAYOUT, JSON, SECOND_HAND),
    NAME("_ct_builder_shortcodes", OXYGEN, LAYOUT, SHORTCODES, SECOND_HAND),
    NAME("_divi_dynamic_assets_cached_feature_used",
         DIVI_5, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_divi_dynamic_assets_cached_modules", DIVI_5, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_divi_dynamic_assets_canvases_used", DIVI_5, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_eael_custom_js", ESSENTIAL_ADDONS, CACHE, TEXT, SOURCE),
    NAME("_eael_widget_elements", ESSENTIAL_ADDONS, CACHE, SERIALIZE, SOURCE),
    NAME("_elementor_conditions", ELEMENTOR_PRO, SETTINGS, SERIALIZE, SECOND_HAND),
    NAME("_elementor_controls_usage", ELEMENTOR, CACHE, SERIALIZE, SOURCE),
    NAME("_elementor_css", ELEMENTOR, CSS, SERIALIZE, SOURCE),
    NAME("_elementor_data", ELEMENTOR, LAYOUT, JSON, SOURCE),
    NAME("_elementor_edit_mode", ELEMENTOR, SETTINGS, TEXT, SOURCE),
    NAME("_elementor_element_cache", ELEMENTOR, CACHE, JSON, SOURCE),
    NAME("_elementor_inline_svg", ELEMENTOR, CACHE, HTML, SOURCE),
    NAME("_elementor_markdown_cache", ELEMENTOR, CACHE, TEXT, SOURCE),
    NAME("_elementor_page_assets", ELEMENTOR, CACHE, SERIALIZE, SOURCE),
    NAME("_elementor_page_settings", ELEMENTOR, SETTINGS, SERIALIZE, SOURCE),
    NAME("_elementor_template_type", ELEMENTOR, SETTINGS, TEXT, SOURCE),
    NAME("_elementor_version", ELEMENTOR, SETTINGS, TEXT, SOURCE),
    NAME("_et_builder_module_features_cache", DIVI, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_et_builder_post_features_cache", DIVI_5, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_et_dynamic_cached_attributes", DIVI, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_et_dynamic_cached_shortcodes", DIVI, CACHE, SERIALIZE, SECOND_HAND),
    NAME("_et_pb_old_content", DIVI, COPY, HTML, ASSUMED),
    NAME("_et_pb_static_css_file", DIVI, SETTINGS, TEXT, SOURCE),
    NAME("_et_pb_use_builder", DIVI, SETTINGS, TEXT, SECOND_HAND),
    NAME("_fl_builder_data", BEAVER, LAYOUT, SERIALIZE, SECOND_HAND),
    NAME("_fl_builder_data_settings", BEAVER, SETTINGS, SERIALIZE, SECOND_HAND),
    NAME("_fl_builder_draft", BEAVER, COPY, SERIALIZE, SECOND_HAND),
    NAME("_fl_builder_draft_settings", BEAVER, COPY, SERIALIZE, SECOND_HAND),
    NAME("_fl_builder_enabled", BEAVER, SETTINGS, TEXT, SECOND_HAND),
    PREFIX("_fl_builder_history", BEAVER, COPY, SERIALIZE, SECOND_HAND),
    NAME("_fusion", AVADA, SETTINGS, SERIALIZE, SECOND_HAND),
    NAME("_generateblocks_dynamic_css_version", GENERATEBLOCKS, SETTINGS, TEXT, SOURCE),
    NAME("_kad_blocks_body_custom_js", KADENCE, SETTINGS, HTML, ASSUMED),
    NAME("_kad_blocks_custom_css", KADENCE, CSS, CSS_TEXT, SOURCE),
    NAME("_kad_blocks_footer_custom_js", KADENCE, SETTINGS, HTML, ASSUMED),
    NAME("_kad_blocks_head_custom_js", KADENCE, SETTINGS, HTML, SOURCE),
    NAME("_oxygen_data", BREAKDANCE, LAYOUT, JSON_IN_JSON, ASSUMED),
    NAME("_themify_builder_settings_json", THEMIFY, LAYOUT, JSON, SOURCE),
    NAME("_uag_css_file_name", SPECTRA, SETTINGS, TEXT, SOURCE),
    NAME("_uag_js_file_name", SPECTRA, SETTINGS, TEXT, SOURCE),
    NAME("_uag_page_assets", SPECTRA, CSS, SERIALIZE, SOURCE),
    NAME("_wpb_post_custom_css", WPBAKERY, CSS, CSS_TEXT, SECOND_HAND),
    NAME("_wpb_shortcodes_custom_css", WPBAKERY, CSS, CSS_TEXT, SECOND_HAND),
    NAME("_wpb_vc_js_status", WPBAKERY, SETTINGS, TEXT, SECOND_HAND),
    NAME("breakdance_css_file_paths_cache", BREAKDANCE, CACHE, JSON, ASSUMED),
    NAME("breakdance_data", BREAKDANCE, LAYOUT, JSON_IN_JSON, SECOND_HAND),
    NAME("breakdance_dependency_cache", BREAKDANCE, CACHE, JSON, ASSUMED),
    NAME("brizy", BRIZY, LAYOUT, BASE64, ASSUMED),
    NAME("brizy-need-compile", BRIZY, SETTINGS, TEXT, SOURCE),
    NAME("brizy-post-editor-version", BRIZY, SETTINGS, TEXT, SOURCE),
    NAME("brizy_post_uid", BRIZY, SETTINGS, TEXT, SOURCE),
    NAME("ct_builder_json", OXYGEN, LAYOUT, JSON, SECOND_HAND),
    NAME("ct_builder_shortcodes", OXYGEN, LAYOUT, SHORTCODES, SECOND_HAND),
    NAME("et_enqueued_post_fonts", DIVI, CACHE, SERIALIZE, SECOND_HAND),
    NAME("panels_data", SITEORIGIN, LAYOUT, SERIALIZE, SOURCE),
    NAME("tcb_editor_enabled", THRIVE, SETTINGS, TEXT, SECOND_HAND),
    PREFIX("tve_custom_css", THRIVE, CSS, CSS_TEXT, SOURCE),
    PREFIX("tve_globals", THRIVE, SETTINGS, SERIALIZE, SECOND_HAND),
    PREFIX("tve_revision_", THRIVE, COPY, HTML, SECOND_HAND),
    PREFIX("tve_save_post", THRIVE, COPY, HTML, SOURCE),
    PREFIX("tve_updated_post", THRIVE, LAYOUT, HTML, SOURCE),
    PREFIX("tve_user_custom_css", THRIVE, CSS, CSS_TEXT, SOURCE),
    NAME("vcv-globalElementsCssData", VISUAL_COMPOSER, CSS, SERIALIZE, ASSUMED),
    NAME("vcv-pageContent", VISUAL_COMPOSER, LAYOUT, JSON_IN_URL, ASSUMED),
    NAME("vcvSettingsSourceCustomCss", VISUAL_COMPOSER, CSS, CSS_TEXT, SECOND_HAND),
    NAME("vcvSourceCss", VISUAL_COMPOSER, CSS, CSS_TEXT, SOURCE),
    NAME("vcvSourceCssFileHash", VISUAL_COMPOSER, SETTINGS, TEXT, SOURCE),
    NAME("vcvSourceCssFileUrl", VISUAL_COMPOSER, SETTINGS, TEXT, SOURCE),
};

/* Transients as the options table has them; Avada keeps a copy of its options for each
 * language. Options pages of ACF are one option a field, and one with an underscore. */
static const struct wpb_builder_name options[] = {
    NAME("_elementor_global_css", ELEMENTOR, CSS, SERIALIZE, SOURCE),
    PREFIX("_options_", ACF, SETTINGS, TEXT, ASSUMED),
    PREFIX("_transient_et_builder_css_", DIVI, CSS, CSS_TEXT, SECOND_HAND),
    PREFIX("_transient_fusion_dynamic_css_", AVADA, CSS, CSS_TEXT, SOURCE),
    NAME("_uagb_allow_file_generation", SPECTRA, SETTINGS, TEXT, SOURCE),
    NAME("bricks_components", BRICKS, SETTINGS, SERIALIZE, ASSUMED),
    NAME("bricks_global_classes", BRICKS, SETTINGS, SERIALIZE, ASSUMED),
    NAME("bricks_global_settings", BRICKS, SETTINGS, SERIALIZE, SOURCE),
    NAME("ct_components_classes", OXYGEN, SETTINGS, SERIALIZE, SECOND_HAND),
    NAME("ct_global_settings", OXYGEN, SETTINGS, SERIALIZE, SECOND_HAND),
    NAME("eael_js_print_method", ESSENTIAL_ADDONS, SETTINGS, TEXT, SOURCE),
    NAME("elementor_active_kit", ELEMENTOR, SETTINGS, TEXT, SOURCE),
    NAME("elementor_css_print_method", ELEMENTOR, SETTINGS, TEXT, SOURCE),
    NAME("elementor_element_cache_ttl", ELEMENTOR, SETTINGS, TEXT, SOURCE),
    NAME("elementor_log", ELEMENTOR, CACHE, SERIALIZE, SOURCE),
    NAME("elementor_pro_theme_builder_conditions",
         ELEMENTOR_PRO, CACHE, SERIALIZE, SECOND_HAND),
    PREFIX("elementor_remote_info_", ELEMENTOR, CACHE, SERIALIZE, SOURCE),
    NAME("et_divi", DIVI, SETTINGS, SERIALIZE, SOURCE),
    NAME("fusion_dynamic_css_ids", AVADA, PER_PAGE, SERIALIZE, SOURCE),
    NAME("fusion_dynamic_css_posts", AVADA, PER_PAGE, SERIALIZE, SOURCE),
    NAME("fusion_dynamic_css_time", AVADA, SETTINGS, TEXT, SOURCE),
    NAME("fusion_options", AVADA, SETTINGS, SERIALIZE, SOURCE),
    PREFIX("fusion_options_", AVADA, SETTINGS, SERIALIZE, ASSUMED),
    NAME("generateblocks", GENERATEBLOCKS, SETTINGS, SERIALIZE, SOURCE),
    NAME("generateblocks_dynamic_css_posts", GENERATEBLOCKS, PER_PAGE, SERIALIZE, SOURCE),
    NAME("generateblocks_dynamic_css_time", GENERATEBLOCKS, SETTINGS, TEXT, SOURCE),
    PREFIX("options_", ACF, SETTINGS, TEXT, ASSUMED),
    NAME("oxygen_vsb_css_files_state", OXYGEN, PER_PAGE, SERIALIZE, SOURCE),
    NAME("oxygen_vsb_universal_css_cache", OXYGEN, SETTINGS, TEXT, SOURCE),
    NAME("oxygen_vsb_universal_css_url", OXYGEN, SETTINGS, TEXT, SOURCE),
    NAME("siteorigin_panels_settings", SITEORIGIN, SETTINGS, SERIALIZE, SOURCE),
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* The last row that is not behind NAME is that name, or the only prefix it can have. */
static const struct wpb_builder_name *find(const struct wpb_builder_name *rows,
                                           size_t count, struct wpb_slice name)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (wpb_slice_compare(rows[middle].name, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct wpb_builder_name *row = &rows[low - 1];
    bool matches = row->is_prefix ? wpb_slice_starts(name, row->name)
                                  : wpb_slice_equal(name, row->name);
    return matches ? row : NULL;
}

const struct wpb_builder_name *wpb_builder_of_meta(struct wpb_slice key)
{
    return find(metas, COUNT(metas), key);
}

const struct wpb_builder_name *wpb_builder_of_option(struct wpb_slice name)
{
    return find(options, COUNT(options), name);
}

const struct wpb_builder_name *wpb_builder_metas(size_t *count)
{
    *count = COUNT(metas);
    return metas;
}

const struct wpb_builder_name *wpb_builder_options(size_t *count)
{
    *count = COUNT(options);
    return options;
}
