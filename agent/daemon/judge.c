#include "agent/daemon/judge.h"

#include <stdlib.h>
#include <string.h>

#include "agent/alert/host_id.h"
#include "agent/base/log.h"

/* The other thresholds: below them a problem counts as gone (design of the alerts). */
#define RELAXED 0.9

struct wpb_judge {
    struct wpb_judge_options options;
    struct wpb_alert_origin origin;
    struct wpb_ulid_source ids;
    struct wpb_alert_book *book;
    const struct wpb_conf *config;
    struct wpb_rule_values *values, *relaxed;
    struct wpb_alert_settings settings;
    struct wpb_buf host_id;
    uint64_t evaluations;

    /* Of the evaluation under way: */
    struct wpb_fleet *fleet;
    const struct wpb_looks *looks;
    int64_t now_ms;
};

struct wpb_judge *wpb_judge_new(const struct wpb_judge_options *options,
                                struct wpb_err *err)
{
    struct wpb_judge *judge = calloc(1, sizeof(*judge));

    if (judge)
        judge->book = wpb_alert_book_new();
    if (!judge || !judge->book) {
        free(judge);
        wpb_err_set(err, WPB_E_MEMORY, "alerts", "no memory for the alerts");
        return NULL;
    }
    judge->options = *options;
    judge->origin = (struct wpb_alert_origin){.host = options->host,
                                              .version = options->version,
                                              .instance = options->instance};
    wpb_buf_init(&judge->host_id, 0);
    if (wpb_ulid_seed(&judge->ids, err)) {
        wpb_judge_free(judge);
        return NULL;
    }
    return judge;
}

void wpb_judge_free(struct wpb_judge *judge)
{
    if (!judge)
        return;
    wpb_alert_book_free(judge->book);
    wpb_rule_values_free(judge->values);
    wpb_rule_values_free(judge->relaxed);
    wpb_buf_fini(&judge->host_id);
    free(judge);
}

int wpb_judge_configure(struct wpb_judge *judge, const struct wpb_conf *config,
                        struct wpb_err *err)
{
    const struct wpb_conf_section *agent = wpb_conf_agent(config);
    struct wpb_hysteresis_rule *hysteresis = &judge->settings.hysteresis;
    struct wpb_rule_values *values = wpb_rule_values_new();
    struct wpb_rule_values *relaxed = wpb_rule_values_new();

    if (!values || !relaxed) {
        wpb_rule_values_free(values);
        wpb_rule_values_free(relaxed);
        return wpb_err_set(err, WPB_E_MEMORY, "alerts", "no memory for the rules");
    }
    wpb_conf_rule_values(config, values);
    wpb_conf_rule_values(config, relaxed);
    wpb_rule_values_relax(relaxed, RELAXED);
    wpb_rule_values_free(judge->values);
    wpb_rule_values_free(judge->relaxed);
    judge->values = values;
    judge->relaxed = relaxed;
    judge->config = config;
    judge->settings.least = WPB_WARNING;
    wpb_conf_quorum(agent, "fire_after", &hysteresis->fire_n, &hysteresis->fire_of);
    wpb_conf_quorum(agent, "clear_after", &hysteresis->clear_n, &hysteresis->clear_of);
    wpb_buf_clear(&judge->host_id);
    wpb_host_id(&judge->host_id, wpb_conf_text(agent, "host_id"), NULL);
    return 0;
}

const struct wpb_rule_values *wpb_judge_values(const struct wpb_judge *judge)
{
    return judge->values;
}

void wpb_judge_load(struct wpb_judge *judge, const char *fingerprint,
                    struct wpb_slice state)
{
    struct wpb_err err = {0};

    if (wpb_alert_book_load(judge->book, fingerprint, state, &err))
        wpb_log(WPB_LOG_WARNING, "the state of the alert %s was left out: %s",
                fingerprint, err.message);
}

void wpb_judge_unsaved(struct wpb_judge *judge)
{
    wpb_alert_book_unsaved(judge->book);
}

/* ---- what could be seen */

static const struct wpb_rule *rule_of(const char *code)
{
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        if (strcmp(rule->code, code) == 0)
            return rule;
    }
    return NULL;
}

static bool is_enabled(const struct wpb_judge *judge, const char *code)
{
    const struct wpb_conf_section *section =
        wpb_conf_find(judge->config, WPB_SECTION_RULE, code);

    return !section || wpb_conf_boolean(section, "enabled");
}

static const struct wpb_probe *probe_named(const struct wpb_fleet *fleet,
                                           struct wpb_slice name)
{
    for (size_t p = 0; fleet->probes[p]; p++) {
        if (wpb_slice_is(name, fleet->probes[p]->name))
            return fleet->probes[p];
    }
    return NULL;
}

static bool is_fresh(const struct wpb_judge *judge, size_t site, const char *probe)
{
    return wpb_knowledge_is_fresh(judge->fleet->knowledge[site], probe,
                                  wpb_looks_max_age_ms(judge->looks, site, probe),
                                  judge->now_ms);
}

/* An examiner looks only where there is something to look into: it has seen, when the
 * server was there and its own last look, if there was one, did not fail. */
static bool can_see(const struct wpb_judge *judge, size_t site,
                    const struct wpb_probe *probe)
{
    const struct wpb_knowledge *knowledge = judge->fleet->knowledge[site];

    if (probe->look == WPB_LOOK_SURVEY)
        return is_fresh(judge, site, probe->name);
    if (wpb_knowledge_has_failed(knowledge, probe->name))
        return false;
    return is_fresh(judge, site,
                    strcmp(probe->needs, "mysql") == 0 ? "mysql.server" : "redis.server");
}

static bool has_outlooks(const struct wpb_judge *judge, size_t site)
{
    const struct wpb_judge_options *options = &judge->options;

    return options->has_outlooks &&
           options->has_outlooks(options->cookie, &judge->fleet->sites[site],
                                 judge->now_ms);
}

static bool can_see_all(const struct wpb_judge *judge, size_t site,
                        const struct wpb_rule *rule)
{
    struct wpb_slice rest = wpb_slice_cstr(rule->probes), name;

    if (!judge->fleet->knowledge[site])
        return false;
    for (; rest.len; rest = wpb_slice_skip(rest, name.len + 1)) {
        const char *space = memchr(rest.data, ' ', rest.len);
        const struct wpb_probe *probe;

        name = wpb_slice_head(rest, space ? (size_t)(space - rest.data) : rest.len);
        if (wpb_slice_is(name, "history")) {
            if (!has_outlooks(judge, site))
                return false;
            continue;
        }
        probe = probe_named(judge->fleet, name);
        if (!probe || !can_see(judge, site, probe))
            return false;
    }
    return true;
}

/* Is FILE the folder PATH, or something in it? */
static bool is_in(const char *file, const char *path)
{
    size_t len = strlen(path);

    return len > 0 && strncmp(file, path, len) == 0 &&
           (file[len] == '\0' || file[len] == '/');
}

/* May a site that was not found be there all the same? */
static bool could_not_be_read(const struct wpb_fleet *fleet, const char *path,
                              const char *name)
{
    const struct wpb_found_sites *found = &fleet->found;

    for (size_t i = 0; i < found->coverage_count; i++) {
        const struct wpb_coverage *row = &found->coverage[i];
        if (row->status == WPB_COVERAGE_UNAVAILABLE &&
            (strcmp(row->site, name) == 0 || is_in(row->site, path)))
            return true;
    }
    return false;
}

static enum wpb_alert_sight sight(void *cookie, const char *code,
                                  const struct wpb_site *site, const char *path,
                                  const char *name)
{
    const struct wpb_judge *judge = cookie;
    const struct wpb_rule *rule = rule_of(code);

    if (wpb_self_is_code(code))
        return WPB_SIGHT_CLEAR;
    if (!rule || !is_enabled(judge, code))
        return WPB_SIGHT_GONE;
    if (!site)
        return could_not_be_read(judge->fleet, path, name) ? WPB_SIGHT_BLIND
                                                           : WPB_SIGHT_GONE;
    return can_see_all(judge, (size_t)(site - judge->fleet->sites), rule)
               ? WPB_SIGHT_CLEAR
               : WPB_SIGHT_BLIND;
}

/* ---- evaluation */

static void evaluate(const struct wpb_judge *judge, const struct wpb_rule_values *values,
                     const struct wpb_window *const *windows, size_t count,
                     struct wpb_findings *findings)
{
    wpb_rules_evaluate(windows, count, values, findings);
    wpb_conf_apply_rules(judge->config, findings);
}

static size_t gather_windows(struct wpb_fleet *fleet, int64_t now_ms,
                             const struct wpb_window **windows)
{
    size_t count = 0;

    for (size_t i = 0; i < fleet->found.count; i++) {
        struct wpb_window *window;
        if (!fleet->knowledge[i])
            continue;
        window = wpb_knowledge_window(fleet->knowledge[i]);
        wpb_window_set_now(window, now_ms);
        windows[count++] = window;
    }
    return count;
}

void wpb_judge_findings(const struct wpb_judge *judge, struct wpb_fleet *fleet,
                        int64_t now_ms, struct wpb_arena *arena,
                        struct wpb_findings *findings, const struct wpb_window **windows,
                        size_t *count)
{
    *findings = (struct wpb_findings){.arena = arena};
    *count = gather_windows(fleet, now_ms, windows);
    evaluate(judge, judge->values, windows, *count, findings);
}

static int save_entry(void *cookie, const char *fingerprint, struct wpb_slice state)
{
    const struct wpb_judge *judge = cookie;
    struct wpb_store_alert row = {.fingerprint = fingerprint,
                                  .code = "",
                                  .status = "",
                                  .updated_ms = judge->now_ms,
                                  .state = state};

    wpb_ledger_state(judge->options.ledger, &row);
    return 0;
}

static void log_change(void *cookie, const struct wpb_alert_view *view)
{
    const struct wpb_alert *alert = cookie;

    if (strcmp(view->fingerprint, alert->fingerprint) == 0)
        wpb_log(WPB_LOG_INFO, "alert %s: %s of %s is %s, %s", view->fingerprint,
                view->code, view->site, wpb_alert_status_name(alert->status),
                wpb_severity_name(alert->severity));
}

static void send_changes(const struct wpb_judge *judge,
                         const struct wpb_alert_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct wpb_alert *alert = &changes->items[i];
        wpb_alert_book_each(judge->book, log_change, (void *)alert);
        wpb_pump_put(judge->options.pump, alert);
    }
}

size_t wpb_judge_evaluate(struct wpb_judge *judge, struct wpb_fleet *fleet,
                          const struct wpb_looks *looks, const struct wpb_self *self,
                          int64_t now_ms)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_findings findings, relaxed = {.arena = arena};
    const struct wpb_window **windows;
    const struct wpb_site **sites;
    struct wpb_alert_changes changes;
    size_t count;

    if (!arena)
        return 0;
    judge->fleet = fleet;
    judge->looks = looks;
    judge->now_ms = now_ms;
    judge->evaluations++;
    windows = wpb_arena_alloc(arena, (fleet->found.count + 1) * sizeof(*windows));
    sites = wpb_arena_alloc(arena, (fleet->found.count + 1) * sizeof(*sites));
    for (size_t i = 0; i < fleet->found.count; i++)
        sites[i] = &fleet->sites[i];
    wpb_judge_findings(judge, fleet, now_ms, arena, &findings, windows, &count);
    evaluate(judge, judge->relaxed, windows, count, &relaxed);
    wpb_self_findings(self, &findings);
    wpb_self_findings(self, &relaxed);
    changes = wpb_alert_book_judge(
        judge->book,
        &(struct wpb_alert_judgement){.now_ms = now_ms,
                                      .settings = &judge->settings,
                                      .host_id = wpb_buf_view(&judge->host_id),
                                      .origin = &judge->origin,
                                      .ids = &judge->ids,
                                      .findings = findings.items,
                                      .relaxed = relaxed.items,
                                      .count = findings.count,
                                      .relaxed_count = relaxed.count,
                                      .sites = sites,
                                      .site_count = fleet->found.count,
                                      .sight = sight,
                                      .cookie = judge},
        arena);
    wpb_alert_book_save(judge->book, save_entry, judge);
    send_changes(judge, &changes);
    count = changes.count;
    wpb_arena_free(arena);
    return count;
}

struct wpb_alert_counts wpb_judge_counts(const struct wpb_judge *judge)
{
    return wpb_alert_book_counts(judge->book);
}

struct wpb_alert_changes wpb_judge_firing(const struct wpb_judge *judge,
                                          struct wpb_arena *arena)
{
    return wpb_alert_book_firing(judge->book, &judge->origin, arena);
}

uint64_t wpb_judge_evaluations(const struct wpb_judge *judge)
{
    return judge->evaluations;
}

void wpb_judge_next_id(struct wpb_judge *judge, int64_t now_ms, char id[WPB_ULID_TEXT])
{
    wpb_ulid_next(&judge->ids, now_ms, id);
}
