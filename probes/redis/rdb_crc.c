#include "probes/redis/rdb_crc.h"

#include <endian.h>
#include <string.h>

#define JONES_REFLECTED UINT64_C(0x95ac9329ac4bc9b5)

/* Eight bytes at a time: each goes through the table of its distance. */
static inline uint64_t step(const struct wpb_rdb_crc *crc, uint64_t checksum,
                            const unsigned char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    word = le64toh(word) ^ checksum;
    return crc->table[7][word & 0xff] ^ crc->table[6][word >> 8 & 0xff] ^
           crc->table[5][word >> 16 & 0xff] ^ crc->table[4][word >> 24 & 0xff] ^
           crc->table[3][word >> 32 & 0xff] ^ crc->table[2][word >> 40 & 0xff] ^
           crc->table[1][word >> 48 & 0xff] ^ crc->table[0][word >> 56];
}

static uint64_t add(const struct wpb_rdb_crc *crc, uint64_t checksum,
                    const unsigned char *bytes, size_t len)
{
    for (; len >= 8; len -= 8, bytes += 8)
        checksum = step(crc, checksum, bytes);
    for (; len > 0; len--)
        checksum = checksum >> 8 ^ crc->table[0][(checksum ^ *bytes++) & 0xff];
    return checksum;
}

static uint64_t move(const struct wpb_rdb_crc *crc, uint64_t checksum)
{
    uint64_t moved = 0;

    for (unsigned n = 0; n < 8; n++)
        moved ^= crc->move[n][checksum >> (8 * n) & 0xff];
    return moved;
}

static void init_bytes(struct wpb_rdb_crc *crc)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ JONES_REFLECTED : value >> 1;
        crc->table[0][byte] = value;
    }
    for (unsigned n = 1; n < 8; n++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t value = crc->table[n - 1][byte];
            crc->table[n][byte] = value >> 8 ^ crc->table[0][value & 0xff];
        }
}

/* Moving is linear: each bit is moved alone, bytes are sums of their bits. */
static void init_moves(struct wpb_rdb_crc *crc)
{
    static const unsigned char zeros[WPB_RDB_CRC_PART];

    for (unsigned n = 0; n < 8; n++) {
        crc->move[n][0] = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            uint64_t moved = add(crc, UINT64_C(1) << (8 * n + bit), zeros, sizeof zeros);
            for (unsigned byte = 0; byte < 1u << bit; byte++)
                crc->move[n][1u << bit | byte] = crc->move[n][byte] ^ moved;
        }
    }
}

void wpb_rdb_crc_init(struct wpb_rdb_crc *crc)
{
    init_bytes(crc);
    init_moves(crc);
}

uint64_t wpb_rdb_crc_add(const struct wpb_rdb_crc *crc, uint64_t checksum,
                         const unsigned char *bytes, size_t len)
{
    const size_t part = WPB_RDB_CRC_PART;

    for (; len >= 3 * part; len -= 3 * part, bytes += 3 * part) {
        uint64_t second = 0, third = 0;
        for (size_t i = 0; i < part; i += 8) {
            checksum = step(crc, checksum, bytes + i);
            second = step(crc, second, bytes + part + i);
            third = step(crc, third, bytes + 2 * part + i);
        }
        checksum = move(crc, move(crc, checksum) ^ second) ^ third;
    }
    return add(crc, checksum, bytes, len);
}
