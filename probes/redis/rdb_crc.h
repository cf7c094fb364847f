/*
 * rdb_crc.h - the 64-bit checksum at the end of an RDB file: polynomial of Jones,
 * reflected, beginning with 0.
 *
 * Three parts of a long run of bytes are summed side by side, because each step of one
 * sum waits for the step before, and then joined: the sum of a part is moved past the
 * bytes of the next by a table. Pure.
 */
#ifndef WPB_REDIS_RDB_CRC_H
#define WPB_REDIS_RDB_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of each part. */
#define WPB_RDB_CRC_PART 8192

struct wpb_rdb_crc {
    uint64_t table[8][256]; /* [n][b]: b followed by n zero bytes */
    uint64_t move[8][256];  /* [n][b]: byte n of a sum, moved past a part */
};

void wpb_rdb_crc_init(struct wpb_rdb_crc *crc);
/* The checksum of what CHECKSUM is of, followed by LEN bytes. */
uint64_t wpb_rdb_crc_add(const struct wpb_rdb_crc *crc, uint64_t checksum,
                         const unsigned char *bytes, size_t len);

#endif
