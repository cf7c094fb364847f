/*
 * rdb_input.h - the bytes of an RDB file through a window, and its two primitives:
 * lengths and texts. Inside the reader only.
 *
 * A failure is told once, in `err`; all functions then return -1. Every length is
 * checked against what the file still holds before anything is done with it.
 */
#ifndef WPB_REDIS_RDB_INPUT_H
#define WPB_REDIS_RDB_INPUT_H

#include "probes/redis/rdb.h"
#include "probes/redis/rdb_crc.h"

#define WPB_RDB_WINDOW (256u * 1024)
/* Bytes that can be had side by side. */
#define WPB_RDB_TAKE_MAX (128u * 1024)

struct wpb_rdb_input {
    const struct wpb_rdb_source *source;
    struct wpb_err *err;
    const char *what; /* being read: "a key's name" */
    uint64_t base;    /* offset of window[0] */
    size_t at, filled;
    bool checks;
    uint64_t checksum; /* of what was read before window[summed] */
    size_t summed;
    struct wpb_rdb_crc crc;
    unsigned char window[WPB_RDB_WINDOW];
};

/* A string as it stands in the file; after its head, `stored` bytes of it follow. */
struct wpb_rdb_text {
    uint64_t stored, length;
    bool is_lzf, is_integer;
    int64_t integer;
};

/* On the heap, beginning at OFFSET. NULL when memory is out, told in ERR. */
struct wpb_rdb_input *wpb_rdb_input_new(const struct wpb_rdb_source *source,
                                        uint64_t offset, bool checks,
                                        struct wpb_err *err);

static inline uint64_t wpb_rdb_at(const struct wpb_rdb_input *input)
{
    return input->base + input->at;
}
static inline uint64_t wpb_rdb_left(const struct wpb_rdb_input *input)
{
    uint64_t at = wpb_rdb_at(input);
    return input->source->size > at ? input->source->size - at : 0;
}

/* Fail with "RDB: at byte N: ..." */
int wpb_rdb_fail(struct wpb_rdb_input *input, enum wpb_err_code code, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
/* The next N bytes (at most WPB_RDB_TAKE_MAX), valid until the next call. NULL: failed.
 */
const unsigned char *wpb_rdb_take(struct wpb_rdb_input *input, size_t n);
/* Pass over N bytes. */
int wpb_rdb_skip(struct wpb_rdb_input *input, uint64_t n);
/* What was read so far, with its checksum. */
uint64_t wpb_rdb_checksum(struct wpb_rdb_input *input);

int wpb_rdb_length(struct wpb_rdb_input *input, uint64_t *length);
/* A length that counts things of which each takes a byte at least. */
int wpb_rdb_count(struct wpb_rdb_input *input, uint64_t *count);
/* The head of a text. */
int wpb_rdb_text_head(struct wpb_rdb_input *input, struct wpb_rdb_text *text);
/* A whole text, passed over. */
int wpb_rdb_text_skip(struct wpb_rdb_input *input, struct wpb_rdb_text *text);
/* A whole text, of which the first CAPACITY bytes, expanded, go to OUT. *KEPT: how many
 * these are. */
int wpb_rdb_text_read(struct wpb_rdb_input *input, struct wpb_rdb_text *text,
                      unsigned char *out, size_t capacity, size_t *kept);

#endif
