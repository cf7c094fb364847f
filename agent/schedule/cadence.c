#include "agent/schedule/cadence.h"

#include <string.h>

#define MINUTE 60u
#define HOUR (60u * MINUTE)
#define DAY (24u * HOUR)
#define EACH_INTERVAL 0u

/* clang-format off */
const struct wpb_cadence wpb_cadences[] = {
    {"host.memory", EACH_INTERVAL, "two calls of the C library"},
    {"requests.pool", EACH_INTERVAL, "three questions to the kernel, one to the pool"},
    {"requests.log", EACH_INTERVAL, "what was added to a log since the look before"},
    {"host.cpu", EACH_INTERVAL, "three small files of the kernel"},
    {"requests.slow", EACH_INTERVAL, "likewise; of slow requests there are few"},
    {"requests.errors", EACH_INTERVAL, "likewise; an error is told within the interval"},
    {"redis.server", EACH_INTERVAL, "one INFO; its memory is what alerts fire on"},
    {"redis.stats", EACH_INTERVAL, "four sections of INFO, by which requests are divided"},
    {"redis.watchlist", EACH_INTERVAL,
     "a handful of commands on keys that every request reads anyway"},
    {"redis.churn", 15 * MINUTE, "a window of some seconds in which others' writes are told"},
    {"redis.keyspace", 15 * MINUTE, "every key once; rarer where there are more of them"},
    {"redis.rdb", 15 * MINUTE, "the whole file; Redis writes it every few minutes at most"},
    {"mysql.server", 5 * MINUTE, "sizes in information_schema move slowly"},
    {"mysql.status", EACH_INTERVAL, "counters, by which requests are divided"},
    {"mysql.locks", EACH_INTERVAL, "a few looks at an instant, which only in numbers tell"},
    {"mysql.statements", EACH_INTERVAL, "sums of the kinds of statement that ran since"},
    {"mysql.autoload", HOUR, "reads the length of every autoloaded option"},
    {"mysql.builders", HOUR, "counts in an index grow with the site's pages"},
    {"mysql.transients", HOUR, "ranges of the options' index"},
    {"mysql.cron", HOUR, "one option, read whole"},
    {"mysql.woocommerce", HOUR, "counts and ranges of sessions and actions"},
    {"mysql.postmeta", DAY, "LENGTH() of sampled blobs reads their pages and evicts others"},
    {"mysql.orphans", DAY, "samples of post meta, whose share moves slowly"},
    {"mysql.meta_keys", DAY, "one walk through an index, when the server is calm"},
    {NULL, 0, NULL},
};
/* clang-format on */

/* Of a probe that has no row, by its cost class. */
static const uint32_t by_cost[] = {
    [WPB_COST_FREE] = EACH_INTERVAL,
    [WPB_COST_LIGHT] = 5 * MINUTE,
    [WPB_COST_MEDIUM] = HOUR,
};

/* The budgets that docs/cost.md promises. */
#define REDIS_COMMANDS_PER_S 20.0
#define MYSQL_STATEMENTS_PER_S 2.0

/* Budget `low` sends 2,000 commands a second, and a key takes a little more than two: a
 * pass over so many takes half of the time until the next. */
#define KEYS_A_QUARTER_HOUR 420000u

/* In steps, so that a database that grows does not move its ticks each time. */
static uint32_t pass_seconds(uint64_t keys)
{
    if (keys <= KEYS_A_QUARTER_HOUR)
        return 15 * MINUTE;
    return keys <= 2 * KEYS_A_QUARTER_HOUR ? 30 * MINUTE : HOUR;
}

uint64_t wpb_cadence_ms(const struct wpb_probe *probe, uint64_t interval_ms,
                        uint64_t keys)
{
    const struct wpb_cadence *row = wpb_cadences;
    uint64_t cadence_ms;

    while (row->probe && strcmp(row->probe, probe->name) != 0)
        row++;
    if (probe->look != WPB_LOOK_SURVEY || (probe->cost == WPB_COST_HEAVY && !row->probe))
        return 0;
    if (wpb_cadence_is_self_paced(probe))
        cadence_ms = pass_seconds(keys) * 1000ull;
    else
        cadence_ms = (row->probe ? row->seconds : by_cost[probe->cost]) * 1000ull;
    return cadence_ms > interval_ms ? cadence_ms : interval_ms;
}

/* Ten statements of each database: twenty take 0.7 of the 2 a second that a server is
 * asked, a hundred would take more than all. */
#define DATABASES_FEW 20
#define SHARED_MS (15 * MINUTE * UINT64_C(1000))

uint64_t wpb_cadence_shared_ms(const struct wpb_probe *probe, uint64_t cadence_ms,
                               size_t databases)
{
    bool is_much = databases > DATABASES_FEW && strcmp(probe->name, "mysql.server") == 0;

    return is_much && cadence_ms < SHARED_MS ? SHARED_MS : cadence_ms;
}

bool wpb_cadence_is_self_paced(const struct wpb_probe *probe)
{
    return strcmp(probe->name, "redis.keyspace") == 0;
}

double wpb_cadence_commands_per_s(const char *needs)
{
    if (strcmp(needs, "redis") == 0)
        return REDIS_COMMANDS_PER_S;
    return strcmp(needs, "mysql") == 0 ? MYSQL_STATEMENTS_PER_S : 0;
}
