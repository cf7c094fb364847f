/* What a request costs, where it grows: with the requests that run beside it, and with
 * the data. */
#include <math.h>
#include <string.h>

#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define CONCURRENCY "requests.work_grows_with_concurrency"
#define DATA "requests.work_grows_with_data"
#define QUANTITIES_MAX 8
#define STATEMENT_SHOWN 160

enum unit { SECONDS, COUNT, BYTES };

/* The quantities of the work book, the ones that explain others first: rows that grow
 * make the time grow. */
static const struct quantity {
    const char *name;
    enum unit unit;
    const char *what; /* "a request ..." */
    const char *unit_name;
    const char *concurrency; /* what it means when it grows with requests at once */
    const char *data;        /* ... with the data */
} quantities[] = {
    {"row_lock_seconds", SECONDS, "waits for row locks", "",
     "They wait for each other at a row that only one of them can change at a time.",
     "The lock is held the longer the more there is to do while it is held."},
    {"queries", COUNT, "asks the database", " times",
     "They do the same work beside each other: what one could compute and keep is "
     "computed by all who find it missing (a stampede).",
     "It asks once for each thing there is, so it asks more with each thing that is "
     "added."},
    {"rows_examined", COUNT, "lets MySQL read", " rows",
     "They do the same work beside each other: what one could compute and keep is "
     "computed by all who find it missing (a stampede).",
     "A statement reads all that there is to find little: without an index on what it "
     "looks for, each row that is added makes each request slower."},
    {"cache_commands", COUNT, "sends the cache", " commands",
     "They do the same work beside each other: what one could compute and keep is "
     "computed by all who find it missing (a stampede).",
     "It asks the cache once for each thing there is."},
    {"cache_bytes_out", BYTES, "fetches from the cache", "",
     "Entries are fetched again and again while many requests run.",
     "Entries that every request reads grow."},
    {"cache_bytes_in", BYTES, "writes into the cache", "",
     "Requests store the same entries beside each other.",
     "Entries that are written whole grow."},
    {"cpu_seconds", SECONDS, "computes for", "",
     "They do the same work beside each other, or fight for the processor's caches.",
     "It goes through all that there is in PHP."},
    {"service_seconds", SECONDS, "takes", "",
     "They wait for each other: at a lock, for the database or for a processor.",
     "Something in it goes through all that there is."},
};

struct growth {
    const struct quantity *quantity;
    const struct wpb_subject *subject;
    double effect;     /* share of the mean that the cause adds */
    double low, high;  /* per request; below 0: unknown */
    double from, till; /* the cause then; below 0: unknown */
};

struct side {
    const char *code;
    const char *verdict;
    enum wpb_metric effect;
};

static const struct side with_concurrency = {CONCURRENCY, "grows_with_concurrency",
                                             WPB_M_CONCURRENCY_EFFECT_RATIO};
static const struct side with_data = {DATA, "grows_with_data", WPB_M_DATA_EFFECT_RATIO};

static double of(const struct wpb_rule_context *context,
                 const struct wpb_subject *subject, enum wpb_metric metric)
{
    double number;

    return wpb_rule_number(context, subject, metric, &number) ? number : -1;
}

static bool read_growth(const struct wpb_rule_context *context,
                        const struct wpb_subject *pool, const struct quantity *quantity,
                        const struct side *side, struct growth *growth)
{
    const struct wpb_subject *subject =
        wpb_requests_part(context, pool, WPB_SUBJECT_QUANTITY, quantity->name);
    struct wpb_slice verdict;
    bool is_both;

    if (!subject)
        return false;
    verdict = wpb_window_text(context->window, subject, WPB_M_WORK_VERDICT);
    is_both = wpb_slice_is(verdict, "grows_with_both");
    *growth = (struct growth){
        .quantity = quantity,
        .subject = subject,
        .effect = of(context, subject, side->effect),
        .low = of(context, subject, WPB_M_PER_REQUEST_LOW),
        .high = of(context, subject, WPB_M_PER_REQUEST_HIGH),
        .from = of(context, subject, WPB_M_CAUSE_LOW),
        .till = of(context, subject, WPB_M_CAUSE_HIGH),
    };
    /* Of two causes, the figures are of one, and nobody says of which. */
    if (is_both)
        growth->low = growth->high = growth->from = growth->till = -1;
    return (is_both || wpb_slice_is(verdict, side->verdict)) &&
           growth->effect >= wpb_rule_option(context, side->code, "info_effect_ratio");
}

/* Those of POOL that grow, in the table's order. */
static size_t read_all(const struct wpb_rule_context *context,
                       const struct wpb_subject *pool, const struct side *side,
                       struct growth growths[QUANTITIES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(quantities) / sizeof(quantities[0]); i++)
        count += read_growth(context, pool, &quantities[i], side, &growths[count]);
    /* Requests that share processors take longer beside each other and do no more: where
     * nothing that is counted grows, that is waiting, and the knee tells of it. */
    if (side == &with_concurrency && count == 1 &&
        strcmp(growths[0].quantity->name, "service_seconds") == 0)
        return 0;
    return count;
}

/* --- words --- */

static const char *say_amount(struct wpb_arena *arena, const struct quantity *quantity,
                              double amount)
{
    if (quantity->unit == SECONDS)
        return wpb_requests_say_seconds(arena, amount);
    if (quantity->unit == BYTES)
        return wpb_say_bytes(arena, (uint64_t)fmin(amount, 1e18));
    return wpb_arena_printf(arena, "%s%s", wpb_requests_say_rate(arena, amount),
                            quantity->unit_name);
}

/* "half as much again", by its effect alone. */
static const char *say_effect(struct wpb_arena *arena, const struct growth *growth)
{
    return wpb_arena_printf(arena, "%s of its mean",
                            wpb_say_share(arena, growth->effect));
}

static const char *title(struct wpb_arena *arena, const struct growth *growth,
                         const struct side *side)
{
    const struct quantity *quantity = growth->quantity;
    bool is_data = side == &with_data;

    if (growth->low < 0 || growth->high < 0)
        return wpb_arena_printf(arena, "A request %s the more, the more %s: by %s",
                                quantity->what,
                                is_data ? "data there is" : "others run beside it",
                                say_effect(arena, growth));
    if (!is_data && growth->from >= 0 && growth->till >= 0)
        return wpb_arena_printf(arena,
                                "A request %s %s beside few others, %s when %s run "
                                "at once",
                                quantity->what, say_amount(arena, quantity, growth->low),
                                say_amount(arena, quantity, growth->high),
                                wpb_requests_say_rate(arena, growth->till));
    return wpb_arena_printf(
        arena, "A request %s %s now, %s when there was less data", quantity->what,
        say_amount(arena, quantity, is_data ? growth->high : growth->low),
        say_amount(arena, quantity, is_data ? growth->low : growth->high));
}

/* "It also asks the database more (by 40 %) and ..." */
static const char *say_further(struct wpb_arena *arena, const struct growth *growths,
                               size_t count)
{
    const char *text = "";

    for (size_t i = 1; i < count; i++)
        text = wpb_arena_printf(arena, "%s%s%s by %s", text, i > 1 ? ", " : "",
                                growths[i].quantity->name,
                                wpb_say_share(arena, growths[i].effect));
    return count > 1 ? wpb_arena_printf(arena, " With it grow: %s.", text) : "";
}

static const char *summary(struct wpb_arena *arena, const struct growth *growths,
                           size_t count, const struct side *side)
{
    bool is_data = side == &with_data;

    return wpb_arena_printf(
        arena, "%s %s%s",
        is_data
            ? "At the same traffic each request costs more than before, because there is "
              "more data: what is harmless now breaks by itself when the shop grows."
            : "The same request costs more when others run beside it, so that twice the "
              "visitors are more than twice the work.",
        is_data ? growths[0].quantity->data : growths[0].quantity->concurrency,
        say_further(arena, growths, count));
}

static void draft_facts(struct wpb_draft *draft, const struct growth *growth,
                        const struct side *side)
{
    static const char *const per_request[] = {
        [SECONDS] = "per_request_seconds",
        [COUNT] = "per_request",
        [BYTES] = "per_request_bytes",
    };
    static const char *const low[] = {
        [SECONDS] = "per_request_low_seconds",
        [COUNT] = "per_request_low",
        [BYTES] = "per_request_low_bytes",
    };
    static const char *const high[] = {
        [SECONDS] = "per_request_high_seconds",
        [COUNT] = "per_request_high",
        [BYTES] = "per_request_high_bytes",
    };
    enum unit unit = growth->quantity->unit;
    double mean = of(draft->context, growth->subject, WPB_M_PER_REQUEST);

    wpb_draft_fact(draft, "quantity",
                   wpb_value_text(wpb_slice_cstr(growth->quantity->name)), WPB_EXACT);
    wpb_draft_fact(draft, "effect_ratio", wpb_value_double(growth->effect),
                   WPB_ESTIMATED);
    if (mean >= 0)
        wpb_draft_fact(draft, per_request[unit], wpb_value_double(mean), WPB_EXACT);
    if (growth->low >= 0 && growth->high >= 0) {
        wpb_draft_fact(draft, low[unit], wpb_value_double(growth->low), WPB_ESTIMATED);
        wpb_draft_fact(draft, high[unit], wpb_value_double(growth->high), WPB_ESTIMATED);
    }
    if (side == &with_concurrency && growth->from >= 0 && growth->till >= 0) {
        wpb_draft_fact(draft, "at_once_low", wpb_value_double(growth->from), WPB_EXACT);
        wpb_draft_fact(draft, "at_once_high", wpb_value_double(growth->till), WPB_EXACT);
    }
    wpb_draft_known(draft, "work_windows", WPB_M_WORK_WINDOWS);
}

/* The statement that reads most, which is what grows with the data. */
static const char *say_reads(const struct wpb_rule_context *context,
                             const struct wpb_subject *statement)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice table =
        wpb_window_text(context->window, statement, WPB_M_TABLE_NAME);
    struct wpb_requests_owner owner;
    bool is_owned = wpb_requests_owner_of(context, statement, table, &owner);

    return wpb_arena_printf(
        arena, "Most rows are read by this statement, %s each time%s%s: %s. %s%s",
        wpb_requests_say_rate(arena, of(context, statement, WPB_M_EXECUTION_ROWS)),
        table.len ? ", of table " : "", table.len ? wpb_say_name(arena, table) : "",
        wpb_requests_say_statement(arena, statement->name, STATEMENT_SHOWN),
        is_owned ? wpb_requests_say_owner(arena, &owner) : "", is_owned ? " " : "");
}

/* The statement or the lock that the same site shows is what a reader looks for. */
static void draft_cause(struct wpb_draft *draft, const struct wpb_subject *pool,
                        const struct side *side)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *reads = wpb_requests_reads_most(context);
    const char *lock_text = "", *repeat_text = "", *rows_text = "";
    struct wpb_requests_lock lock;
    struct wpb_requests_repeat repeat;

    if (side == &with_concurrency && wpb_requests_lock_worst(context, &lock))
        lock_text =
            wpb_arena_printf(arena, "Requests were seen to wait for a row of %s. ",
                             wpb_say_name(arena, lock.table->name));
    if (wpb_requests_repeat_worst(context, &repeat))
        repeat_text = wpb_arena_printf(
            arena, "Each request repeats a statement about %s times%s%s. ",
            wpb_say_count(arena, (uint64_t)round(fmin(repeat.per_request, 1e15))),
            repeat.table.len ? ", of table " : "",
            repeat.table.len ? wpb_say_name(arena, repeat.table) : "");
    if (side == &with_data && reads)
        rows_text = say_reads(context, reads);
    draft->finding.cause.kind = "work";
    draft->finding.cause.note =
        wpb_arena_printf(arena, "%s%s%s", rows_text, lock_text, repeat_text);
    wpb_requests_draft_culprits(draft, pool);
}

static void draft_remedy(struct wpb_draft *draft, const struct side *side)
{
    if (side == &with_data) {
        draft->finding.remedy.summary =
            "Find the statement or the loop that goes through all there is, and let it "
            "read only what the page shows.";
        wpb_draft_line(&draft->for_good,
                       "An index on what is looked for; of meta_value a table of the "
                       "plugin's own, such as WooCommerce's lookup table.");
        wpb_draft_line(&draft->for_good,
                       "Old rows: an end for logs, sessions, transients and revisions.");
    } else {
        draft->finding.remedy.summary =
            "Find what requests wait for or do beside each other; more workers let more "
            "of them do it at once.";
        wpb_draft_line(&draft->for_good,
                       "What many compute at once: let one compute it (wp_cache_add() as "
                       "a lock with an expiry), and the others take the last result.");
    }
    wpb_requests_draft_mending(draft);
}

static void evaluate(struct wpb_rule_context *context, const struct side *side)
{
    const struct wpb_subject *pool;
    struct growth growths[QUANTITIES_MAX];
    size_t cursor = 0, count;

    while ((pool = wpb_requests_pool_next(context, &cursor))) {
        double worst = 0;
        struct wpb_draft draft;

        if (!(count = read_all(context, pool, side, growths)))
            continue;
        for (size_t i = 0; i < count; i++)
            worst = fmax(worst, growths[i].effect);
        wpb_draft_init(
            &draft, context,
            worst >= wpb_rule_option(context, side->code, "warning_effect_ratio")
                ? WPB_WARNING
                : WPB_INFO,
            pool);
        draft.finding.title = title(context->arena, &growths[0], side);
        draft.finding.summary = summary(context->arena, growths, count, side);
        draft_facts(&draft, &growths[0], side);
        draft_cause(&draft, pool, side);
        draft_remedy(&draft, side);
        wpb_server_draft_sites(&draft);
        wpb_draft_emit(&draft);
    }
}

void wpb_requests_work_grows_with_concurrency(struct wpb_rule_context *context)
{
    evaluate(context, &with_concurrency);
}

void wpb_requests_work_grows_with_data(struct wpb_rule_context *context)
{
    evaluate(context, &with_data);
}
