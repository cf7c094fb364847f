#include "probes/mysql/owner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Options and transients of WordPress itself, up to 6.9, in byte order. */
static const char *const core_names[] = {
    "WPLANG",
    "_split_terms",
    "active_plugins",
    "admin_email",
    "admin_email_lifespan",
    "adminhash",
    "advanced_edit",
    "allowedthemes",
    "auth_key",
    "auth_salt",
    "auto_core_update_failed",
    "auto_core_update_notified",
    "auto_plugin_theme_update_emails",
    "auto_update_core_dev",
    "auto_update_core_major",
    "auto_update_core_minor",
    "auto_update_plugins",
    "auto_update_themes",
    "auto_updater.lock",
    "available_translations",
    "avatar_default",
    "avatar_rating",
    "blacklist_keys",
    "blog_charset",
    "blog_public",
    "blog_upload_space",
    "blogdescription",
    "bloginfo",
    "blogname",
    "can_compress_scripts",
    "category_base",
    "category_children",
    "close_comments_days_old",
    "close_comments_for_old_posts",
    "comment_max_links",
    "comment_moderation",
    "comment_order",
    "comment_previously_approved",
    "comment_registration",
    "comment_whitelist",
    "comments_notify",
    "comments_per_page",
    "core_updater.lock",
    "cron",
    "current_theme",
    "customize_stashed_theme_mods",
    "dashboard_widget_options",
    "date_format",
    "db_upgraded",
    "db_version",
    "default_category",
    "default_comment_status",
    "default_comments_page",
    "default_email_category",
    "default_link_category",
    "default_ping_status",
    "default_pingback_flag",
    "default_post_format",
    "default_role",
    "dirsize_cache",
    "disallowed_keys",
    "dismissed_update_core",
    "doing_cron",
    "embed_autourls",
    "embed_size_h",
    "embed_size_w",
    "enable_app",
    "enable_xmlrpc",
    "fileupload_maxk",
    "fileupload_url",
    "finished_splitting_shared_terms",
    "finished_updating_comment_type",
    "fresh_site",
    "ftp_credentials",
    "global_styles",
    "global_styles_svg_filters",
    "gmt_offset",
    "gzipcompression",
    "hack_file",
    "health-check-site-status-result",
    "home",
    "html_type",
    "https_detection_errors",
    "https_migration_required",
    "image_default_align",
    "image_default_link_type",
    "image_default_size",
    "initial_db_version",
    "is_multi_author",
    "large_size",
    "large_size_h",
    "large_size_w",
    "link_manager_enabled",
    "links_recently_updated_time",
    "links_updated_date_format",
    "logged_in_key",
    "logged_in_salt",
    "mailserver_login",
    "mailserver_pass",
    "mailserver_port",
    "mailserver_url",
    "medium_large_size_h",
    "medium_large_size_w",
    "medium_size_h",
    "medium_size_w",
    "moderation_keys",
    "moderation_notify",
    "ms_files_rewriting",
    "nav_menu_options",
    "new_admin_email",
    "nonce_key",
    "nonce_salt",
    "page_comments",
    "page_for_posts",
    "page_on_front",
    "permalink_structure",
    "ping_sites",
    "plugin_slugs",
    "post_count",
    "posts_per_page",
    "posts_per_rss",
    "recently_activated",
    "recently_edited",
    "recovery_keys",
    "recovery_mode_email_last_sent",
    "require_name_email",
    "rewrite_rules",
    "rss_use_excerpt",
    "secret",
    "secure_auth_key",
    "secure_auth_salt",
    "settings_errors",
    "show_avatars",
    "show_comments_cookies_opt_in",
    "show_on_front",
    "sidebars_widgets",
    "site_icon",
    "site_logo",
    "siteurl",
    "start_of_week",
    "sticky_posts",
    "stylesheet",
    "stylesheet_root",
    "tag_base",
    "template",
    "template_root",
    "theme_roots",
    "theme_switched",
    "theme_switched_via_customizer",
    "thread_comments",
    "thread_comments_depth",
    "thumbnail_crop",
    "thumbnail_size_h",
    "thumbnail_size_w",
    "time_format",
    "timezone_string",
    "uninstall_plugins",
    "update_core",
    "update_plugins",
    "update_themes",
    "upload_path",
    "upload_space_check_disabled",
    "upload_url_path",
    "uploads_use_yearmonth_folders",
    "use_balanceTags",
    "use_smilies",
    "use_trackback",
    "user_count",
    "user_roles",
    "users_can_register",
    "widget_archives",
    "widget_block",
    "widget_calendar",
    "widget_categories",
    "widget_custom_html",
    "widget_links",
    "widget_media_audio",
    "widget_media_gallery",
    "widget_media_image",
    "widget_media_video",
    "widget_meta",
    "widget_nav_menu",
    "widget_pages",
    "widget_recent-comments",
    "widget_recent-posts",
    "widget_rss",
    "widget_search",
    "widget_tag_cloud",
    "widget_text",
    "wordpress_credits",
    "wp_attachment_pages_enabled",
    "wp_core_block_css_files",
    "wp_force_deactivated_plugins",
    "wp_notes_notify",
    "wp_page_for_privacy_policy",
    "wp_remote_block_patterns",
    "wp_styles_for_blocks",
    "wp_theme_files_patterns",
    "wpmu_upgrade_site",
};

/* What follows differs from site to site. */
static const char *const core_prefixes[] = {
    "browser_",
    "community-events-",
    "dash_v2_",
    "feed_",
    "php_check_",
    "timeout_feed_",
    "wp_remote_block_patterns_",
    "wp_theme_files_patterns-",
};

/* Words that are known for a folder and not its name. */
static const struct alias {
    const char *prefix, *folder;
    bool is_theme;
} aliases[] = {
    {"acf_", "advanced-custom-fields", false},
    {"acf_", "advanced-custom-fields-pro", false},
    {"action_scheduler_", "woocommerce", false},
    {"aioseo", "all-in-one-seo-pack", false},
    {"avada_", "Avada", true},
    {"ct_", "oxygen", false},
    {"et_", "Divi", true},
    {"fl_builder", "beaver-builder-lite-version", false},
    {"fl_builder", "bb-plugin", false},
    {"fusion_", "Avada", true},
    {"generate_", "generatepress", true},
    {"gform_", "gravityforms", false},
    {"googlesitekit", "google-site-kit", false},
    {"icl_", "sitepress-multilingual-cms", false},
    {"itsec", "better-wp-security", false},
    {"monsterinsights", "google-analytics-for-wordpress", false},
    {"nf_", "ninja-forms", false},
    {"oxygen_", "oxygen", false},
    {"rank_math", "seo-by-rank-math", false},
    {"rank-math", "seo-by-rank-math", false},
    {"rg_", "gravityforms", false},
    {"rocket_", "wp-rocket", false},
    {"schema-ActionScheduler", "woocommerce", false},
    {"uagb_", "ultimate-addons-for-gutenberg", false},
    {"updraft", "updraftplus", false},
    {"vc_", "js_composer", false},
    {"w3tc_", "w3-total-cache", false},
    {"wc_", "woocommerce", false},
    {"wp_rocket", "wp-rocket", false},
    {"wpb_js_", "js_composer", false},
    {"wpcf7", "contact-form-7", false},
    {"wpforms", "wpforms", false},
    {"wpforms", "wpforms-lite", false},
    {"wpml_", "sitepress-multilingual-cms", false},
    {"wpseo", "wordpress-seo", false},
    {"yoast_", "wordpress-seo", false},
};

static int by_name(const void *key, const void *row)
{
    return wpb_slice_compare(*(const struct wpb_slice *)key,
                             wpb_slice_cstr(*(const char *const *)row));
}

static bool is_core(struct wpb_slice name, struct wpb_slice prefix)
{
    if (bsearch(&name, core_names, sizeof(core_names) / sizeof(core_names[0]),
                sizeof(core_names[0]), by_name))
        return true;
    for (size_t i = 0; i < sizeof(core_prefixes) / sizeof(core_prefixes[0]); i++) {
        if (wpb_slice_starts(name, wpb_slice_cstr(core_prefixes[i])))
            return true;
    }
    return prefix.len && wpb_slice_starts(name, prefix) &&
           wpb_slice_is(wpb_slice_skip(name, prefix.len), "user_roles");
}

/* The name of a transient is the option's without what WordPress puts before it. */
static struct wpb_slice without_transient(struct wpb_slice name)
{
    static const char *const leads[] = {"_site_transient_timeout_", "_transient_timeout_",
                                        "_site_transient_", "_transient_"};

    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (wpb_slice_starts(name, wpb_slice_cstr(leads[i])))
            return wpb_slice_skip(name, strlen(leads[i]));
    }
    return name;
}

static char folded(char byte)
{
    return byte == '-' || byte == '.' ? '_' : (char)tolower((unsigned char)byte);
}

/* Does NAME begin with the word FOLDER, whatever joins its parts? */
static bool begins_with(struct wpb_slice name, const char *folder)
{
    size_t len = strlen(folder);

    if (len == 0 || name.len < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (folded(name.data[i]) != folded(folder[i]))
            return false;
    }
    return name.len == len || !isalnum((unsigned char)name.data[len]);
}

struct match {
    struct wpb_owner owner;
    size_t len;
};

static void take_longer(struct match *match, enum wpb_owner_kind kind, const char *folder,
                        size_t len)
{
    if (len <= match->len)
        return;
    match->len = len;
    match->owner = (struct wpb_owner){kind, wpb_slice_cstr(folder)};
}

static void match_folders(struct match *match, struct wpb_slice name,
                          enum wpb_owner_kind kind, const char *const *folders,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (begins_with(name, folders[i]))
            take_longer(match, kind, folders[i], strlen(folders[i]));
    }
}

static const char *find(const char *const *folders, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(folders[i], name) == 0)
            return folders[i];
    }
    return NULL;
}

static void match_aliases(struct match *match, struct wpb_slice name,
                          const struct wpb_owner_folders *folders)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        const struct alias *alias = &aliases[i];
        const char *folder;

        if (!wpb_slice_starts(name, wpb_slice_cstr(alias->prefix)))
            continue;
        folder = alias->is_theme
                     ? find(folders->themes, folders->theme_count, alias->folder)
                     : find(folders->plugins, folders->plugin_count, alias->folder);
        if (folder)
            take_longer(match, alias->is_theme ? WPB_OWNER_THEME : WPB_OWNER_PLUGIN,
                        folder, strlen(alias->prefix));
    }
}

static struct wpb_slice first_word(struct wpb_slice name)
{
    size_t len = 0;

    while (len < name.len && (isalnum((unsigned char)name.data[len]) ||
                              (unsigned char)name.data[len] >= 0x80))
        len++;
    return wpb_slice_head(name, len ? len : name.len);
}

struct wpb_owner wpb_owner_of(struct wpb_slice option, struct wpb_slice prefix,
                              const struct wpb_owner_folders *folders)
{
    static const struct wpb_slice mods = WPB_SLICE("theme_mods_");
    static const struct wpb_slice widget = WPB_SLICE("widget_");
    struct wpb_slice name = without_transient(option);
    struct match match = {.len = 0};

    if (is_core(name, prefix))
        return (struct wpb_owner){WPB_OWNER_CORE, wpb_slice_cstr("core")};
    if (wpb_slice_starts(name, mods))
        return (struct wpb_owner){WPB_OWNER_THEME, wpb_slice_skip(name, mods.len)};
    if (wpb_slice_starts(name, widget))
        name = wpb_slice_skip(name, widget.len);
    while (name.len > 1 && name.data[0] == '_')
        name = wpb_slice_skip(name, 1);
    match_folders(&match, name, WPB_OWNER_THEME, folders->themes, folders->theme_count);
    match_folders(&match, name, WPB_OWNER_PLUGIN, folders->plugins,
                  folders->plugin_count);
    match_aliases(&match, name, folders);
    if (match.len)
        return match.owner;
    return (struct wpb_owner){WPB_OWNER_PREFIX, first_word(name)};
}
