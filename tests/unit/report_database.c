/* A site whose database was looked at, too. */
#include "report_builder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCOPE WPB_SLICE("mysql+unix:///run/mysqld/mysqld.sock?db=shop")
#define HOME "shop", SCOPE

static const struct wpb_database_row databases[] = {
    {HOME, WPB_SLICE("10.11.6-MariaDB-0+deb12u1"), true, 12, 1342177280, 141557760, true,
     612, 41943040},
};

static const struct wpb_table_row tables[] = {
    {HOME, WPB_SLICE("wp_postmeta"), WPB_SLICE("InnoDB"), true, 1004312, 1278000000,
     121000000, true, true, 61200, false, 0, 0},
    {HOME, WPB_SLICE("wp_options"), WPB_SLICE("InnoDB"), true, 701, 43000000, 229376,
     false, false, 0, false, 0, 0},
    {HOME, WPB_SLICE("wp_posts"), WPB_SLICE("MyISAM"), true, 8122, 21000000, 4000000,
     false, false, 0, false, 0, 0},
    {HOME, WPB_SLICE("wp_wc_product_meta_lookup"), WPB_SLICE("InnoDB"), true, 1802,
     1589248, 98304, false, false, 0, true, 1802, 2400},
    {HOME, WPB_SLICE("wp_report"), WPB_SLICE("VIEW"), false, 0, 0, 0, false, false, 0,
     false, 0, 0},
};

static const struct wpb_option_row options[] = {
    {HOME, WPB_SLICE("kestrel_pricing_matrix"), 23068672, true, true},
    {HOME, WPB_SLICE("harbour_import_log"), 9437184, true, false},
    {HOME, WPB_SLICE("petrel_of_jane.doe@example.test"), 5120, false, false},
    {HOME, WPB_SLICE("too_small_to_tell"), 512, true, true},
};

static const struct wpb_meta_key_row meta_keys[] = {
    {HOME, WPB_SLICE("_elementor_data"), WPB_SLICE("elementor"), WPB_SLICE("layout"),
     true, 9981, true, 365000000, WPB_SAMPLED, true, 311000000, 431000000},
    {HOME, WPB_SLICE("_elementor_css"), WPB_SLICE("elementor"), WPB_SLICE("css"), true,
     311, true, 2400000, WPB_EXACT, false, 0, 0},
    {HOME, WPB_SLICE("_fl_builder_data_settings_of_a_long_name"),
     WPB_SLICE("beaver-builder"), WPB_SLICE("settings"), true, 4, false, 0, WPB_EXACT,
     false, 0, 0},
};

static const struct wpb_post_row posts[] = {
    {HOME, WPB_SLICE("1841"), WPB_SLICE("page"), WPB_SLICE("publish"),
     WPB_SLICE("/collections/linen-and-oak/spring"), WPB_SLICE("_elementor_css"), true,
     4412331, true, 4412601},
    {HOME, WPB_SLICE("90233"), WPB_SLICE("revision"), WPB_SLICE("inherit"), WPB_SLICE(""),
     WPB_SLICE("_elementor_data"), true, 1800000, false, 0},
};

static const struct wpb_coverage coverage[] = {
    {"redis.keyspace",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "keys",
     21488,
     21488,
     {.commands = 43000, .bytes_sent = 6100000, .bytes_received = 2900000},
     NULL},
    {"mysql.server",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "tables",
     12,
     12,
     {.commands = 19, .rows = 31, .pages = 12},
     NULL},
    {"mysql.autoload",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "options",
     701,
     701,
     {.commands = 12, .rows = 991, .pages = 761},
     NULL},
    {"mysql.postmeta",
     "shop",
     WPB_COVERAGE_UNAVAILABLE,
     "mysql+unix:///run/mysqld/mysqld.sock?db=shop: SELECT command denied to user "
     "'wpbloat'@'localhost' for table `shop`.`wp_postmeta`; see packaging/grants.sql",
     "rows",
     0,
     0,
     {.commands = 1},
     NULL},
};

static struct wpb_site site;
static const struct wpb_site *const sites[] = {&site};

const struct wpb_report *report_database(void)
{
    static struct wpb_report report;

    site = *report_healthy()->sites[0];
    site.has_mysql = true;
    site.mysql = (struct wpb_mysql_address){.host = "",
                                            .path = "/run/mysqld/mysqld.sock",
                                            .schema = "shop",
                                            .user = "wpbloat",
                                            .password = "a secret that no output shows"};
    report = *report_healthy();
    report.sites = sites;
    report.coverage = coverage;
    report.coverage_count = COUNT(coverage);
    report.database = (struct wpb_database_report){
        databases,      COUNT(databases), tables,           COUNT(tables), options,
        COUNT(options), meta_keys,        COUNT(meta_keys), posts,         COUNT(posts)};
    return &report;
}

const struct wpb_report *report_database_alone(void)
{
    static const struct wpb_coverage statements[] = {
        {"mysql.server",
         "mysql",
         WPB_COVERAGE_OK,
         "",
         "tables",
         12,
         12,
         {.commands = 31, .rows = 1022},
         NULL},
    };
    static struct wpb_report report;

    report = *report_database();
    site.name = "mysql";
    site.path = site.wp_version = site.flavour_version = site.flavour_note = "";
    site.flavour = WPB_FLAVOUR_UNKNOWN;
    site.has_redis = site.has_key_prefix = false;
    report.coverage = statements;
    report.coverage_count = COUNT(statements);
    report.key_count = report.group_count = report.server_count = 0;
    report.database = (struct wpb_database_report){0};
    return &report;
}
