#include "alert_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct wpb_site sites[STAGE_SITES] = {
    [SHOP] = {.name = "shop",
              .owner = "team-checkout",
              .path = "/var/www/shop",
              .db_name = "shop",
              .table_prefix = "wp_"},
    [BLOG] = {.name = "blog",
              .owner = "",
              .path = "/var/www/blog",
              .db_name = "blog",
              .table_prefix = "wp_"},
    [AD_HOC] = {.name = "cache",
                .owner = "",
                .path = "",
                .db_name = "",
                .table_prefix = "",
                .has_redis = true,
                .redis = {.scheme = WPB_REDIS_UNIX,
                          .host = "",
                          .path = "/run/redis.sock",
                          .database = 3,
                          .user = "",
                          .password = "never shown"}},
};

int stage_begin(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    stage->book = wpb_alert_book_new();
    stage->arena = wpb_arena_new();
    stage->findings = calloc(STAGE_FINDINGS_MAX, sizeof(*stage->findings));
    stage->relaxed = calloc(STAGE_FINDINGS_MAX, sizeof(*stage->relaxed));
    assert_non_null(stage->book);
    assert_non_null(stage->arena);
    assert_non_null(stage->findings);
    assert_non_null(stage->relaxed);
    stage->settings = (struct wpb_alert_settings){
        .hysteresis = {.fire_n = 3, .fire_of = 5, .clear_n = 5, .clear_of = 5},
        .least = WPB_WARNING,
    };
    stage->origin =
        (struct wpb_alert_origin){"web-17", "0.1.0", "01ARZ3NDEKTSV4RRFFQ69G5FAV"};
    memset(stage->ids.seed, 7, sizeof(stage->ids.seed));
    memcpy(stage->sites, sites, sizeof(sites));
    for (size_t i = 0; i < STAGE_SITES; i++)
        stage->is_watched[i] = true;
    stage->now_ms = STAGE_NOW_MS;
    stage->host_id = "a host";
    *state = stage;
    return 0;
}

int stage_end(void **state)
{
    struct stage *stage = *state;

    wpb_alert_book_free(stage->book);
    wpb_arena_free(stage->arena);
    free(stage->findings);
    free(stage->relaxed);
    free(stage);
    return 0;
}

struct wpb_subject stage_key(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_KEY,
                                .scope = wpb_slice_cstr(STAGE_REDIS "?db=1"),
                                .name = wpb_slice_cstr(name)};
}

struct wpb_subject stage_server(void)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                .scope = wpb_slice_cstr(STAGE_REDIS),
                                .name = wpb_slice_of("", 0)};
}

static struct wpb_finding finding_of(struct stage *stage, enum stage_site site,
                                     const char *code, enum wpb_severity severity,
                                     struct wpb_subject subject)
{
    struct wpb_subject *kept = wpb_arena_alloc(stage->arena, sizeof(*kept));

    *kept = subject;
    return (struct wpb_finding){
        .code = code,
        .severity = severity,
        .site = &stage->sites[site],
        .subject = kept,
        .title =
            wpb_arena_printf(stage->arena, "%s of %s", code, wpb_severity_name(severity)),
        .summary = "It is too large.",
        .remedy = {.summary = "Make it smaller.", .doc = "docs/remedies/x.md"},
    };
}

struct wpb_finding *stage_hold(struct stage *stage, enum stage_site site,
                               const char *code, enum wpb_severity severity,
                               struct wpb_subject subject)
{
    assert_true(stage->relaxed_count < STAGE_FINDINGS_MAX);
    stage->relaxed[stage->relaxed_count] =
        finding_of(stage, site, code, severity, subject);
    return &stage->relaxed[stage->relaxed_count++];
}

struct wpb_finding *stage_find(struct stage *stage, enum stage_site site,
                               const char *code, enum wpb_severity severity,
                               struct wpb_subject subject)
{
    assert_true(stage->count < STAGE_FINDINGS_MAX);
    stage->findings[stage->count] = finding_of(stage, site, code, severity, subject);
    return &stage->findings[stage->count++];
}

static enum wpb_alert_sight see(void *cookie, const char *code,
                                const struct wpb_site *site, const char *path,
                                const char *name)
{
    struct stage *stage = cookie;

    if (stage->gone_code && strcmp(stage->gone_code, code) == 0)
        return WPB_SIGHT_GONE;
    if (stage->blind_code && strcmp(stage->blind_code, code) == 0)
        return WPB_SIGHT_BLIND;
    for (size_t i = 0; i < STAGE_SITES; i++) {
        if (site == &stage->sites[i])
            return stage->is_blind[i] ? WPB_SIGHT_BLIND : WPB_SIGHT_CLEAR;
    }
    assert_null(site);
    for (size_t i = 0; i < STAGE_SITES; i++) {
        bool is_it = path[0] ? strcmp(path, stage->sites[i].path) == 0
                             : strcmp(name, stage->sites[i].name) == 0;
        if (is_it)
            return stage->is_unreadable[i] ? WPB_SIGHT_BLIND : WPB_SIGHT_GONE;
    }
    return WPB_SIGHT_GONE;
}

static void keep_for_the_schema(const struct wpb_alert_changes *changes)
{
    const char *name = getenv("WPB_ALERTS_FILE");
    FILE *file = name ? fopen(name, "a") : NULL;

    if (!name)
        return;
    assert_non_null(file);
    for (size_t i = 0; i < changes->count; i++)
        fprintf(file, "%.*s\n", (int)changes->items[i].body.len,
                changes->items[i].body.data);
    assert_int_equal(fclose(file), 0);
}

size_t stage_judge(struct stage *stage)
{
    const struct wpb_site *watched[STAGE_SITES];
    struct wpb_alert_judgement judgement = {
        .settings = &stage->settings,
        .host_id = wpb_slice_cstr(stage->host_id),
        .origin = &stage->origin,
        .ids = &stage->ids,
        .findings = stage->findings,
        .count = stage->count,
        .relaxed = stage->relaxed,
        .relaxed_count = stage->relaxed_count,
        .sites = watched,
        .sight = see,
        .cookie = stage,
    };

    for (size_t i = 0; i < STAGE_SITES; i++) {
        if (stage->is_watched[i])
            watched[judgement.site_count++] = &stage->sites[i];
    }
    stage->now_ms += 60000;
    judgement.now_ms = stage->now_ms;
    stage->changes = wpb_alert_book_judge(stage->book, &judgement, stage->arena);
    keep_for_the_schema(&stage->changes);
    for (size_t i = 0; i < stage->changes.count; i++) {
        const struct wpb_alert *alert = &stage->changes.items[i];
        assert_true(alert->body.len <= WPB_ALERT_BYTES_MAX);
        assert_null(memchr(alert->body.data, '\n', alert->body.len));
    }
    stage->count = stage->relaxed_count = 0;
    return stage->changes.count;
}

static int store(void *cookie, const char *fingerprint, struct wpb_slice state)
{
    struct wpb_err err = {0};

    /* Empty: forgotten since the last time. */
    if (state.len)
        assert_int_equal(wpb_alert_book_load(cookie, fingerprint, state, &err), 0);
    return 0;
}

void stage_restart(struct stage *stage)
{
    struct wpb_alert_book *book = wpb_alert_book_new();

    assert_non_null(book);
    wpb_alert_book_unsaved(stage->book);
    assert_int_equal(wpb_alert_book_save(stage->book, store, book), 0);
    wpb_alert_book_free(stage->book);
    stage->book = book;
}

const struct wpb_alert *stage_change(const struct stage *stage)
{
    assert_int_equal(stage->changes.count, 1);
    return &stage->changes.items[0];
}

void stage_assert_says(const struct wpb_alert *alert, const char *part)
{
    if (!memmem(alert->body.data, alert->body.len, part, strlen(part)))
        fail_msg("'%s' is not in %.*s", part, (int)alert->body.len, alert->body.data);
}
