/*
 * digest_book.h - what each kind of statement had added up to when it was looked at last,
 * so that the next look can say what it did since.
 *
 * A kind is a digest of performance_schema, known by a hash of it. The book has room for
 * WPB_DIGESTS_MAX; of more, the one that was looked at longest ago goes. Pure; time is an
 * argument, the server's.
 */
#ifndef WPB_MYSQL_DIGEST_BOOK_H
#define WPB_MYSQL_DIGEST_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_DIGESTS_MAX 1000

struct wpb_digest_sums {
    uint64_t executions, usec, rows;
};

struct wpb_digest_entry {
    uint64_t key;
    int64_t seen_ms;
    struct wpb_digest_sums sums;
};

struct wpb_digest_book {
    int64_t looked_ms; /* at the look before; 0: there was none */
    size_t count;
    struct wpb_digest_entry entries[WPB_DIGESTS_MAX];
};

uint64_t wpb_digest_key(struct wpb_slice digest);

/* A look at NOW_MS saw the digest of KEY, which came into being at FIRST_MS, with SUMS in
 * all: remember them. True with what it has done SINCE the look before; false when that
 * cannot be told: nobody knows what it had done before, or it was begun anew. */
bool wpb_digest_book_take(struct wpb_digest_book *book, uint64_t key, int64_t now_ms,
                          int64_t first_ms, struct wpb_digest_sums sums,
                          struct wpb_digest_sums *since);

#endif
