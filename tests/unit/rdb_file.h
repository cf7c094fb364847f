/*
 * rdb_file.h - an RDB file made by hand, and a source that reads bytes in memory.
 */
#ifndef TESTS_RDB_FILE_H
#define TESTS_RDB_FILE_H

#include "agent/base/buf.h"
#include "probes/redis/rdb.h"

/* The bytes of a literal, NULs included. */
#define RDB_BYTES(out, literal) wpb_buf_add(out, literal, sizeof(literal) - 1)

/* "REDIS0011" and the like. */
void rdb_file_begin(struct wpb_buf *file, const char *header);
void rdb_file_length(struct wpb_buf *file, uint64_t length);
void rdb_file_text(struct wpb_buf *file, const void *bytes, size_t len);
/* A type byte and a key's name. */
void rdb_file_key(struct wpb_buf *file, unsigned type_byte, const char *name);
/* The end: FF and the true checksum. */
void rdb_file_end(struct wpb_buf *file);

struct rdb_memory {
    const void *bytes;
    uint64_t size;
    size_t step; /* bytes of one read at most; 0: all that is asked for */
};
/* Reads MEMORY, which must outlive it. */
struct wpb_rdb_source rdb_memory_source(struct rdb_memory *memory);

#endif
