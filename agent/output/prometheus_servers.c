#include "agent/output/prometheus_servers.h"

#include <stdlib.h>

enum figure { USED, MAX, KEYS, TTLLESS, FIGURES };

static const struct {
    enum wpb_exported which;
    enum wpb_metric metric;
} figures[FIGURES] = {
    [USED] = {WPB_X_REDIS_USED, WPB_M_USED_MEMORY_BYTES},
    [MAX] = {WPB_X_REDIS_MAX, WPB_M_MAXMEMORY_BYTES},
    [KEYS] = {WPB_X_REDIS_KEYS, WPB_M_KEYS},
    [TTLLESS] = {WPB_X_REDIS_TTLLESS, WPB_M_TTLLESS_KEYS},
};

/* A subject of a server or of one of its databases, and a window that knows it. */
struct seen {
    const struct wpb_window *window;
    const struct wpb_subject *subject;
};

struct row {
    const char *label;
    bool is_known[FIGURES];
    uint64_t values[FIGURES];
};

static int by_subject(const void *left, const void *right)
{
    const struct seen *a = left, *b = right;

    return wpb_subject_compare(a->subject, b->subject);
}

/* Every server and database once, those of a server side by side. */
static struct seen *collect(struct wpb_arena *arena,
                            const struct wpb_window *const *windows, size_t window_count,
                            size_t *count)
{
    const struct wpb_subject *subject;
    struct seen *all;
    size_t room = 0, total = 0;

    for (size_t i = 0; i < window_count; i++) {
        size_t cursor = 0;
        while (wpb_window_next(windows[i], WPB_SUBJECT_REDIS_SERVER, NULL, &cursor))
            room++;
    }
    all = wpb_arena_alloc(arena, (room + 1) * sizeof(*all));
    for (size_t i = 0; i < window_count; i++) {
        size_t cursor = 0;
        while ((subject =
                    wpb_window_next(windows[i], WPB_SUBJECT_REDIS_SERVER, NULL, &cursor)))
            all[total++] = (struct seen){windows[i], subject};
    }
    qsort(all, total, sizeof(*all), by_subject);
    *count = 0;
    for (size_t i = 0; i < total; i++) {
        if (!*count || by_subject(&all[*count - 1], &all[i]) != 0)
            all[(*count)++] = all[i];
    }
    return all;
}

static void add(struct row *row, const struct seen *seen)
{
    for (size_t i = 0; i < FIGURES; i++) {
        int64_t value =
            wpb_window_integer(seen->window, seen->subject, figures[i].metric, -1);
        if (value < 0)
            continue;
        row->is_known[i] = true;
        row->values[i] += (uint64_t)value;
    }
}

/* "unix:///run/redis.sock" is "/run/redis.sock", "redis://db1:6379" is "db1:6379". */
static struct wpb_slice address_of(struct wpb_slice scope)
{
    static const char mark[] = "://";
    const char *at = memmem(scope.data, scope.len, mark, sizeof(mark) - 1);

    return at ? wpb_slice_skip(scope, (size_t)(at - scope.data) + sizeof(mark) - 1)
              : scope;
}

static size_t servers_among(const struct seen *seen, size_t count)
{
    size_t servers = 0;

    for (size_t i = 0; i < count; i++)
        servers += i == 0 ||
                   !wpb_slice_equal(seen[i].subject->scope, seen[i - 1].subject->scope);
    return servers;
}

void wpb_exposition_servers(struct wpb_exposition *exposition,
                            const struct wpb_window *const *windows, size_t window_count)
{
    struct row rows[WPB_PROMETHEUS_SERVERS_MAX] = {{0}};
    size_t count, row_count = 0, named;
    const struct seen *seen = collect(exposition->arena, windows, window_count, &count);

    named = servers_among(seen, count);
    if (named > WPB_PROMETHEUS_SERVERS_MAX)
        named = WPB_PROMETHEUS_SERVERS_MAX - 1;
    for (size_t i = 0; i < count; i++) {
        struct wpb_slice scope = seen[i].subject->scope;

        if (i == 0 || !wpb_slice_equal(scope, seen[i - 1].subject->scope)) {
            if (row_count < named)
                rows[row_count++].label =
                    wpb_exposition_label(exposition, "server", address_of(scope));
            else if (row_count == named)
                rows[row_count++].label = "server=\"other\"";
        }
        add(&rows[row_count - 1], &seen[i]);
    }
    for (size_t figure = 0; figure < FIGURES; figure++) {
        for (size_t i = 0; i < row_count; i++) {
            if (rows[i].is_known[figure])
                wpb_exposition_count(exposition, figures[figure].which, rows[i].label,
                                     rows[i].values[figure]);
        }
    }
}
