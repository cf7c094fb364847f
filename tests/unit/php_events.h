/*
 * php_events.h - what a decoder reports of a value, as text that tests can compare.
 */
#ifndef WPB_TESTS_PHP_EVENTS_H
#define WPB_TESTS_PHP_EVENTS_H

#include "agent/base/buf.h"
#include "probes/php/decoder.h"

/* A slice of a literal that may hold NULs. */
#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)

/* Fill OUT (initialised here) with a line an event, every field of it, then how many
 * elements and bytes and "ok" or the error, of VALUE fed in chunks of at most CHUNK.
 * Each chunk is a block of its own, so that a sanitizer sees a look past it. */
void php_events(enum wpb_php_decoder kind, struct wpb_slice value, size_t chunk,
                const struct wpb_php_limits *limits, struct wpb_buf *out);

/* Asserts that the events of VALUE, whole and byte by byte, are EXPECTED. */
void php_events_expect(enum wpb_php_decoder kind, struct wpb_slice value,
                       const char *expected);
/* Asserts the last line: the error after the counts, or "ok". */
void php_events_expect_end(enum wpb_php_decoder kind, struct wpb_slice value,
                           const char *message);
/* Asserts that VALUE is accepted whole, cut in two at every byte and byte by byte, with
 * the same events; and refused as ending early when it is truncated at any byte. */
void php_events_expect_fed(enum wpb_php_decoder kind, struct wpb_slice value);

#endif
