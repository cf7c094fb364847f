#include "probes/mysql/digest_book.h"

/* FNV-1a: two of a thousand digests share a key once in 10^13 books. */
uint64_t wpb_digest_key(struct wpb_slice digest)
{
    uint64_t hash = 14695981039346656037ull;

    for (size_t i = 0; i < digest.len; i++)
        hash = (hash ^ (unsigned char)digest.data[i]) * 1099511628211ull;
    return hash;
}

static struct wpb_digest_entry *find(struct wpb_digest_book *book, uint64_t key)
{
    for (size_t i = 0; i < book->count; i++) {
        if (book->entries[i].key == key)
            return &book->entries[i];
    }
    return NULL;
}

static struct wpb_digest_entry *place(struct wpb_digest_book *book)
{
    struct wpb_digest_entry *oldest = &book->entries[0];

    if (book->count < WPB_DIGESTS_MAX)
        return &book->entries[book->count++];
    for (size_t i = 1; i < book->count; i++) {
        if (book->entries[i].seen_ms < oldest->seen_ms)
            oldest = &book->entries[i];
    }
    return oldest;
}

bool wpb_digest_book_take(struct wpb_digest_book *book, uint64_t key, int64_t now_ms,
                          int64_t first_ms, struct wpb_digest_sums sums,
                          struct wpb_digest_sums *since)
{
    struct wpb_digest_entry *entry = find(book, key);
    struct wpb_digest_sums before = {0};
    bool is_known = entry != NULL;

    if (entry)
        before = entry->sums;
    else
        entry = place(book);
    *entry = (struct wpb_digest_entry){key, now_ms, sums};
    if (!book->looked_ms || (!is_known && first_ms <= book->looked_ms) ||
        sums.executions < before.executions || sums.usec < before.usec ||
        sums.rows < before.rows)
        return false;
    *since = (struct wpb_digest_sums){sums.executions - before.executions,
                                      sums.usec - before.usec, sums.rows - before.rows};
    return true;
}
