#include "agent/base/clock.h"

#include <stdlib.h>
#include <time.h>

int64_t wpb_clock_now_ms(void)
{
    const char *fake = getenv("WPB_FAKE_TIME_MS");
    struct timespec now;

    if (fake && *fake)
        return strtoll(fake, NULL, 10);
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t wpb_clock_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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
