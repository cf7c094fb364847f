/* One statement again and again in each request, a few rows at a time: "N+1". */
#include <math.h>

#include "agent/rules/requests.h"

#define CODE "requests.n_plus_one"
#define STATEMENT_SHOWN 160
#define STATEMENTS_REPORTED 3
/* Weights are whole: a tenth of an execution is what counts. */
#define WEIGHT_SCALE 10.0

/* Of all pools that serve the site. */
static double requests_of_site(const struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    double rate, sum = 0;
    size_t cursor = 0;

    while ((pool = wpb_window_next(context->window, WPB_SUBJECT_POOL, NULL, &cursor))) {
        if (wpb_requests_rate(context, pool, &rate))
            sum += rate;
    }
    return sum;
}

/* A request cannot ask one thing more often than all: what others ask (WP-Cron, a
 * program) or a rate of another moment is cut off. INFINITY while nobody has counted. */
static double most_per_request(const struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    double queries, most = 0;
    size_t cursor = 0;

    while ((pool = wpb_window_next(context->window, WPB_SUBJECT_POOL, NULL, &cursor))) {
        if (wpb_requests_number(context, pool, WPB_SUBJECT_QUANTITY, "queries",
                                WPB_M_PER_REQUEST, &queries))
            most = fmax(most, queries);
    }
    return most > 0 ? most : INFINITY;
}

bool wpb_requests_repeat_of(const struct wpb_rule_context *context,
                            const struct wpb_subject *statement,
                            struct wpb_requests_repeat *repeat)
{
    double rate, requests = requests_of_site(context);

    *repeat = (struct wpb_requests_repeat){
        .statement = statement,
        .table = wpb_window_text(context->window, statement, WPB_M_TABLE_NAME),
        .seconds = -1,
        .rows = -1,
    };
    if (!(requests > 0) ||
        requests < wpb_rule_option(context, CODE, "least_requests_per_second") ||
        !wpb_rule_number(context, statement, WPB_M_EXECUTIONS_PER_SECOND, &rate))
        return false;
    repeat->per_request = fmin(rate / requests, most_per_request(context));
    wpb_rule_number(context, statement, WPB_M_EXECUTION_SECONDS, &repeat->seconds);
    wpb_rule_number(context, statement, WPB_M_EXECUTION_ROWS, &repeat->rows);
    return repeat->per_request >= wpb_rule_option(context, CODE, "warning_per_request") &&
           repeat->rows <= wpb_rule_option(context, CODE, "rows_each");
}

static void rank(const struct wpb_rule_context *context, struct wpb_ranking *ranking)
{
    const struct wpb_subject *statement;
    struct wpb_requests_repeat repeat;
    size_t cursor = 0;

    while ((statement =
                wpb_window_next(context->window, WPB_SUBJECT_STATEMENT, NULL, &cursor))) {
        if (wpb_requests_repeat_of(context, statement, &repeat))
            wpb_ranking_add(ranking, statement,
                            (uint64_t)fmin(repeat.per_request * WEIGHT_SCALE, 1e15));
    }
}

bool wpb_requests_repeat_worst(const struct wpb_rule_context *context,
                               struct wpb_requests_repeat *repeat)
{
    struct wpb_ranking worst;

    wpb_ranking_init(&worst, 1);
    rank(context, &worst);
    return worst.count && wpb_requests_repeat_of(context, worst.items[0].subject, repeat);
}

const struct wpb_subject *wpb_requests_reads_most(const struct wpb_rule_context *context)
{
    const struct wpb_subject *statement, *most = NULL;
    double rate, rows, largest = 0;
    size_t cursor = 0;

    while ((statement =
                wpb_window_next(context->window, WPB_SUBJECT_STATEMENT, NULL, &cursor))) {
        if (!wpb_rule_number(context, statement, WPB_M_EXECUTIONS_PER_SECOND, &rate) ||
            !wpb_rule_number(context, statement, WPB_M_EXECUTION_ROWS, &rows) ||
            !(rate * rows > largest))
            continue;
        largest = rate * rows;
        most = statement;
    }
    return most;
}

/* --- requests.n_plus_one --- */

static void draft_cause(struct wpb_draft *draft, const struct wpb_requests_repeat *repeat)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_cause *cause = &draft->finding.cause;
    struct wpb_requests_owner owner;

    cause->kind = "statement";
    if (!wpb_requests_owner_of(context, repeat->statement, repeat->table, &owner)) {
        cause->note = "The database does not know which code asks. A loop that asks for "
                      "one thing after the other does this; search the plugins for what "
                      "the statement names.";
        return;
    }
    cause->confidence = owner.how <= WPB_OWNER_NAMED ? "likely" : "possible";
    cause->note = wpb_requests_say_owner(context->arena, &owner);
    wpb_requests_draft_owner(draft, &owner);
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct wpb_requests_repeat *repeat)
{
    struct wpb_arena *arena = context->arena;
    const char *rows = "", *time = "";

    if (repeat->rows >= 0)
        rows =
            wpb_arena_printf(arena, ", each time for about %s %s",
                             wpb_requests_say_rate(arena, repeat->rows),
                             repeat->rows > 0.95 && repeat->rows < 1.05 ? "row" : "rows");
    if (repeat->seconds >= 0)
        time = wpb_arena_printf(
            arena,
            " One takes %s, so no slow log shows it; all of them take %s of "
            "each request, and more when MySQL is busy.",
            wpb_requests_say_seconds(arena, repeat->seconds),
            wpb_requests_say_seconds(arena, repeat->seconds * repeat->per_request));
    return wpb_arena_printf(
        arena,
        "Each request asks this about %s times%s, where one statement for all would do: "
        "%s.%s The number grows with the shop, and every visitor pays for it.",
        wpb_say_count(arena, (uint64_t)round(fmin(repeat->per_request, 1e15))), rows,
        wpb_requests_say_statement(arena, repeat->statement->name, STATEMENT_SHOWN),
        time);
}

static void draft_remedy(struct wpb_draft *draft)
{
    draft->finding.remedy.summary =
        "Ask once for all of them before the loop begins, and keep what does not change "
        "in the object cache.";
    wpb_draft_line(&draft->for_good,
                   "Meta of many posts: update_meta_cache( 'post', $ids ) once, then "
                   "get_post_meta() asks nobody. Posts: _prime_post_caches( $ids ). "
                   "Terms: update_object_term_cache( $ids, $types ).");
    wpb_draft_line(&draft->for_good,
                   "A table of the plugin's own: one SELECT with IN (...) for the whole "
                   "page, or the whole small table with wp_cache_get() in front.");
    wpb_draft_line(&draft->for_good,
                   "What is computed from it (prices, exchange rates, stock): once when "
                   "it changes, not in each request.");
    wpb_draft_line(
        &draft->verify,
        wpb_say_mysql_command(draft->context, "SHOW GLOBAL STATUS LIKE 'Questions'"));
}

static void report(struct wpb_rule_context *context,
                   const struct wpb_requests_repeat *repeat)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_WARNING, repeat->statement);
    draft.finding.title = wpb_arena_printf(
        arena, "Each request asks the database the same about %s times%s%s",
        wpb_say_count(arena, (uint64_t)round(fmin(repeat->per_request, 1e15))),
        repeat->table.len ? ", of " : "",
        repeat->table.len ? wpb_say_name(arena, repeat->table) : "");
    draft.finding.summary = summary(context, repeat);
    wpb_draft_fact(&draft, "statements_per_request",
                   wpb_value_double(repeat->per_request), WPB_ESTIMATED);
    wpb_draft_known(&draft, "executions_per_second", WPB_M_EXECUTIONS_PER_SECOND);
    wpb_draft_fact(&draft, "requests_per_second",
                   wpb_value_double(requests_of_site(context)), WPB_EXACT);
    wpb_draft_known(&draft, "execution_seconds", WPB_M_EXECUTION_SECONDS);
    wpb_draft_known(&draft, "execution_rows", WPB_M_EXECUTION_ROWS);
    wpb_draft_known(&draft, "table_name", WPB_M_TABLE_NAME);
    draft_cause(&draft, repeat);
    draft_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_n_plus_one(struct wpb_rule_context *context)
{
    struct wpb_requests_repeat repeat;
    struct wpb_ranking worst;

    wpb_ranking_init(&worst, STATEMENTS_REPORTED);
    rank(context, &worst);
    for (size_t i = 0; i < worst.count; i++) {
        if (wpb_requests_repeat_of(context, worst.items[i].subject, &repeat))
            report(context, &repeat);
    }
}
