/*
 * report_database.h - what a report lists of the sites' databases.
 *
 * Rows of report.h, borrowed as it says there. A `has_` that is false: nobody has
 * measured it, or could not.
 */
#ifndef WPBLOAT_REPORT_DATABASE_H
#define WPBLOAT_REPORT_DATABASE_H

#include "wpbloat/sample.h"

/* A row of the "mysql_databases" table: a site's schema as a whole. */
struct wpb_database_row {
    const char *site;
    struct wpb_slice scope; /* URI with schema */
    struct wpb_slice version;
    bool has_tables; /* the next three are meaningful */
    uint64_t tables, data_bytes, index_bytes;
    bool has_autoload;
    uint64_t autoload_options, autoload_bytes;
};

/* A row of the "mysql_tables" table: largest tables on disk. */
struct wpb_table_row {
    const char *site;
    struct wpb_slice scope, table, engine;
    bool has_rows;
    uint64_t rows; /* the server's guess */
    uint64_t data_bytes, index_bytes;
    bool has_orphans, are_orphans_sampled; /* of postmeta */
    uint64_t orphan_rows;                  /* meta of posts that are gone */
    bool has_products; /* of WooCommerce's lookup table, then with its exact rows */
    uint64_t lookup_rows, products;
};

/* A row of the "options" table: largest options. */
struct wpb_option_row {
    const char *site;
    struct wpb_slice scope, option;
    uint64_t row_bytes;
    bool has_autoloaded, is_autoloaded;
};

/* A row of the "meta_keys" table: known keys of post meta. */
struct wpb_meta_key_row {
    const char *site;
    struct wpb_slice scope, meta_key, builder, role;
    bool has_rows;
    uint64_t rows;
    bool has_bytes; /* row_bytes, and how it is known */
    uint64_t row_bytes;
    enum wpb_provenance provenance;
    bool has_interval;
    uint64_t row_bytes_low, row_bytes_high;
};

/* A row of the "posts" table: posts whose meta is heaviest. */
struct wpb_post_row {
    const char *site;
    struct wpb_slice scope, post_id, type, status, path, largest_meta_key;
    bool has_row_bytes;
    uint64_t row_bytes; /* all its meta */
    bool has_entry_bytes;
    uint64_t entry_bytes; /* of the cache entry that carries it */
};

struct wpb_database_report {
    const struct wpb_database_row *databases;
    size_t database_count;
    const struct wpb_table_row *tables;
    size_t table_count;
    const struct wpb_option_row *options;
    size_t option_count;
    const struct wpb_meta_key_row *meta_keys;
    size_t meta_key_count;
    const struct wpb_post_row *posts;
    size_t post_count;
};

#endif
