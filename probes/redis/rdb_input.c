#include "probes/redis/rdb_input.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "probes/php/codec.h"

#define STAGE "rdb"
/* No three bytes of lzf expand to more. */
#define LZF_COPY_MAX 264

struct wpb_rdb_input *wpb_rdb_input_new(const struct wpb_rdb_source *source,
                                        uint64_t offset, bool checks, struct wpb_err *err)
{
    struct wpb_rdb_input *input = malloc(sizeof *input);

    if (!input) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    input->source = source;
    input->err = err;
    input->what = "the header";
    input->base = offset;
    input->at = input->filled = input->summed = 0;
    input->checks = checks;
    input->checksum = 0;
    if (checks)
        wpb_rdb_crc_init(&input->crc);
    return input;
}

int wpb_rdb_fail(struct wpb_rdb_input *input, enum wpb_err_code code, const char *format,
                 ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return wpb_err_set(input->err, code, STAGE, "RDB: at byte %" PRIu64 ": %s",
                       wpb_rdb_at(input), text);
}

static int fail_truncated(struct wpb_rdb_input *input, uint64_t end)
{
    return wpb_err_set(input->err, WPB_E_SYNTAX, STAGE,
                       "RDB: the file ends at byte %" PRIu64 ", in the middle of %s", end,
                       input->what);
}

uint64_t wpb_rdb_checksum(struct wpb_rdb_input *input)
{
    if (input->checks)
        input->checksum =
            wpb_rdb_crc_add(&input->crc, input->checksum, input->window + input->summed,
                            input->at - input->summed);
    input->summed = input->at;
    return input->checksum;
}

/* Have N bytes, or what the file has, side by side from `at` on. */
static int fill(struct wpb_rdb_input *input, size_t n)
{
    wpb_rdb_checksum(input);
    memmove(input->window, input->window + input->at, input->filled - input->at);
    input->base += input->at;
    input->filled -= input->at;
    input->at = input->summed = 0;
    while (input->filled < n) {
        ptrdiff_t got =
            input->source->read(input->source->cookie, input->base + input->filled,
                                input->window + input->filled,
                                sizeof input->window - input->filled, input->err);
        if (got < 0)
            return -1;
        if (got == 0)
            return fail_truncated(input, input->base + input->filled);
        input->filled += (size_t)got;
    }
    return 0;
}

const unsigned char *wpb_rdb_take(struct wpb_rdb_input *input, size_t n)
{
    if (input->filled - input->at < n && fill(input, n) != 0)
        return NULL;
    input->at += n;
    return input->window + input->at - n;
}

int wpb_rdb_skip(struct wpb_rdb_input *input, uint64_t n)
{
    if (n > wpb_rdb_left(input))
        return fail_truncated(input, input->source->size);
    while (n > input->filled - input->at) {
        n -= input->filled - input->at;
        input->at = input->filled;
        if (!input->checks) {
            input->base += input->at + n;
            input->at = input->filled = input->summed = 0;
            return 0;
        }
        if (fill(input, 1) != 0)
            return -1;
    }
    input->at += (size_t)n;
    return 0;
}

/* ---- lengths ---- */

static uint64_t big_endian(const unsigned char *bytes, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* *SPECIAL is the lower six bits of a byte that begins no length, else -1. */
static int read_length(struct wpb_rdb_input *input, uint64_t *length, int *special)
{
    const unsigned char *byte = wpb_rdb_take(input, 1);
    unsigned first, wide;

    if (!byte)
        return -1;
    first = *byte;
    *special = -1;
    switch (first >> 6) {
    case 0:
        *length = first & 0x3f;
        return 0;
    case 1:
        byte = wpb_rdb_take(input, 1);
        *length = byte ? (uint64_t)(first & 0x3f) << 8 | *byte : 0;
        return byte ? 0 : -1;
    case 2:
        wide = first == 0x80 ? 4 : first == 0x81 ? 8 : 0;
        if (!wide)
            return wpb_rdb_fail(input, WPB_E_SYNTAX, "%02x begins no length", first);
        byte = wpb_rdb_take(input, wide);
        *length = byte ? big_endian(byte, wide) : 0;
        return byte ? 0 : -1;
    default:
        *special = (int)(first & 0x3f);
        *length = 0;
        return 0;
    }
}

int wpb_rdb_length(struct wpb_rdb_input *input, uint64_t *length)
{
    int special;

    if (read_length(input, length, &special) != 0)
        return -1;
    if (special >= 0)
        return wpb_rdb_fail(input, WPB_E_SYNTAX, "%02x begins no length",
                            0xc0 | (unsigned)special);
    return 0;
}

int wpb_rdb_count(struct wpb_rdb_input *input, uint64_t *count)
{
    if (wpb_rdb_length(input, count) != 0)
        return -1;
    if (*count <= wpb_rdb_left(input))
        return 0;
    return wpb_rdb_fail(input, WPB_E_SYNTAX,
                        "%s declares %" PRIu64 " parts, and the file has %" PRIu64
                        " bytes left",
                        input->what, *count, wpb_rdb_left(input));
}

/* ---- texts ---- */

static uint64_t decimal_length(int64_t number)
{
    uint64_t length = number < 0 ? 2 : 1;
    for (number /= 10; number != 0; number /= 10)
        length++;
    return length;
}

static int read_integer(struct wpb_rdb_input *input, struct wpb_rdb_text *text,
                        unsigned width)
{
    const unsigned char *bytes = wpb_rdb_take(input, width);
    uint32_t number = 0;

    if (!bytes)
        return -1;
    for (unsigned i = width; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    text->is_integer = true;
    text->integer = width == 1   ? (int8_t)number
                    : width == 2 ? (int16_t)number
                                 : (int32_t)number;
    text->length = decimal_length(text->integer);
    return 0;
}

static int read_lzf_head(struct wpb_rdb_input *input, struct wpb_rdb_text *text)
{
    if (wpb_rdb_length(input, &text->stored) != 0 ||
        wpb_rdb_length(input, &text->length) != 0)
        return -1;
    text->is_lzf = true;
    if (text->stored == 0 || text->length == 0 ||
        text->length / LZF_COPY_MAX > text->stored)
        return wpb_rdb_fail(input, WPB_E_SYNTAX,
                            "%" PRIu64 " bytes of lzf cannot be %" PRIu64 " bytes",
                            text->stored, text->length);
    return 0;
}

int wpb_rdb_text_head(struct wpb_rdb_input *input, struct wpb_rdb_text *text)
{
    int special;

    *text = (struct wpb_rdb_text){0};
    if (read_length(input, &text->length, &special) != 0)
        return -1;
    if (special < 0) {
        text->stored = text->length;
    } else if (special <= 2) {
        return read_integer(input, text, 1u << special);
    } else if (special == 3) {
        if (read_lzf_head(input, text) != 0)
            return -1;
    } else {
        return wpb_rdb_fail(input, WPB_E_SYNTAX, "%02x begins no text",
                            0xc0 | (unsigned)special);
    }
    if (text->stored <= wpb_rdb_left(input))
        return 0;
    return wpb_rdb_fail(input, WPB_E_SYNTAX,
                        "%s takes %" PRIu64 " bytes, and the file has %" PRIu64 " left",
                        input->what, text->stored, wpb_rdb_left(input));
}

int wpb_rdb_text_skip(struct wpb_rdb_input *input, struct wpb_rdb_text *text)
{
    if (wpb_rdb_text_head(input, text) != 0)
        return -1;
    return wpb_rdb_skip(input, text->stored);
}

int wpb_rdb_text_read(struct wpb_rdb_input *input, struct wpb_rdb_text *text,
                      unsigned char *out, size_t capacity, size_t *kept)
{
    char digits[24];
    uint64_t whole;

    *kept = 0;
    if (wpb_rdb_text_head(input, text) != 0)
        return -1;
    whole = text->length < capacity ? text->length : capacity;
    if (text->is_integer) {
        snprintf(digits, sizeof digits, "%" PRId64, text->integer);
        memcpy(out, digits, (size_t)whole);
        *kept = (size_t)whole;
        return 0;
    }
    /* Of lzf, the bytes at hand give CAPACITY bytes or more, or all. */
    size_t near =
        text->stored < WPB_RDB_TAKE_MAX ? (size_t)text->stored : (size_t)WPB_RDB_TAKE_MAX;
    if (!text->is_lzf && near > whole)
        near = (size_t)whole;
    const unsigned char *bytes = wpb_rdb_take(input, near);
    if (!bytes)
        return -1;
    if (text->is_lzf) {
        *kept = wpb_codec_lzf_head(wpb_slice_of(bytes, near), out, (size_t)whole);
    } else {
        memcpy(out, bytes, near);
        *kept = near;
    }
    if (*kept < whole)
        return wpb_rdb_fail(input, WPB_E_SYNTAX, "%s is malformed lzf", input->what);
    return wpb_rdb_skip(input, text->stored - near);
}
