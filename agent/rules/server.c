#include "agent/rules/server.h"

#include "agent/rules/ranking.h"

#define GROUPS_SHOWN 5

static void add_keys(const struct wpb_rule_context *context,
                     const struct wpb_subject *subject, struct wpb_server *server)
{
    const struct wpb_sample *keys = wpb_window_get(context->window, subject, WPB_M_KEYS);
    const struct wpb_sample *ttlless =
        wpb_window_get(context->window, subject, WPB_M_TTLLESS_KEYS);

    if (!keys || !ttlless || keys->value.integer < 0 || ttlless->value.integer < 0)
        return;
    server->has_keys = true;
    server->keys += (uint64_t)keys->value.integer;
    server->ttlless += (uint64_t)ttlless->value.integer;
    if (keys->provenance != WPB_EXACT)
        server->provenance = keys->provenance;
    if (ttlless->provenance != WPB_EXACT)
        server->provenance = ttlless->provenance;
}

static void read_keys(const struct wpb_rule_context *context, struct wpb_server *server)
{
    const struct wpb_subject *database;
    size_t cursor = 0;

    add_keys(context, server->subject, server);
    if (server->has_keys)
        return;
    while ((database = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                       &cursor))) {
        if (database != server->subject &&
            wpb_slice_equal(database->scope, server->subject->scope))
            add_keys(context, database, server);
    }
}

static struct wpb_server read_server(const struct wpb_rule_context *context,
                                     const struct wpb_subject *subject)
{
    const struct wpb_window *window = context->window;
    int64_t used = wpb_window_integer(window, subject, WPB_M_USED_MEMORY_BYTES, -1);
    int64_t limit = wpb_window_integer(window, subject, WPB_M_MAXMEMORY_BYTES, -1);
    struct wpb_server server = {.subject = subject};

    server.policy = wpb_window_text(window, subject, WPB_M_MAXMEMORY_POLICY);
    server.has_used = used >= 0;
    server.used = used >= 0 ? (uint64_t)used : 0;
    server.has_limit = limit >= 0;
    server.limit = limit >= 0 ? (uint64_t)limit : 0;
    read_keys(context, &server);
    if (server.keys)
        server.share = (double)server.ttlless / (double)server.keys;
    if (server.limit)
        server.filled = (double)server.used / (double)server.limit;
    return server;
}

bool wpb_server_next(const struct wpb_rule_context *context, size_t *cursor,
                     struct wpb_server *server)
{
    const struct wpb_subject *subject =
        wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL, cursor);

    if (subject)
        *server = read_server(context, subject);
    return subject != NULL;
}

static bool is_of(struct wpb_slice scope, struct wpb_slice server)
{
    return wpb_slice_starts(scope, server) &&
           (scope.len == server.len || scope.data[server.len] == '/' ||
            scope.data[server.len] == '?');
}

bool wpb_server_has(const struct wpb_server *server, struct wpb_slice scope)
{
    return is_of(scope, server->subject->scope);
}

bool wpb_server_of(const struct wpb_rule_context *context, struct wpb_slice scope,
                   struct wpb_server *server)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                      &cursor))) {
        if (subject->name.len == 0 && is_of(scope, subject->scope)) {
            *server = read_server(context, subject);
            return true;
        }
    }
    return false;
}

/* "db1" of "redis://host:6379/1" and of "unix:///run/redis.sock?db=1", whose server is
 * the part before; a scope that names none is of database 0. */
static bool is_database(const struct wpb_subject *subject, struct wpb_slice scope)
{
    static const struct wpb_slice db = WPB_SLICE("db"), query = WPB_SLICE("?db=");
    struct wpb_slice number = wpb_slice_skip(scope, subject->scope.len);

    if (!wpb_slice_starts(subject->name, db))
        return false;
    if (number.len == 0)
        return wpb_slice_is(subject->name, "db0");
    number =
        wpb_slice_skip(number, wpb_slice_starts(number, query) ? query.len : (size_t)1);
    return wpb_slice_equal(wpb_slice_skip(subject->name, db.len), number);
}

const struct wpb_subject *wpb_server_database(const struct wpb_rule_context *context,
                                              struct wpb_slice scope)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                      &cursor))) {
        if (is_of(scope, subject->scope) && is_database(subject, scope))
            return subject;
    }
    return NULL;
}

bool wpb_server_evicts_any(const struct wpb_server *server)
{
    return wpb_slice_starts(server->policy, wpb_slice_cstr("allkeys-"));
}

bool wpb_server_is_told(const struct wpb_rule_context *context,
                        const struct wpb_subject *subject)
{
    for (size_t w = 0; w < context->at; w++) {
        if (wpb_window_find(context->windows[w], subject))
            return true;
    }
    return false;
}

void wpb_server_draft_sites(struct wpb_draft *draft)
{
    const struct wpb_rule_context *context = draft->context;

    for (size_t w = context->at + 1; w < context->window_count; w++) {
        if (wpb_window_find(context->windows[w], draft->finding.subject))
            wpb_draft_other_site(draft, wpb_window_site(context->windows[w]));
    }
}

/* What is not the site's own belongs to a neighbour, who tells of it, or to nobody. */
static bool is_foreign(const struct wpb_rule_context *context,
                       const struct wpb_server *server, const struct wpb_subject *group)
{
    size_t users = 0;

    if (!wpb_slice_is(group->name, WPB_GROUP_FOREIGN))
        return false;
    for (size_t w = 0; w < context->window_count; w++)
        users += wpb_window_find(context->windows[w], server->subject) != NULL;
    return users > 1;
}

const char *wpb_server_say_groups(const struct wpb_rule_context *context,
                                  const struct wpb_server *server, enum wpb_metric metric)
{
    const struct wpb_subject *group;
    struct wpb_ranking ranking;

    wpb_ranking_init(&ranking, GROUPS_SHOWN);
    for (size_t w = 0; w < context->window_count; w++) {
        const struct wpb_window *window = context->windows[w];
        size_t cursor = 0;
        while (
            (group = wpb_window_next(window, WPB_SUBJECT_REDIS_GROUP, NULL, &cursor))) {
            int64_t size = wpb_window_integer(window, group, metric, 0);
            if (size > 0 && wpb_server_has(server, group->scope) &&
                !is_foreign(context, server, group))
                wpb_ranking_add_of(&ranking, wpb_window_site(window), group,
                                   (uint64_t)size);
        }
    }
    return wpb_ranking_say_bytes(&ranking, context->arena);
}
