#include "agent/schedule/breaker.h"

#include <stdio.h>

/* A hash of SEED and N in which each bit counts (the finaliser of MurmurHash3). */
static uint64_t mixed(uint64_t seed, uint64_t n)
{
    uint64_t hash = seed ^ (n * 0x9e3779b97f4a7c15u);

    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53u;
    return hash ^ (hash >> 33);
}

static void open_for(struct wpb_breaker *breaker, uint64_t wait_ms, struct wpb_moment now)
{
    wait_ms -= mixed(breaker->seed, breaker->trials) % (wait_ms / 5 + 1);
    breaker->state = WPB_BREAKER_OPEN;
    breaker->retry_ms = now.monotonic_ms + wait_ms;
    breaker->retry_unix_ms = now.unix_ms + (int64_t)wait_ms;
}

static uint64_t wait_after(unsigned trials)
{
    uint64_t wait_ms = WPB_BREAKER_FIRST_MS;

    while (trials-- > 0 && wait_ms < WPB_BREAKER_LONGEST_MS)
        wait_ms *= 2;
    return wait_ms < WPB_BREAKER_LONGEST_MS ? wait_ms : WPB_BREAKER_LONGEST_MS;
}

void wpb_breaker_init(struct wpb_breaker *breaker, uint64_t seed)
{
    *breaker = (struct wpb_breaker){.seed = seed};
}

bool wpb_breaker_allows(const struct wpb_breaker *breaker, uint64_t now_ms)
{
    switch (breaker->state) {
    case WPB_BREAKER_CLOSED:
        return true;
    case WPB_BREAKER_OPEN:
        return now_ms >= breaker->retry_ms;
    case WPB_BREAKER_HALF_OPEN:
        return false;
    }
    return false;
}

void wpb_breaker_trial(struct wpb_breaker *breaker)
{
    if (breaker->state == WPB_BREAKER_OPEN)
        breaker->state = WPB_BREAKER_HALF_OPEN;
}

void wpb_breaker_succeeded(struct wpb_breaker *breaker)
{
    wpb_breaker_init(breaker, breaker->seed);
}

void wpb_breaker_failed(struct wpb_breaker *breaker, struct wpb_moment now,
                        const char *reason)
{
    if (breaker->failures++ == 0)
        breaker->since_unix_ms = now.unix_ms;
    snprintf(breaker->reason, sizeof(breaker->reason), "%s", reason);
    switch (breaker->state) {
    case WPB_BREAKER_CLOSED:
        if (breaker->failures >= WPB_BREAKER_FAILURES)
            open_for(breaker, wait_after(0), now);
        break;
    case WPB_BREAKER_OPEN:
        break;
    case WPB_BREAKER_HALF_OPEN:
        breaker->trials++;
        open_for(breaker, wait_after(breaker->trials), now);
        break;
    }
}

void wpb_breaker_abandoned(struct wpb_breaker *breaker, struct wpb_moment now)
{
    if (breaker->state == WPB_BREAKER_HALF_OPEN)
        open_for(breaker, wait_after(0), now);
}

const char *wpb_breaker_state_name(enum wpb_breaker_state state)
{
    static const char *const names[] = {"closed", "open", "half-open"};

    return names[state];
}

void wpb_breaker_say(const struct wpb_breaker *breaker, const char *name,
                     struct wpb_buf *out)
{
    wpb_buf_printf(out, "%s does not answer since ", name);
    wpb_clock_rfc3339(out, breaker->since_unix_ms);
    if (breaker->reason[0])
        wpb_buf_printf(out, " (%s)", breaker->reason);
    if (breaker->state == WPB_BREAKER_HALF_OPEN) {
        wpb_buf_text(out, "; being tried now");
    } else {
        wpb_buf_text(out, "; next try at ");
        wpb_clock_rfc3339(out, breaker->retry_unix_ms);
    }
}
