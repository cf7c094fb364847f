/* Two sites on one Redis, one of them with more groups than a reader takes in, the other
 * known by the shape of its keys alone. */
#include "report_builder.h"

#define SCOPE WPB_SLICE("unix:///run/redis.sock?db=1")
#define GROUPS 14

static const char *const of_code[] = {
    "WordPress's own dashboard feeds, in a must-use plugin:",
    "add_action( 'wp_dashboard_setup', fn() =>",
    "    remove_meta_box( 'dashboard_primary', 'dashboard', 'side' ) );", NULL};

static struct wpb_site sites[2];
static const struct wpb_site *const list[] = {&sites[0], &sites[1]};
static const struct wpb_site *const others[] = {&sites[1]};
static struct wpb_finding findings[2];
static struct wpb_group_row groups[GROUPS + 1];
static struct wpb_server_row servers[2];

static void make_groups(void)
{
    static const char *const names[GROUPS] = {
        "posts", "post_meta", "terms",        "options",    "users",
        "plugs", "user_meta", "userlogins",   "useremail",  "site-options",
        "rss",   "comment",   "comment_meta", "product_<n>"};

    for (size_t i = 0; i < GROUPS; i++)
        groups[i + 1] = (struct wpb_group_row){.site = "shop",
                                               .scope = SCOPE,
                                               .group = wpb_slice_cstr(names[i]),
                                               .keys = 100 - i,
                                               .memory_bytes = (100 - i) * 1000,
                                               .ttlless_keys = i,
                                               .ttlless_bytes = i * 100,
                                               .provenance = WPB_EXACT};
    groups[0] = (struct wpb_group_row){.site = "shop",
                                       .scope = SCOPE,
                                       .group = WPB_SLICE(WPB_GROUP_FOREIGN),
                                       .keys = 5000,
                                       .memory_bytes = 9000000,
                                       .ttlless_keys = 4000,
                                       .ttlless_bytes = 8000000,
                                       .provenance = WPB_EXACT};
}

const struct wpb_report *report_shared(void)
{
    static struct wpb_report report;

    sites[0] = *report_healthy()->sites[0];
    sites[1] = sites[0];
    sites[1].name = "redis";
    sites[1].owner = sites[1].path = sites[1].wp_version = sites[1].flavour_version = "";
    sites[1].flavour = WPB_FLAVOUR_WP_REDIS;
    sites[1].flavour_note = "read by shape";
    sites[1].shape_votes = "212 keys vote wp-redis, 3 redis-cache";
    findings[0] = report_incident()->findings[1];
    findings[0].site = &sites[0];
    findings[0].other_sites = others;
    findings[0].other_site_count = 1;
    findings[1] = report_incident()->findings[2];
    findings[1].site = &sites[0];
    findings[1].remedy.for_good = of_code;
    make_groups();
    for (size_t i = 0; i < 2; i++) {
        servers[i] = report_incident()->servers[0];
        servers[i].site = sites[i].name;
    }
    report = *report_healthy();
    report.sites = list;
    report.site_count = 2;
    report.findings = findings;
    report.finding_count = 2;
    report.groups = groups;
    report.group_count = GROUPS + 1;
    report.servers = servers;
    report.server_count = 2;
    return &report;
}
