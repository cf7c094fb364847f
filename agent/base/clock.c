#include "agent/base/clock.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The number in the environment's NAME; false when there is none. */
static bool environment(const char *name, double *number)
{
    const char *text = getenv(name);
    char *end;

    if (!text || !*text)
        return false;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number) && fabs(*number) < 9e15;
}

/* How much faster than true time the moment runs; 0: it is not replaced by a running
 * clock. */
static double fake_rate(void)
{
    double start, rate;

    return environment("WPB_FAKE_TIME_MS", &start) &&
                   environment("WPB_FAKE_TIME_RATE", &rate) && rate > 0
               ? rate
               : 0;
}

/* On CLOCK_MONOTONIC, when the running clock of a test began. */
static int64_t fake_origin_ms(void)
{
    static _Atomic int64_t kept;
    int64_t origin = atomic_load(&kept), unset = 0;
    double unix_ms;

    if (origin != 0)
        return origin;
    origin = read_ms(CLOCK_MONOTONIC);
    if (environment("WPB_FAKE_TIME_ORIGIN_MS", &unix_ms))
        origin -= read_ms(CLOCK_REALTIME) - (int64_t)unix_ms;
    if (origin == 0)
        origin = 1;
    return atomic_compare_exchange_strong(&kept, &unset, origin) ? origin : unset;
}

/* The moment of a running clock that started at START_MS. */
static struct wpb_moment fake_moment(double start_ms, double rate)
{
    int64_t origin = fake_origin_ms(), now = read_ms(CLOCK_MONOTONIC);
    double passed_ms = (double)(now > origin ? now - origin : 0) * rate;
    uint64_t steady_ms = (uint64_t)passed_ms + 1;

    return (struct wpb_moment){.monotonic_ms = steady_ms,
                               .unix_ms = (int64_t)(start_ms + passed_ms),
                               .boot_ms = steady_ms};
}

struct wpb_moment wpb_clock_moment(void)
{
    double start_ms, rate = fake_rate();
    bool is_fake = environment("WPB_FAKE_TIME_MS", &start_ms);

    if (is_fake && rate > 0)
        return fake_moment(start_ms, rate);
    return (struct wpb_moment){.monotonic_ms = (uint64_t)read_ms(CLOCK_MONOTONIC),
                               .unix_ms =
                                   is_fake ? (int64_t)start_ms : read_ms(CLOCK_REALTIME),
                               .boot_ms = (uint64_t)read_ms(CLOCK_BOOTTIME)};
}

int64_t wpb_clock_now_ms(void)
{
    return wpb_clock_moment().unix_ms;
}

uint64_t wpb_clock_monotonic_ms(void)
{
    return (uint64_t)read_ms(CLOCK_MONOTONIC);
}

uint64_t wpb_clock_real_ms(uint64_t duration_ms)
{
    double rate = fake_rate();
    double real_ms;

    if (rate <= 0)
        return duration_ms;
    real_ms = (double)duration_ms / rate;
    if (real_ms >= (double)(UINT64_MAX / 2))
        return UINT64_MAX / 2;
    return real_ms > 1 ? (uint64_t)real_ms : 1;
}

void wpb_clock_rfc3339(struct wpb_buf *out, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    char text[32];

    if (!gmtime_r(&seconds, &parts) ||
        !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)) {
        wpb_buf_text(out, "1970-01-01T00:00:00Z");
        return;
    }
    wpb_buf_text(out, text);
}

struct wpb_clock_change wpb_clock_watch_note(struct wpb_clock_watch *watch,
                                             struct wpb_moment now)
{
    struct wpb_clock_change change = {0};
    struct wpb_moment last = watch->last;

    watch->last = now;
    if (!watch->has_last) {
        watch->has_last = true;
        return change;
    }
    int64_t boot = (int64_t)(now.boot_ms - last.boot_ms);
    int64_t stepped = now.unix_ms - last.unix_ms - boot;
    int64_t suspended = boot - (int64_t)(now.monotonic_ms - last.monotonic_ms);
    if (stepped > WPB_CLOCK_STEP_MS || stepped < -WPB_CLOCK_STEP_MS)
        change.stepped_by_ms = stepped;
    if (suspended > WPB_CLOCK_STEP_MS)
        change.suspended_ms = (uint64_t)suspended;
    return change;
}
