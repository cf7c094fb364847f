/*
 * clock.h - the only place that reads a clock or prints a time.
 *
 * What is planned, stored and told goes by wpb_clock_moment(); how long a piece of work
 * takes is measured with wpb_clock_monotonic_ms(), which nothing replaces.
 *
 * For tests the environment replaces the moment. WPB_FAKE_TIME_MS=START alone: Unix time
 * stands still at START, so that golden files can be compared. With WPB_FAKE_TIME_RATE=N
 * beside it, time runs from START on and N times as fast, so that months pass in minutes;
 * who waits then hands wpb_clock_real_ms() to its timer. It is START when the process
 * first asks, or, so that time goes on after a restart, when the true Unix time is
 * WPB_FAKE_TIME_ORIGIN_MS. Any thread.
 */
#ifndef WPB_BASE_CLOCK_H
#define WPB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"

/* One moment on the clocks of this machine. Those who decide by time take one as an
 * argument. */
struct wpb_moment {
    uint64_t monotonic_ms; /* never steps; stands still while the machine is suspended */
    int64_t unix_ms;       /* steps when somebody sets the clock */
    uint64_t boot_ms;      /* never steps; goes on while the machine is suspended */
};

struct wpb_moment wpb_clock_moment(void);
/* Its Unix time, in milliseconds. */
int64_t wpb_clock_now_ms(void);
/* Milliseconds of a clock that never steps and always keeps true time. */
uint64_t wpb_clock_monotonic_ms(void);
/* The true milliseconds that DURATION_MS of wpb_clock_moment() take: what to hand to a
 * timer. The same where no clock is replaced; else at least 1. */
uint64_t wpb_clock_real_ms(uint64_t duration_ms);

/* "2026-11-23T20:00:00Z" */
void wpb_clock_rfc3339(struct wpb_buf *out, int64_t unix_ms);

/* Has somebody set the clock, was the machine suspended? Notes moments and tells what
 * happened between them. Pure; begin with zeros. */
struct wpb_clock_watch {
    struct wpb_moment last;
    bool has_last;
};

struct wpb_clock_change {
    int64_t stepped_by_ms; /* Unix time went so much further (less: back) than time did */
    uint64_t suspended_ms; /* so long */
};

/* Both are 0 at first, and when less than WPB_CLOCK_STEP_MS: a clock that is slewed, or
 * read late, has not been set. */
#define WPB_CLOCK_STEP_MS 2000
struct wpb_clock_change wpb_clock_watch_note(struct wpb_clock_watch *watch,
                                             struct wpb_moment now);

#endif
