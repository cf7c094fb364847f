#include "agent/command/demo_site.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/command/demo_incident.h"

static const char stage[] = "demo";

/* A file of a site; a NULL text makes a folder. In a text {redis} and {mariadb} are the
 * paths of the sockets. Folders stand before what is in them; a NULL path ends it. */
struct site_file {
    const char *path, *text;
};

#define PLUGIN(title, version)                                                           \
    "<?php\n/**\n * Plugin Name: " title "\n * Version: " version "\n */\n"

#define DATABASE(schema)                                                                 \
    "<?php\n"                                                                            \
    "define( 'DB_NAME', '" schema "' );\n"                                               \
    "define( 'DB_USER', '" schema "' );\n"                                               \
    "define( 'DB_PASSWORD', 'not-used-by-the-demo' );\n"                                 \
    "define( 'DB_HOST', 'localhost:{mariadb}' );\n"                                      \
    "define( 'DB_CHARSET', 'utf8mb4' );\n"                                               \
    "\n"

#define REDIS(database, salt)                                                            \
    "define( 'WP_REDIS_SCHEME', 'unix' );\n"                                             \
    "define( 'WP_REDIS_PATH', '{redis}' );\n"                                            \
    "define( 'WP_REDIS_DATABASE', " database " );\n"                                     \
    "define( 'WP_REDIS_PREFIX', '" salt "' );\n"

#define THE_END(prefix)                                                                  \
    "\n$table_prefix = '" prefix "';\n"                                                  \
    "\n"                                                                                 \
    "if ( ! defined( 'ABSPATH' ) ) {\n"                                                  \
    "\tdefine( 'ABSPATH', __DIR__ . '/' );\n"                                            \
    "}\n"                                                                                \
    "require_once ABSPATH . 'wp-settings.php';\n"

#define DROP_IN                                                                          \
    "<?php\n/**\n * Plugin Name: Redis Object Cache Drop-In\n * Version: 2.6.3\n */\n"

/* What every WordPress has, as far as it can be seen from outside PHP. */
static const struct site_file wordpress[] = {
    {"index.php", "<?php\nrequire __DIR__ . '/wp-blog-header.php';\n"},
    {"wp-load.php", "<?php\nrequire_once __DIR__ . '/wp-config.php';\n"},
    {"wp-settings.php",
     "<?php\n// This site exists for wpbloat's demo; it serves no page.\n"},
    {"wp-includes", NULL},
    {"wp-includes/version.php", "<?php\n$wp_version = '6.1.9';\n"},
    {"wp-content", NULL},
    {"wp-content/plugins", NULL},
    {"wp-content/themes", NULL},
    {NULL, NULL},
};

static const struct site_file shop[] = {
    {"wp-config.php",
     DATABASE("shop")
         REDIS("1", WPB_DEMO_SALT) "define( 'WP_MEMORY_LIMIT', '128M' );\n" THE_END(
             WPB_DEMO_TABLE_PREFIX)},
    {"wp-content/object-cache.php", DROP_IN},
    {"wp-content/plugins/kestrel-pricing", NULL},
    {"wp-content/plugins/kestrel-pricing/kestrel-pricing.php",
     PLUGIN("Kestrel Pricing",
            "2.4.1") "require __DIR__ . '/includes/class-tariff.php';\n"},
    {"wp-content/plugins/kestrel-pricing/includes", NULL},
    {"wp-content/plugins/kestrel-pricing/includes/class-tariff.php",
     "<?php\n"
     "class Kestrel_Tariff {\n"
     "\tpublic static function for_basket( array $lines, string $zone ): ?array {\n"
     "\t\t// A tariff of one's own for each basket; most baskets have none.\n"
     "\t\t$tariff = get_option( 'kestrel_tariff_v2_' . md5( $zone . wp_json_encode( "
     "$lines ) ) );\n"
     "\t\treturn is_array( $tariff ) ? $tariff : null;\n"
     "\t}\n"
     "}\n"},
    {"wp-content/plugins/harbour-facets", NULL},
    {"wp-content/plugins/harbour-facets/harbour-facets.php",
     PLUGIN("Harbour Facets", "5.0.2") "\n"
                                       "function harbour_facets_terms( int $term_id ) {\n"
                                       "\treturn get_option( 'harbour_facet_terms_' . "
                                       "$term_id, array() );\n"
                                       "}\n"},
    {"wp-content/plugins/lumen-seo", NULL},
    {"wp-content/plugins/lumen-seo/lumen-seo.php",
     PLUGIN("Lumen SEO", "1.18") "\n"
                                 "function lumen_seo_crawl( DateTimeInterface $day ) {\n"
                                 "\treturn get_option( \"lumen_seo_crawl_{$day->format( "
                                 "'Y-m-d' )}\" );\n"
                                 "}\n"},
    {"wp-content/plugins/petrel-loyalty", NULL},
    {"wp-content/plugins/petrel-loyalty/petrel-loyalty.php",
     PLUGIN("Petrel Loyalty", "0.9.7") "\n"
                                       "function petrel_stamps( WP_User $buyer ): int {\n"
                                       "\treturn (int) get_option( 'petrel_stamps_' . "
                                       "$buyer->user_email, 0 );\n"
                                       "}\n"},
    {"wp-content/themes/quayside", NULL},
    {"wp-content/themes/quayside/style.css",
     "/*\nTheme Name: Quayside\nVersion: 3.1\n*/\n"},
    {"wp-content/themes/quayside/functions.php",
     "<?php\n"
     "function quayside_banner( int $category ) {\n"
     "\treturn get_option( 'category_' . $category . '_banner' );\n"
     "}\n"},
    {"wp-content/themes/quayside/index.php", "<?php\nget_header();\nget_footer();\n"},
    {NULL, NULL},
};

static const struct site_file atelier[] = {
    {"wp-config.php",
     DATABASE("atelier")
         REDIS("2", "atelier_") "\n// 128M until the lookbook of this "
                                "spring.\n"
                                "define( 'WP_MEMORY_LIMIT', '512M' );\n" THE_END("at_")},
    {"wp-content/object-cache.php", DROP_IN},
    {"wp-content/plugins/elementor", NULL},
    {"wp-content/plugins/elementor/elementor.php", PLUGIN("Elementor", "3.21.2")},
    {NULL, NULL},
};

static const struct site_file club[] = {
    {"wp-config.php", DATABASE("club") THE_END("kl_")},
    {"wp-content/plugins/tern-catalogue", NULL},
    {"wp-content/plugins/tern-catalogue/tern-catalogue.php",
     PLUGIN("Tern Catalogue", "1.9") "\n"
                                     "function tern_catalogue(): array {\n"
                                     "\treturn get_option( 'tern_catalogue_index', "
                                     "array() );\n"
                                     "}\n"},
    {"wp-content/plugins/harbour-forms", NULL},
    {"wp-content/plugins/harbour-forms/harbour-forms.php",
     PLUGIN("Harbour Forms", "4.2.0") "\n"
                                      "function harbour_forms_entry( int $id ) {\n"
                                      "\treturn get_option( 'harbour_forms_entry_' . "
                                      "$id );\n"
                                      "}\n"},
    {"wp-content/plugins/lumen-seo", NULL},
    {"wp-content/plugins/lumen-seo/lumen-seo.php",
     PLUGIN("Lumen SEO", "1.18") "\n"
                                 "function lumen_seo_redirects( int $chunk ) {\n"
                                 "\treturn get_option( 'lumen_seo_redirects_' . $chunk "
                                 ");\n"
                                 "}\n"},
    {NULL, NULL},
};

static const struct site_file *const sites[] = {
    [WPB_DEMO_SHOP] = shop,
    [WPB_DEMO_ATELIER] = atelier,
    [WPB_DEMO_CLUB] = club,
};

/* TEXT with the sockets' paths in their places. */
static void fill_in(const char *text, const struct wpb_demo_sockets *sockets,
                    struct wpb_buf *content)
{
    while (*text) {
        size_t literal = strcspn(text, "{");
        wpb_buf_add(content, text, literal);
        text += literal;
        if (strncmp(text, "{redis}", 7) == 0) {
            wpb_buf_text(content, sockets->redis);
            text += 7;
        } else if (strncmp(text, "{mariadb}", 9) == 0) {
            wpb_buf_text(content, sockets->mariadb);
            text += 9;
        } else if (*text) {
            wpb_buf_char(content, *text++);
        }
    }
}

static int write_file(const char *path, const char *text,
                      const struct wpb_demo_sockets *sockets, struct wpb_err *err)
{
    struct wpb_buf content;
    int result = -1;

    wpb_buf_init(&content, 0);
    fill_in(text, sockets, &content);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)wpb_err_errno(err, errno, stage, "%s", path);
        goto out_content;
    }
    ssize_t written = write(fd, content.data, content.len);
    if (wpb_buf_failed(&content) || written != (ssize_t)content.len)
        (void)wpb_err_errno(err, written < 0 ? errno : ENOSPC, stage, "%s", path);
    else
        result = 0;
    close(fd);
out_content:
    wpb_buf_fini(&content);
    return result;
}

static int write_files(const char *folder, const struct site_file *files,
                       const struct wpb_demo_sockets *sockets, struct wpb_err *err)
{
    char path[PATH_MAX];

    for (; files->path; files++) {
        int n = snprintf(path, sizeof path, "%s/%s", folder, files->path);
        if (n < 0 || (size_t)n >= sizeof path)
            return wpb_err_set(err, WPB_E_ARGUMENT, stage, "%s is too long a path",
                               folder);
        if (files->text) {
            if (write_file(path, files->text, sockets, err) != 0)
                return -1;
        } else if (mkdir(path, 0700) != 0) {
            return wpb_err_errno(err, errno, stage, "%s", path);
        }
    }
    return 0;
}

int wpb_demo_site_write(enum wpb_demo_site site, const char *folder,
                        const struct wpb_demo_sockets *sockets, struct wpb_err *err)
{
    if (mkdir(folder, 0700) != 0)
        return wpb_err_errno(err, errno, stage, "%s", folder);
    if (write_files(folder, wordpress, sockets, err) != 0)
        return -1;
    return write_files(folder, sites[site], sockets, err);
}
