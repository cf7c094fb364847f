/*
 * ulid.h - identifiers that sort by the time they were made: 26 characters of Crockford's
 * base 32, 48 bits of Unix milliseconds before 80 that nobody can guess.
 *
 * The 80 bits are drawn from a seed by SHA-256, and within one millisecond each is one
 * above the one before. So whoever makes identifiers needs no system call, and a test
 * that sets the seed knows them. One thread.
 */
#ifndef WPB_BASE_ULID_H
#define WPB_BASE_ULID_H

#include <stdint.h>

#include "wpbloat/err.h"

#define WPB_ULID_TEXT 27 /* with its NUL */
#define WPB_ULID_SEED_BYTES 32

struct wpb_ulid_source {
    uint8_t seed[WPB_ULID_SEED_BYTES];
    uint64_t drawn;   /* times that the seed was drawn from */
    uint64_t last_ms; /* of the newest identifier, and its 80 bits */
    uint8_t random[10];
};

/* Seed SOURCE from the kernel. */
int wpb_ulid_seed(struct wpb_ulid_source *source, struct wpb_err *err);
/* The next identifier, of NOW_MS (before 1970 counts as 1970), with a NUL. */
void wpb_ulid_next(struct wpb_ulid_source *source, int64_t now_ms,
                   char text[WPB_ULID_TEXT]);

#endif
