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

/* A file of the site; a NULL text makes a folder, a %s in a text is the path of
 * the socket. Folders stand before what is in them. */
struct site_file {
    const char *path, *text;
};

#define PLUGIN(title, version)                                                           \
    "<?php\n/**\n * Plugin Name: " title "\n * Version: " version "\n */\n"

static const struct site_file files[] = {
    {"wp-config.php", "<?php\n"
                      "define( 'DB_NAME', 'shop' );\n"
                      "define( 'DB_USER', 'shop' );\n"
                      "define( 'DB_PASSWORD', 'not-used-by-the-demo' );\n"
                      "define( 'DB_HOST', 'localhost' );\n"
                      "\n"
                      "define( 'WP_REDIS_SCHEME', 'unix' );\n"
                      "define( 'WP_REDIS_PATH', '%s' );\n"
                      "define( 'WP_REDIS_DATABASE', 1 );\n"
                      "define( 'WP_REDIS_PREFIX', '" WPB_DEMO_SALT "' );\n"
                      "define( 'WP_MEMORY_LIMIT', '128M' );\n"
                      "\n"
                      "$table_prefix = '" WPB_DEMO_TABLE_PREFIX "';\n"
                      "\n"
                      "if ( ! defined( 'ABSPATH' ) ) {\n"
                      "\tdefine( 'ABSPATH', __DIR__ . '/' );\n"
                      "}\n"
                      "require_once ABSPATH . 'wp-settings.php';\n"},
    {"index.php", "<?php\nrequire __DIR__ . '/wp-blog-header.php';\n"},
    {"wp-load.php", "<?php\nrequire_once __DIR__ . '/wp-config.php';\n"},
    {"wp-settings.php",
     "<?php\n// This shop exists for wpbloat's demo; it serves no page.\n"},
    {"wp-includes", NULL},
    {"wp-includes/version.php", "<?php\n$wp_version = '6.1.9';\n"},
    {"wp-content", NULL},
    {"wp-content/object-cache.php",
     "<?php\n/**\n * Plugin Name: Redis Object Cache Drop-In\n * Version: 2.6.3\n */\n"},
    {"wp-content/plugins", NULL},
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
    {"wp-content/themes", NULL},
    {"wp-content/themes/quayside", NULL},
    {"wp-content/themes/quayside/style.css",
     "/*\nTheme Name: Quayside\nVersion: 3.1\n*/\n"},
    {"wp-content/themes/quayside/functions.php",
     "<?php\n"
     "function quayside_banner( int $category ) {\n"
     "\treturn get_option( 'category_' . $category . '_banner' );\n"
     "}\n"},
    {"wp-content/themes/quayside/index.php", "<?php\nget_header();\nget_footer();\n"},
};

static int write_file(const char *path, const char *text, const char *socket_path,
                      struct wpb_err *err)
{
    const char *place = strstr(text, "%s");
    struct wpb_buf content;
    int result = -1;

    wpb_buf_init(&content, 0);
    if (place) {
        wpb_buf_add(&content, text, (size_t)(place - text));
        wpb_buf_text(&content, socket_path);
        text = place + 2;
    }
    wpb_buf_text(&content, text);
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

int wpb_demo_site_write(const char *path, const char *socket_path, struct wpb_err *err)
{
    char full[PATH_MAX];

    if (mkdir(path, 0700) != 0)
        return wpb_err_errno(err, errno, stage, "%s", path);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int n = snprintf(full, sizeof full, "%s/%s", path, files[i].path);
        if (n < 0 || (size_t)n >= sizeof full)
            return wpb_err_set(err, WPB_E_ARGUMENT, stage, "%s is too long a path", path);
        if (files[i].text) {
            if (write_file(full, files[i].text, socket_path, err) != 0)
                return -1;
        } else if (mkdir(full, 0700) != 0) {
            return wpb_err_errno(err, errno, stage, "%s", full);
        }
    }
    return 0;
}
