#include "rdb_file.h"

#include <string.h>

#include "probes/redis/rdb_crc.h"

void rdb_file_begin(struct wpb_buf *file, const char *header)
{
    wpb_buf_init(file, 0);
    wpb_buf_text(file, header);
}

void rdb_file_length(struct wpb_buf *file, uint64_t length)
{
    if (length < 64) {
        wpb_buf_char(file, (char)length);
    } else if (length < 16384) {
        wpb_buf_char(file, (char)(0x40 | length >> 8));
        wpb_buf_char(file, (char)length);
    } else {
        bool is_wide = length > UINT32_MAX;
        wpb_buf_char(file, (char)(is_wide ? 0x81 : 0x80));
        for (int shift = is_wide ? 56 : 24; shift >= 0; shift -= 8)
            wpb_buf_char(file, (char)(length >> shift));
    }
}

void rdb_file_text(struct wpb_buf *file, const void *bytes, size_t len)
{
    rdb_file_length(file, len);
    wpb_buf_add(file, bytes, len);
}

void rdb_file_key(struct wpb_buf *file, unsigned type_byte, const char *name)
{
    wpb_buf_char(file, (char)type_byte);
    rdb_file_text(file, name, strlen(name));
}

void rdb_file_end(struct wpb_buf *file)
{
    struct wpb_rdb_crc crc;

    wpb_buf_char(file, (char)0xff);
    wpb_rdb_crc_init(&crc);
    uint64_t checksum =
        wpb_rdb_crc_add(&crc, 0, (const unsigned char *)file->data, file->len);
    for (int shift = 0; shift < 64; shift += 8)
        wpb_buf_char(file, (char)(checksum >> shift));
}

static ptrdiff_t read_memory(void *cookie, uint64_t offset, void *bytes, size_t len,
                             struct wpb_err *err)
{
    const struct rdb_memory *memory = cookie;
    (void)err;
    if (offset >= memory->size)
        return 0;
    if (len > memory->size - offset)
        len = (size_t)(memory->size - offset);
    if (memory->step && len > memory->step)
        len = memory->step;
    memcpy(bytes, (const char *)memory->bytes + offset, len);
    return (ptrdiff_t)len;
}

struct wpb_rdb_source rdb_memory_source(struct rdb_memory *memory)
{
    return (struct wpb_rdb_source){read_memory, memory, memory->size};
}
