/*
 * clock.h - the only place that reads a clock or prints a time.
 */
#ifndef WPB_BASE_CLOCK_H
#define WPB_BASE_CLOCK_H

#include <stdint.h>

#include "agent/base/buf.h"

/* Unix time in milliseconds. WPB_FAKE_TIME_MS in the environment replaces it,
 * so that golden files can be compared. */
int64_t wpb_clock_now_ms(void);
/* Milliseconds of a clock that never steps. */
uint64_t wpb_clock_monotonic_ms(void);
/* "2026-11-23T20:00:00Z" */
void wpb_clock_rfc3339(struct wpb_buf *out, int64_t unix_ms);

#endif
