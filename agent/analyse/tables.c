#include "agent/analyse/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/analyse/database_tables.h"
#include "agent/analyse/request_tables.h"

static uint64_t count_of(const struct wpb_window *window,
                         const struct wpb_subject *subject, enum wpb_metric metric)
{
    int64_t value = wpb_window_integer(window, subject, metric, 0);

    return value < 0 ? 0 : (uint64_t)value;
}

static size_t subjects_of(const struct wpb_window *const *windows, size_t count,
                          enum wpb_subject_kind kind)
{
    size_t subjects = 0;

    for (size_t w = 0; w < count; w++) {
        size_t cursor = 0;
        while (wpb_window_next(windows[w], kind, NULL, &cursor))
            subjects++;
    }
    return subjects;
}

static int by_memory_of_key(const void *left, const void *right)
{
    const struct wpb_key_row *a = left, *b = right;
    int order;

    if (a->memory_bytes != b->memory_bytes)
        return a->memory_bytes > b->memory_bytes ? -1 : 1;
    if ((order = strcmp(a->site, b->site)) != 0)
        return order;
    return wpb_slice_compare(a->key, b->key);
}

static void fill_keys(const struct wpb_window *const *windows, size_t count, size_t max,
                      struct wpb_arena *arena, struct wpb_report *report)
{
    size_t room = subjects_of(windows, count, WPB_SUBJECT_REDIS_KEY), rows = 0;
    struct wpb_key_row *keys = wpb_arena_alloc(arena, (room + 1) * sizeof(*keys));

    for (size_t w = 0; w < count; w++) {
        const struct wpb_window *window = windows[w];
        const struct wpb_subject *subject;
        size_t cursor = 0;

        while (
            (subject = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
            const struct wpb_sample *value =
                wpb_window_get(window, subject, WPB_M_VALUE_BYTES);
            const struct wpb_sample *ttl =
                wpb_window_get(window, subject, WPB_M_TTL_SECONDS);
            uint64_t memory = count_of(window, subject, WPB_M_MEMORY_BYTES);

            if (!memory && !value)
                continue;
            keys[rows++] = (struct wpb_key_row){
                .site = wpb_window_site(window)->name,
                .scope = subject->scope,
                .key = subject->name,
                .group = wpb_window_text(window, subject, WPB_M_GROUP),
                .memory_bytes = memory,
                .has_value_bytes = value != NULL,
                .value_bytes = value ? (uint64_t)value->value.integer : 0,
                .has_ttl = ttl != NULL,
                .ttl_seconds = ttl ? ttl->value.integer : 0};
        }
    }
    qsort(keys, rows, sizeof(*keys), by_memory_of_key);
    report->keys = keys;
    report->key_count = rows < max ? rows : max;
}

static int by_memory_of_group(const void *left, const void *right)
{
    const struct wpb_group_row *a = left, *b = right;
    int order;

    if (a->memory_bytes != b->memory_bytes)
        return a->memory_bytes > b->memory_bytes ? -1 : 1;
    if ((order = strcmp(a->site, b->site)) != 0)
        return order;
    return wpb_slice_compare(a->group, b->group);
}

/* What only a look at every key tells. */
static void add_looks(const struct wpb_window *window, const struct wpb_subject *group,
                      struct wpb_group_row *row)
{
    static const enum wpb_metric sizes[] = {WPB_M_KEYS_TO_1K, WPB_M_KEYS_TO_16K,
                                            WPB_M_KEYS_TO_256K, WPB_M_KEYS_ABOVE_256K};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        row->has_sizes |= wpb_window_get(window, group, sizes[i]) != NULL;
        row->sizes[i] = count_of(window, group, sizes[i]);
    }
    row->has_idle = wpb_window_get(window, group, WPB_M_IDLE_SECONDS) != NULL;
    row->idle_seconds = count_of(window, group, WPB_M_IDLE_SECONDS);
    row->has_orphans = wpb_window_get(window, group, WPB_M_ORPHAN_KEYS) != NULL;
    row->orphan_keys = count_of(window, group, WPB_M_ORPHAN_KEYS);
    row->orphan_bytes = count_of(window, group, WPB_M_ORPHAN_BYTES);
}

static void fill_groups(const struct wpb_window *const *windows, size_t count, size_t max,
                        struct wpb_arena *arena, struct wpb_report *report)
{
    size_t room = subjects_of(windows, count, WPB_SUBJECT_REDIS_GROUP), rows = 0;
    struct wpb_group_row *groups = wpb_arena_alloc(arena, (room + 1) * sizeof(*groups));

    for (size_t w = 0; w < count; w++) {
        const struct wpb_window *window = windows[w];
        const struct wpb_subject *subject;
        size_t cursor = 0, first = rows;

        while (
            (subject = wpb_window_next(window, WPB_SUBJECT_REDIS_GROUP, NULL, &cursor))) {
            const struct wpb_sample *keys = wpb_window_get(window, subject, WPB_M_KEYS);
            groups[rows] = (struct wpb_group_row){
                .site = wpb_window_site(window)->name,
                .scope = subject->scope,
                .group = subject->name,
                .keys = count_of(window, subject, WPB_M_KEYS),
                .memory_bytes = count_of(window, subject, WPB_M_MEMORY_BYTES),
                .ttlless_keys = count_of(window, subject, WPB_M_TTLLESS_KEYS),
                .ttlless_bytes = count_of(window, subject, WPB_M_TTLLESS_BYTES),
                .provenance = keys ? keys->provenance : WPB_ESTIMATED};
            add_looks(window, subject, &groups[rows++]);
        }
        qsort(groups + first, rows - first, sizeof(*groups), by_memory_of_group);
        if (rows - first > max)
            rows = first + max;
    }
    qsort(groups, rows, sizeof(*groups), by_memory_of_group);
    report->groups = groups;
    report->group_count = rows;
}

/* The facts of the server stand on its own subject, those of a database on a
 * subject "dbN" whose parent it is. */
static bool server_row(const struct wpb_window *window, struct wpb_arena *arena,
                       struct wpb_server_row *row)
{
    const struct wpb_site *site = wpb_window_site(window);
    const struct wpb_subject *subject, *server = NULL, *database = NULL;
    char name[24];
    size_t cursor = 0;

    snprintf(name, sizeof(name), "db%" PRIu32, site->redis.database);
    while ((subject = wpb_window_next(window, WPB_SUBJECT_REDIS_SERVER, NULL, &cursor))) {
        if (subject->name.len == 0)
            server = subject;
        else if (wpb_slice_is(subject->name, name) ||
                 (!database && !site->has_redis)) /* a file's first database */
            database = subject;
    }
    if (!server)
        return false;
    *row = (struct wpb_server_row){
        .site = site->name,
        .scope = wpb_slice_cstr(wpb_arena_printf(arena, "%.*s %s", (int)server->scope.len,
                                                 server->scope.data, name)),
        .version = wpb_window_text(window, server, WPB_M_VERSION),
        .policy = wpb_window_text(window, server, WPB_M_MAXMEMORY_POLICY),
        .role = wpb_window_text(window, server, WPB_M_ROLE),
        .has_memory = wpb_window_get(window, server, WPB_M_USED_MEMORY_BYTES) != NULL,
        .used_memory_bytes = count_of(window, server, WPB_M_USED_MEMORY_BYTES),
        .maxmemory_bytes = count_of(window, server, WPB_M_MAXMEMORY_BYTES)};
    if (database && wpb_window_get(window, database, WPB_M_KEYS)) {
        row->has_keys = true;
        row->keys = count_of(window, database, WPB_M_KEYS);
        row->ttlless_keys = count_of(window, database, WPB_M_TTLLESS_KEYS);
    }
    return true;
}

void wpb_tables_fill(const struct wpb_window *const *windows, size_t count,
                     size_t keys_max, size_t groups_max, struct wpb_arena *arena,
                     struct wpb_report *report)
{
    struct wpb_server_row *servers =
        wpb_arena_alloc(arena, (count + 1) * sizeof(*servers));

    fill_keys(windows, count, keys_max, arena, report);
    fill_groups(windows, count, groups_max, arena, report);
    report->servers = servers;
    for (size_t w = 0; w < count; w++) {
        if (server_row(windows[w], arena, &servers[report->server_count]))
            report->server_count++;
    }
    wpb_database_tables_fill(windows, count, keys_max, arena, &report->database);
    wpb_request_tables_fill(windows, count, arena, &report->requests);
}
