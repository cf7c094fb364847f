/*
 * rdb.h - an RDB file, walked from its beginning to its end: one call per key.
 *
 * Reads what Redis 5 to 8.0 (RDB versions 9 to 12) and Valkey 7 to 9 (9 to 11, 80)
 * write. Values are sized and counted by their structure and never built; nothing is
 * allocated by a length that the file declares, and no length reaches past the file's
 * end. Bytes come from a callback, so that the reader itself does no I/O.
 *
 *   file   = ("REDIS" digit{4} | "VALKEY" digit{3}) item* FF checksum:64le
 *   item   = FA text text | FE len | FB len len | F5 text | F7 module-aux
 *          | F4 len len len | F3 text n:len (len len){n}           F3: Valkey only
 *          | (FD seconds:32le | FC ms:64le | F8 idle:len | F9 freq:8)* type:8 text value
 *   len    = 00xxxxxx | 01xxxxxx x:8 | 80 x:32be | 81 x:64be
 *   text   = len bytes | C0 int:8 | C1 int:16le | C2 int:32le | C3 len len lzf-bytes
 *
 * One thread at a time.
 */
#ifndef WPB_REDIS_RDB_H
#define WPB_REDIS_RDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

/* Longer names are passed cut; name_len is always the whole length. */
#define WPB_RDB_NAME_MAX 65536

struct wpb_rdb_source {
    /* Read up to LEN bytes at OFFSET: how many, 0 at the end, -1 with err. */
    ptrdiff_t (*read)(void *cookie, uint64_t offset, void *bytes, size_t len,
                      struct wpb_err *err);
    void *cookie;
    uint64_t size; /* of the file */
};

enum wpb_rdb_type {
    WPB_RDB_STRING,
    WPB_RDB_LIST,
    WPB_RDB_SET,
    WPB_RDB_ZSET,
    WPB_RDB_HASH,
    WPB_RDB_STREAM,
    WPB_RDB_MODULE,
};
/* "string", "list", ... as Redis' TYPE says; static. */
const char *wpb_rdb_type_name(enum wpb_rdb_type type);

struct wpb_rdb_key {
    uint64_t database;
    struct wpb_slice name; /* at most WPB_RDB_NAME_MAX; valid during the call */
    uint64_t name_len;
    enum wpb_rdb_type type;
    uint8_t type_byte;      /* as in the file: the type's encoding */
    uint64_t value_offset;  /* where the value begins; for wpb_rdb_value() */
    uint64_t encoded_bytes; /* of the value in the file */
    uint64_t length;        /* STRING: of the value, expanded */
    bool has_elements;      /* false: only a walk of a large listpack would tell */
    uint64_t elements;      /* of the others: members, fields, entries */
    uint64_t memory_bytes;  /* an estimate of MEMORY USAGE: rdb_memory.h */
    bool has_expiry, has_idle, has_freq;
    int64_t expires_ms; /* Unix time */
    uint64_t idle_seconds;
    uint8_t freq;
};

struct wpb_rdb_events {
    /* Return 0 to go on, anything else to stop (WPB_E_CANCELLED). */
    int (*key)(void *cookie, const struct wpb_rdb_key *key);
    /* A fact about the file, such as redis-ver; both cut to 255 bytes. May be NULL. */
    void (*aux)(void *cookie, struct wpb_slice name, struct wpb_slice value);
    void *cookie;
};

enum wpb_rdb_checksum {
    WPB_RDB_UNCHECKED, /* the end was not reached, or nobody asked */
    WPB_RDB_NONE,      /* the server was told to write none (rdbchecksum no) */
    WPB_RDB_GOOD,
    WPB_RDB_BAD,
};

/* What stands even when the walk failed. */
struct wpb_rdb_result {
    unsigned version; /* 11; 0 until the header was read */
    bool is_valkey;   /* the header says VALKEY */
    uint64_t keys;    /* passed on */
    uint64_t bytes;   /* of the file, understood so far */
    enum wpb_rdb_checksum checksum;
    uint64_t trailing_bytes; /* after the end: the commands of an append-only file */
};

/* Walk the file. CHECKS: verify the checksum too, which means reading all of it;
 * without, large values are jumped over. -1 with the byte in err: WPB_E_SYNTAX,
 * WPB_E_UNSUPPORTED (a version or type that is not known), WPB_E_IO of the source,
 * WPB_E_MEMORY, WPB_E_CANCELLED. A wrong checksum is WPB_E_SYNTAX after all keys were
 * passed on. */
int wpb_rdb_walk(const struct wpb_rdb_source *source, bool checks,
                 const struct wpb_rdb_events *events, struct wpb_rdb_result *result,
                 struct wpb_err *err);

/* Return 0 to go on, anything else when no more is wanted. */
typedef int wpb_rdb_sink(void *cookie, struct wpb_slice chunk);

/* Pass on the bytes of the STRING whose value_offset is OFFSET, expanded, in chunks, at
 * most MAX_BYTES of them. */
int wpb_rdb_value(const struct wpb_rdb_source *source, uint64_t offset,
                  uint64_t max_bytes, wpb_rdb_sink *sink, void *cookie,
                  struct wpb_err *err);

#endif
