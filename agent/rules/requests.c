#include "agent/rules/requests.h"

#include <math.h>

#include "agent/base/buf.h"
#include "agent/rules/server.h"

const struct wpb_subject *wpb_requests_pool_next(const struct wpb_rule_context *context,
                                                 size_t *cursor)
{
    const struct wpb_subject *pool;

    do {
        pool = wpb_window_next(context->window, WPB_SUBJECT_POOL, NULL, cursor);
    } while (pool && wpb_server_is_told(context, pool));
    return pool;
}

const struct wpb_subject *wpb_requests_part(const struct wpb_rule_context *context,
                                            const struct wpb_subject *pool,
                                            enum wpb_subject_kind kind, const char *name)
{
    struct wpb_subject part = {
        .kind = kind, .scope = pool->scope, .name = wpb_slice_cstr(name), .parent = pool};

    return wpb_window_find(context->window, &part);
}

bool wpb_requests_number(const struct wpb_rule_context *context,
                         const struct wpb_subject *pool, enum wpb_subject_kind kind,
                         const char *name, enum wpb_metric metric, double *number)
{
    const struct wpb_subject *part = wpb_requests_part(context, pool, kind, name);

    return part && wpb_rule_number(context, part, metric, number);
}

bool wpb_requests_rate(const struct wpb_rule_context *context,
                       const struct wpb_subject *pool, double *per_second)
{
    return wpb_rule_number(context, pool, WPB_M_REQUESTS_PER_SECOND, per_second) &&
           *per_second > 0;
}

const char *wpb_requests_say_rate(struct wpb_arena *arena, double number)
{
    if (number >= 9.95)
        return wpb_say_count(arena,
                             number < 1e15 ? (uint64_t)round(number) : (uint64_t)1e15);
    if (fabs(number - round(number)) < 1e-6)
        return wpb_arena_printf(arena, "%.0f", number);
    return wpb_arena_printf(arena, number >= 0.095 ? "%.1f" : "%.2g", number);
}

const char *wpb_requests_say_seconds(struct wpb_arena *arena, double seconds)
{
    if (seconds < 0.1)
        return wpb_arena_printf(arena,
                                seconds < 0.00095   ? "%.2g ms"
                                : seconds < 0.00995 ? "%.1f ms"
                                                    : "%.0f ms",
                                seconds * 1000);
    if (seconds < 120)
        return wpb_arena_printf(arena,
                                seconds < 0.995  ? "%.2f s"
                                : seconds < 9.95 ? "%.1f s"
                                                 : "%.0f s",
                                seconds);
    return wpb_say_duration(arena, seconds < 1e15 ? (int64_t)seconds : (int64_t)1e15);
}

const char *wpb_requests_say_statement(struct wpb_arena *arena,
                                       struct wpb_slice statement, size_t width)
{
    size_t end = width;

    if (statement.len <= width)
        return wpb_say_name(arena, statement);
    while (end > width / 2 && statement.data[end] != ' ')
        end--;
    if (statement.data[end] != ' ')
        end = width;
    return wpb_arena_printf(arena, "%s ...",
                            wpb_say_name(arena, wpb_slice_head(statement, end)));
}

const char *wpb_requests_say_component(struct wpb_arena *arena, struct wpb_slice name)
{
    const char *colon = name.len ? memchr(name.data, ':', name.len) : NULL;
    size_t kind = colon ? (size_t)(colon - name.data) : 0;

    if (!colon)
        return wpb_say_name(arena, name);
    return wpb_arena_printf(arena, "the %s %s",
                            wpb_say_name(arena, wpb_slice_head(name, kind)),
                            wpb_say_name(arena, wpb_slice_skip(name, kind + 1)));
}

const char *wpb_requests_say_pool(struct wpb_arena *arena, const struct wpb_subject *pool)
{
    return wpb_arena_printf(arena, "PHP pool %s", wpb_say_name(arena, pool->name));
}
