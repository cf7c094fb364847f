#include "agent/config/settings.h"

#include <string.h>

#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define DAY 86400.0

#define FILE_SINK (1U << WPB_SINK_FILE)
#define WEBHOOK (1U << WPB_SINK_WEBHOOK)
#define ALERTMANAGER (1U << WPB_SINK_ALERTMANAGER)
#define EVERY_SINK ((1U << WPB_SINK_TYPES) - 1)

const char *const wpb_sink_type_names[] = {"file",    "stdout",       "syslog",
                                           "webhook", "alertmanager", NULL};

static const char *const site_choices[] = {"auto", "none", NULL};
static const char *const budget_choices[] = {"low", "normal", "full", NULL};
static const char *const log_choices[] = {"error", "warning", "info", "debug", NULL};
static const char *const severity_choices[] = {"info", "warning", "critical", NULL};

static const struct wpb_setting agent_settings[] = {
    {.name = "state",
     .type = WPB_SETTING_PATH,
     .fallback = "/var/lib/wpbloat",
     .help = "The folder of the history, of the state of alerts, and of alerts that are "
             "not delivered yet."},
    {.name = "listen",
     .type = WPB_SETTING_LISTEN,
     .fallback = "127.0.0.1:9847",
     .help = "Where /metrics, /healthz and /findings.json are served: ADDRESS:PORT, "
             "[ADDRESS]:PORT for IPv6, unix:/PATH, or none. On an address that other "
             "hosts reach, listen_token_file must be set too."},
    {.name = "listen_token_file",
     .type = WPB_SETTING_SECRET,
     .sample = "/etc/wpbloat/listen.token",
     .help = "The first line of this file is the bearer token that readers must show."},
    {.name = "listen_cert_file",
     .type = WPB_SETTING_FILE,
     .sample = "/etc/wpbloat/listen.pem",
     .help = "The certificate, with those between it and its authority, to serve over "
             "TLS; needs listen_key_file."},
    {.name = "listen_key_file",
     .type = WPB_SETTING_SECRET,
     .sample = "/etc/wpbloat/listen.key",
     .help = "The key of listen_cert_file."},
    {.name = "interval",
     .type = WPB_SETTING_DURATION,
     .min = 1,
     .max = 3600,
     .fallback = "60s",
     .help = "How often each site is looked at; alerts are judged as often."},
    {.name = "request_window",
     .type = WPB_SETTING_DURATION,
     .min = 2,
     .max = 3600,
     .fallback = "60s",
     .help =
         "Requests are counted in windows of this length, which must divide a day and "
         "in none shorter than the interval. Short ones tell more of peaks, and need "
         "more requests."},
    {.name = "sites",
     .type = WPB_SETTING_CHOICE,
     .fallback = "auto",
     .choices = site_choices,
     .help = "auto: every WordPress found on this host, and new ones when they appear. "
             "none: only those that a [site NAME] names."},
    {.name = "paths",
     .type = WPB_SETTING_PATHS,
     .sample = "/opt/sites /mnt/web",
     .help = "Folders to look for sites in, besides /var/www, /srv/www, "
             "/home/*/public_html and /etc/wordpress."},
    {.name = "exclude",
     .type = WPB_SETTING_PATHS,
     .sample = "/var/www/staging",
     .help = "Sites in or below these folders are left alone."},
    {.name = "budget",
     .type = WPB_SETTING_CHOICE,
     .fallback = "low",
     .choices = budget_choices,
     .help = "How hard a server may be pushed; all sites that share one share the "
             "budget. low: at most 2,000 Redis commands a second, spread over the "
             "interval. normal: small batches that slow down when answers do. full: no "
             "pauses."},
    {.name = "host_id",
     .type = WPB_SETTING_TEXT,
     .sample = "web-17",
     .help = "What this host is known by in alerts; part of what makes two of them the "
             "same. Otherwise /etc/machine-id."},
    {.name = "retention",
     .type = WPB_SETTING_DURATION,
     .min = DAY,
     .max = 3650 * DAY,
     .fallback = "90d",
     .help = "How long the history is kept."},
    {.name = "history_max",
     .type = WPB_SETTING_SIZE,
     .min = MIB,
     .max = 64 * GIB,
     .fallback = "64M",
     .help = "How large the history may become; the oldest goes first."},
    {.name = "log_level",
     .type = WPB_SETTING_CHOICE,
     .fallback = "info",
     .choices = log_choices,
     .help = "What is said on standard error, which is the journal's."},
    {.name = "fire_after",
     .type = WPB_SETTING_QUORUM,
     .min = 1,
     .max = 60,
     .fallback = "3/5",
     .help = "An alert fires when a problem was seen in so many of the last so many "
             "looks."},
    {.name = "clear_after",
     .type = WPB_SETTING_QUORUM,
     .min = 1,
     .max = 60,
     .fallback = "5/5",
     .help = "An alert is resolved when its problem was gone, or well below the "
             "threshold, in so many of the last so many looks."},
    {0}};

static const struct wpb_setting site_settings[] = {
    {.name = "path",
     .type = WPB_SETTING_PATH,
     .sample = "/var/www/shop",
     .help = "The folder of its WordPress. A site that is found there anyway gets this "
             "name and these settings."},
    {.name = "owner",
     .type = WPB_SETTING_TEXT,
     .sample = "team-checkout",
     .help = "Who is told: it travels in every alert."},
    {.name = "redis",
     .type = WPB_SETTING_REDIS_URI,
     .sample = "unix:///run/redis/redis.sock?db=1",
     .help =
         "Its Redis, in the place of that in its configuration: "
         "redis://[user@]host[:port][/db], rediss:// for TLS, "
         "unix:///path[?db=N]; redis-sentinel://host[:port],.../NAME[/db] for the master "
         "that sentinels call NAME, redis-cluster://host[:port],... for a cluster. A "
         "password belongs in redis_password_file."},
    {.name = "redis_replica",
     .type = WPB_SETTING_REDIS_URI,
     .sample = "redis://replica.example:6379",
     .help = "Read the keys from this replica of it."},
    {.name = "redis_password_file",
     .type = WPB_SETTING_SECRET,
     .sample = "/etc/wpbloat/redis.password",
     .help = "The first line is the password of its Redis."},
    {.name = "redis_prefix",
     .type = WPB_SETTING_BYTES,
     .sample = "shop:",
     .help = "The literal leading bytes of each of its keys, up to the group. Otherwise "
             "from its configuration, or learnt from the keys."},
    {.name = "mysql",
     .type = WPB_SETTING_MYSQL_URI,
     .sample = "mysql+unix:///run/mysqld/mysqld.sock?db=shop&user=wpbloat",
     .help = "Its database, in the place of that in its configuration: "
             "mysql://[user@]host[:port]/schema, mysqls:// for TLS, or "
             "mysql+unix:///path?db=schema&user=U."},
    {.name = "mysql_replica",
     .type = WPB_SETTING_MYSQL_URI,
     .sample = "mysql://wpbloat@replica.example/shop",
     .help = "Read this replica of the database instead."},
    {.name = "mysql_password_file",
     .type = WPB_SETTING_SECRET,
     .sample = "/etc/wpbloat/mysql.password",
     .help = "The first line is the password of the database's user."},
    {.name = "table_prefix",
     .type = WPB_SETTING_TEXT,
     .sample = "wp_",
     .help = "What the names of its tables begin with; otherwise from its "
             "configuration."},
    {.name = "memory_limit",
     .type = WPB_SETTING_SIZE,
     .min = MIB,
     .max = 1024 * GIB,
     .sample = "256M",
     .help = "PHP's memory_limit, where it cannot be found."},
    {.name = "pool",
     .type = WPB_SETTING_TEXT,
     .sample = "shop",
     .help = "The PHP-FPM pool that runs it, where it is not found or several may."},
    {.name = "pool_file",
     .type = WPB_SETTING_PATH,
     .sample = "/etc/php/8.2/fpm/pool.d/shop.conf",
     .help = "The file that has the section of the pool, or PHP-FPM's main file: where "
             "pools of several versions of PHP have the same name, or their files are "
             "not where distributions keep them."},
    {.name = "fpm_status",
     .type = WPB_SETTING_TEXT,
     .sample = "127.0.0.1:9001",
     .help = "Where the pool's status page is, as pm.status_listen has it: a socket's "
             "path, or an address and a port. Otherwise from the pool's file."},
    {.name = "web_log",
     .type = WPB_SETTING_PATH,
     .sample = "/var/log/nginx/shop.log",
     .help = "The web server's access log. Beside PHP-FPM's it tells how long requests "
             "wait for a worker; alone, what PHP-FPM's would."},
    {.name = "web_log_format",
     .type = WPB_SETTING_TEXT,
     .fallback = "nginx-recommended",
     .help = "How its lines are written: nginx-recommended (see "
             "examples/nginx/wpbloat-log-format.conf among the documents), combined, "
             "or the format itself, as in nginx's log_format or Apache's LogFormat, in "
             "quotes as a whole. It has to tell $upstream_response_time."},
    {.name = "url_path",
     .type = WPB_SETTING_PATH,
     .sample = "/shop",
     .help = "The path of its front page, where that is not the root of its host: what "
             "kinds of pages are told apart by stands behind it."},
    {.name = "routes",
     .type = WPB_SETTING_ROUTES,
     .sample = "produkt=product warenkorb=cart kasse=checkout",
     .help =
         "Which kinds of pages its paths are, where they are not named as WooCommerce "
         "names them: the beginning of a path as it stands in the log, and front_page, "
         "product, cart, checkout, admin_ajax, wc_ajax, rest, cron, login, admin or "
         "other. The first that fits decides, before what is built in."},
    {.name = "interval",
     .type = WPB_SETTING_DURATION,
     .min = 1,
     .max = 3600,
     .sample = "5m",
     .help = "How often this site is looked at; otherwise the agent's interval."},
    {0}};

static const struct wpb_setting rule_settings[] = {
    {.name = "enabled",
     .type = WPB_SETTING_BOOLEAN,
     .fallback = "yes",
     .help = "no: its findings are left out."},
    {.name = "severity_max",
     .type = WPB_SETTING_CHOICE,
     .fallback = "critical",
     .choices = severity_choices,
     .help = "Its findings are never more severe than this."},
    {0}};

static const struct wpb_setting sink_settings[] = {
    {.name = "type",
     .type = WPB_SETTING_CHOICE,
     .choices = wpb_sink_type_names,
     .sinks = EVERY_SINK,
     .sample = "webhook",
     .help = "What it is, when the first word of its name does not say so."},
    {.name = "path",
     .type = WPB_SETTING_PATH,
     .sinks = FILE_SINK,
     .is_required = true,
     .sample = "/var/log/wpbloat/alerts.jsonl",
     .help = "The file to append to, one JSON object a line; opened again on SIGHUP."},
    {.name = "url",
     .type = WPB_SETTING_URL,
     .sinks = WEBHOOK,
     .is_required = true,
     .sample = "https://monitoring.example/hooks/wpbloat",
     .help = "Where each alert is posted. Only its host is ever shown."},
    {.name = "urls",
     .type = WPB_SETTING_URLS,
     .sinks = ALERTMANAGER,
     .is_required = true,
     .sample = "http://am-1:9093 http://am-2:9093",
     .help = "Every peer of the Alertmanager cluster: alerts go to all of them, never "
             "through a load balancer."},
    {.name = "secret_file",
     .type = WPB_SETTING_SECRET,
     .sinks = WEBHOOK,
     .sample = "/etc/wpbloat/webhook.secret",
     .help = "The first line signs what is posted, as Standard Webhooks has it."},
    {.name = "ca_file",
     .type = WPB_SETTING_FILE,
     .sinks = WEBHOOK | ALERTMANAGER,
     .sample = "/etc/wpbloat/ca.pem",
     .help = "The authorities that may certify the receiver, instead of the system's."},
    {.name = "cert_file",
     .type = WPB_SETTING_FILE,
     .sinks = WEBHOOK | ALERTMANAGER,
     .sample = "/etc/wpbloat/client.pem",
     .help = "The certificate to show to the receiver; needs key_file."},
    {.name = "key_file",
     .type = WPB_SETTING_SECRET,
     .sinks = WEBHOOK | ALERTMANAGER,
     .sample = "/etc/wpbloat/client.key",
     .help = "The key of cert_file."},
    {.name = "cloudevents",
     .type = WPB_SETTING_BOOLEAN,
     .fallback = "no",
     .sinks = WEBHOOK,
     .help = "yes: with the headers of a CloudEvent 1.0, in binary mode."},
    {.name = "timeout",
     .type = WPB_SETTING_DURATION,
     .min = 1,
     .max = 60,
     .fallback = "10s",
     .sinks = WEBHOOK | ALERTMANAGER,
     .help = "How long one delivery may take before it is tried again."},
    {.name = "labels",
     .type = WPB_SETTING_LABELS,
     .sinks = ALERTMANAGER,
     .sample = "datacenter=fra1 tier=shop",
     .help =
         "Labels added to each alert, NAME=VALUE; not those that wpbloat sets itself."},
    {.name = "resend",
     .type = WPB_SETTING_DURATION,
     .min = 10,
     .max = 3600,
     .fallback = "60s",
     .sinks = ALERTMANAGER,
     .help = "How often a firing alert is sent again; shorter than Alertmanager's "
             "resolve_timeout."},
    {0}};

static const struct {
    const char *name, *argument, *help;
    const struct wpb_setting *settings;
} kinds[WPB_SECTION_KINDS] = {
    [WPB_SECTION_AGENT] = {"agent", "", "The agent itself.", agent_settings},
    [WPB_SECTION_SITE] =
        {"site", "NAME",
         "One site. It needs a path, or a redis or mysql to look at without one. What is "
         "not said here comes from the site's own configuration. The name has letters, "
         "digits, '.', '_' and '-'; giving or changing it does not make another site of "
         "it.",
         site_settings},
    [WPB_SECTION_RULE] =
        {"rule", "CODE",
         "One rule: whether it counts, and its thresholds. The keys below are those of "
         "every rule; each has options of its own.",
         rule_settings},
    [WPB_SECTION_SINK] =
        {"sink", "NAME",
         "One receiver of alerts. The first word of its name is its type: file, stdout, "
         "syslog, webhook or alertmanager; with more words ([sink webhook pager]) there "
         "may be several of a type.",
         sink_settings},
};

const char *wpb_section_kind_name(enum wpb_section_kind kind)
{
    return kinds[kind].name;
}

const char *wpb_section_argument(enum wpb_section_kind kind)
{
    return kinds[kind].argument;
}

const char *wpb_section_help(enum wpb_section_kind kind)
{
    return kinds[kind].help;
}

const struct wpb_setting *wpb_settings(enum wpb_section_kind kind)
{
    return kinds[kind].settings;
}

const struct wpb_setting *wpb_setting_find(enum wpb_section_kind kind, const char *name)
{
    for (const struct wpb_setting *row = kinds[kind].settings; row->name; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

bool wpb_setting_is_list(const struct wpb_setting *setting)
{
    return setting->type == WPB_SETTING_PATHS || setting->type == WPB_SETTING_URLS ||
           setting->type == WPB_SETTING_LABELS || setting->type == WPB_SETTING_ROUTES;
}

const char *wpb_setting_form(const struct wpb_setting *setting)
{
    static const char *const forms[] = {
        [WPB_SETTING_TEXT] = "a text",
        [WPB_SETTING_BYTES] = "literal bytes",
        [WPB_SETTING_PATH] = "an absolute path",
        [WPB_SETTING_FILE] = "an absolute path, or the name of a credential of the unit",
        [WPB_SETTING_SECRET] =
            "an absolute path, or the name of a credential of the unit",
        [WPB_SETTING_SIZE] = "a size such as 512K, 64M or 2G",
        [WPB_SETTING_DURATION] = "a duration such as 90s, 10m, 6h or 30d",
        [WPB_SETTING_BOOLEAN] = "yes or no",
        [WPB_SETTING_CHOICE] = "one of several words",
        [WPB_SETTING_QUORUM] = "N/OF, such as 3/5",
        [WPB_SETTING_LISTEN] = "ADDRESS:PORT, unix:/PATH or none",
        [WPB_SETTING_REDIS_URI] = "the URI of a Redis",
        [WPB_SETTING_MYSQL_URI] = "the URI of a database",
        [WPB_SETTING_URL] = "an http:// or https:// URL",
        [WPB_SETTING_PATHS] = "absolute paths, separated by spaces",
        [WPB_SETTING_URLS] = "http:// or https:// URLs, separated by spaces",
        [WPB_SETTING_LABELS] = "NAME=VALUE, separated by spaces",
        [WPB_SETTING_ROUTES] = "PATH=CLASS, separated by spaces",
    };

    return forms[setting->type];
}

bool wpb_setting_as_option(const struct wpb_setting *setting, struct wpb_option *option)
{
    *option = (struct wpb_option){
        .name = setting->name, .min = setting->min, .max = setting->max};
    switch (setting->type) {
    case WPB_SETTING_SIZE:
        option->type = WPB_OPTION_BYTES;
        return true;
    case WPB_SETTING_DURATION:
        option->type = WPB_OPTION_DURATION;
        return true;
    default:
        return false;
    }
}
