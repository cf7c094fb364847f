#include "probes/redis/churn_info.h"

static const struct command {
    const char *name;
    bool is_removal; /* false: changes the time to live */
} commands[] = {
    {"del", true},       {"unlink", true},     {"getdel", true},   {"move", true},
    {"rename", true},    {"renamenx", true},   {"expire", false},  {"pexpire", false},
    {"expireat", false}, {"pexpireat", false}, {"persist", false}, {"getex", false},
};

/* A plain decimal number up to the first other byte; 0 when there is none. */
static uint64_t number(struct wpb_slice text)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        n = n * 10 + digit;
    }
    return n;
}

static void add(uint64_t *sum, uint64_t n)
{
    *sum = n > UINT64_MAX - *sum ? UINT64_MAX : *sum + n;
}

static void read_line(struct wpb_slice line, struct wpb_churn_changes *changes)
{
    static const struct wpb_slice statistic = WPB_SLICE("cmdstat_");
    static const struct wpb_slice calls = WPB_SLICE(":calls=");
    static const struct wpb_slice expired = WPB_SLICE("expired_keys:");
    static const struct wpb_slice evicted = WPB_SLICE("evicted_keys:");

    if (wpb_slice_starts(line, expired) || wpb_slice_starts(line, evicted)) {
        changes->has_stats = true;
        add(&changes->removals, number(wpb_slice_skip(line, expired.len)));
    }
    if (!wpb_slice_starts(line, statistic))
        return;
    changes->has_commands = true;
    line = wpb_slice_skip(line, statistic.len);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct wpb_slice name = wpb_slice_cstr(commands[i].name);
        struct wpb_slice rest = wpb_slice_skip(line, name.len);
        if (wpb_slice_starts(line, name) && wpb_slice_starts(rest, calls))
            add(commands[i].is_removal ? &changes->removals : &changes->retimings,
                number(wpb_slice_skip(rest, calls.len)));
    }
}

void wpb_churn_changes_read(struct wpb_slice reply, struct wpb_churn_changes *changes)
{
    while (reply.len > 0) {
        const char *end = memchr(reply.data, '\n', reply.len);
        size_t len = end ? (size_t)(end - reply.data) : reply.len;

        read_line(wpb_slice_head(reply, len), changes);
        reply = wpb_slice_skip(reply, len + 1);
    }
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

uint64_t wpb_churn_writes(uint64_t changes, const struct wpb_churn_changes *before,
                          const struct wpb_churn_changes *after)
{
    bool is_known = before->has_commands && before->has_stats && after->has_commands &&
                    after->has_stats;
    uint64_t stored, at_least;

    /* Counters that fell were reset in between. */
    if (!is_known || after->removals < before->removals ||
        after->retimings < before->retimings)
        return changes / 2;
    stored = minus(changes, after->retimings - before->retimings);
    at_least = minus(stored, after->removals - before->removals);
    return at_least > stored / 2 ? at_least : stored / 2;
}
