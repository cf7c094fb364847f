/* The first byte chooses who reads the rest, all of it from outside: counters of the
 * systems, the proof of an owner, the agent's health, rates, a URL. Counters are finite
 * and not negative, or unknown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/load/agent_alerts.h"
#include "agent/load/counters.h"
#include "agent/load/owner.h"
#include "agent/load/plan.h"
#include "tests/fuzz/fuzz.h"

static void read_counters(char who, struct wpb_slice text)
{
    struct wpb_load_counters counters;
    size_t half = text.len / 2;

    wpb_load_counters_begin(&counters, 0);
    if (who == 's')
        wpb_load_counters_of_stat(&counters, text, 100, 0);
    else if (who == 'i')
        wpb_load_counters_of_info(&counters, text);
    else
        wpb_load_counters_of_status(&counters, wpb_slice_head(text, half),
                                    wpb_slice_skip(text, half));
    for (size_t i = 0; i < WPB_LOAD_COUNTERS; i++) {
        if (!isnan(counters.values[i]) && !(counters.values[i] >= 0))
            abort();
    }
}

static void read_rates(const char *text)
{
    struct wpb_load_plan plan = {0};
    struct wpb_err err;

    if (wpb_load_plan_rates(&plan, text, &err))
        return;
    if (!plan.step_count || plan.step_count > WPB_LOAD_STEPS_MAX ||
        !(plan.rates[plan.step_count - 1] <= WPB_LOAD_RATE_MAX))
        abort();
}

static void read_url(const char *text)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_load_target target;
    struct wpb_err err;

    if (wpb_load_target_parse(text, arena, &target, &err) == 0 &&
        (!target.host[0] || strchr(target.url, '#') ||
         strncmp(target.url, "http", 4) != 0))
        abort();
    wpb_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_skip(wpb_slice_of(data, size), 1);
    char *copy = malloc(text.len + 1);
    uint64_t firing;

    if (!size || !copy) {
        free(copy);
        return 0;
    }
    memcpy(copy, data + 1, text.len);
    copy[text.len] = '\0';
    switch (data[0]) {
    case 'o':
        wpb_load_owner_proves(text, "00112233445566778899aabbccddeeff");
        break;
    case 'a':
        wpb_load_agent_alerts_of(text, &firing);
        break;
    case 'r':
        read_rates(copy);
        break;
    case 'u':
        read_url(copy);
        break;
    default:
        read_counters((char)data[0], text);
    }
    free(copy);
    return 0;
}
