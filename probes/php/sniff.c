#include "probes/php/codec.h"
#include "probes/php/memory.h"

/* First bytes were recorded from phpredis 5.3 with each serializer and compression. */

#define LZ4_HEAD 5 /* crc8 of the length, the length in 4 bytes */

const char *wpb_php_encoding_name(enum wpb_php_encoding encoding)
{
    static const char *const names[] = {
        [WPB_PHP_RAW] = "raw",
        [WPB_PHP_SERIALIZE] = "serialize",
        [WPB_PHP_IGBINARY] = "igbinary",
        [WPB_PHP_JSON] = "json",
        [WPB_PHP_MSGPACK] = "msgpack",
        [WPB_PHP_ZSTD] = "zstd",
        [WPB_PHP_LZ4] = "lz4",
        [WPB_PHP_LZF] = "lzf",
        [WPB_PHP_ARRAY_LITERAL] = "array-literal",
        [WPB_PHP_EMPTY] = "empty",
    };
    return names[encoding];
}

static bool starts(struct wpb_slice head, const char *bytes, size_t len)
{
    return wpb_slice_starts(head, wpb_slice_of(bytes, len));
}

static unsigned byte_at(struct wpb_slice head, size_t i)
{
    return i < head.len ? (unsigned char)head.data[i] : 256;
}

static bool is_digit_at(struct wpb_slice head, size_t i)
{
    return byte_at(head, i) >= '0' && byte_at(head, i) <= '9';
}

/* Big-endian, LEN bytes from I on, which must be there. */
static uint64_t number_at(struct wpb_slice head, size_t i, size_t len)
{
    uint64_t number = 0;
    for (; len > 0; len--)
        number = number << 8 | (unsigned char)head.data[i++];
    return number;
}

/* `a:` and its like: digits from byte 2 on; where they end, 0 when there are none. */
static size_t digits_end(struct wpb_slice head, uint64_t *number)
{
    size_t i = 2;
    *number = 0;
    for (; is_digit_at(head, i); i++)
        *number =
            *number > UINT64_MAX / 16 ? *number : *number * 10 + byte_at(head, i) - '0';
    return i > 2 ? i : 0;
}

static bool is_number(struct wpb_slice head)
{
    size_t i = 2;
    while (i < head.len && head.data[i] != '\0' &&
           strchr("0123456789+-.eEINFA", head.data[i]))
        i++;
    return i > 2 && (i == head.len || head.data[i] == ';');
}

/* An element is `i:0;N;` at least. */
static bool is_serialize(struct wpb_slice head, uint64_t value_bytes, uint64_t *entries)
{
    uint64_t number;
    if (starts(head, "N;", 2))
        return value_bytes == 2;
    if (byte_at(head, 1) != ':')
        return false;
    size_t end = digits_end(head, &number);
    switch (head.data[0]) {
    case 'b':
        return value_bytes == 4 && byte_at(head, 3) == ';' && is_digit_at(head, 2);
    case 'i':
    case 'd':
        return is_number(head);
    case 'a':
        if (end == 0 || !(starts(wpb_slice_skip(head, end), ":{", 2) ||
                          (end >= 16 && end == head.len)))
            return false;
        if (number <= (value_bytes - end) / 6)
            *entries = number;
        return true;
    case 's':
    case 'S':
    case 'O':
    case 'C':
    case 'E':
        return end > 0 && starts(wpb_slice_skip(head, end), ":\"", 2);
    default:
        return false;
    }
}

static bool is_igbinary(struct wpb_slice head, uint64_t value_bytes, uint64_t *entries)
{
    if (head.len < 5 || !(starts(head, "\0\0\0\2", 4) || starts(head, "\0\0\0\1", 4)) ||
        byte_at(head, 4) > 0x27)
        return false;
    unsigned type = byte_at(head, 4);
    size_t width = type == 0x14 ? 1 : type == 0x15 ? 2 : type == 0x16 ? 4 : 0;
    if (width > 0 && head.len >= 5 + width) {
        /* A key of an element takes one byte at least, its value too. */
        uint64_t number = number_at(head, 5, width);
        if (number <= (value_bytes - 5 - width) / 2)
            *entries = number;
    }
    return true;
}

static bool is_json(struct wpb_slice head, uint64_t value_bytes)
{
    unsigned next = byte_at(head, 1);
    switch (head.data[0]) {
    case '{':
        return next == '"' || next == '}';
    case '[':
        return (next < 256 && next != 0 && strchr("\"{[]-0123456789", (int)next)) ||
               starts(head, "[true", 5) || starts(head, "[false", 6) ||
               starts(head, "[null", 5);
    case '"':
        return value_bytes > head.len || (head.len > 1 && head.data[head.len - 1] == '"');
    default:
        return wpb_slice_is(head, "true") || wpb_slice_is(head, "false") ||
               wpb_slice_is(head, "null");
    }
}

/* Arrays and maps only: smaller values cannot be told from text. Bytes 0x80 to
 * 0x9f begin no UTF-8 text; 0xdc to 0xdf do when a continuation byte follows. */
static bool is_msgpack(struct wpb_slice head, uint64_t value_bytes, uint64_t *entries)
{
    unsigned first = byte_at(head, 0), next = byte_at(head, 1);
    bool is_map = first < 0x90 || first >= 0xde;
    size_t width = first == 0xdc || first == 0xde ? 2 : first >= 0xdc ? 4 : 0;
    uint64_t number;
    if (first >= 0x80 && first <= 0x9f)
        number = first & 0x0f;
    else if (first >= 0xdc && first <= 0xdf && (next & 0xc0) != 0x80 && head.len > width)
        number = number_at(head, 1, width);
    else
        return false;
    if (number * (is_map ? 2 : 1) > value_bytes - 1 - width)
        return false;
    *entries = number;
    return true;
}

static bool looks_encoded(struct wpb_slice head)
{
    uint64_t ignored;
    return head.len > 0 && (is_serialize(head, head.len, &ignored) ||
                            is_igbinary(head, head.len, &ignored) ||
                            (strchr("[{", head.data[0]) && is_json(head, head.len)));
}

static bool is_lz4(struct wpb_slice head, uint64_t value_bytes)
{
    if (head.len <= LZ4_HEAD ||
        wpb_codec_lz4_check((const unsigned char *)head.data + 1) != byte_at(head, 0))
        return false;
    uint64_t block = value_bytes - LZ4_HEAD, original = 0;
    for (size_t i = 4; i > 0; i--)
        original = original << 8 | byte_at(head, i);
    return original > 0 && original / 255 <= block &&
           block <= original + original / 255 + 16;
}

/* A raw LZF stream has no head; it begins with a run of the original's bytes, and what
 * its first bytes expand to must look encoded. */
static bool is_lzf(struct wpb_slice head, uint64_t value_bytes)
{
    unsigned char expanded[32];
    unsigned run = byte_at(head, 0) + 1;
    if (run > 32 || run >= value_bytes)
        return false;
    return looks_encoded(
        wpb_slice_of(expanded, wpb_codec_lzf_head(head, expanded, sizeof expanded)));
}

enum wpb_php_encoding wpb_php_sniff(struct wpb_slice head, uint64_t value_bytes,
                                    uint64_t *entries)
{
    *entries = 0;
    if (value_bytes == 0 || head.len == 0)
        return WPB_PHP_EMPTY;
    if (value_bytes < head.len)
        head = wpb_slice_head(head, (size_t)value_bytes);
    if (value_bytes == 5 && wpb_slice_is(head, "Array"))
        return WPB_PHP_ARRAY_LITERAL;
    if (is_serialize(head, value_bytes, entries))
        return WPB_PHP_SERIALIZE;
    if (is_igbinary(head, value_bytes, entries))
        return WPB_PHP_IGBINARY;
    if (starts(head, "\x28\xb5\x2f\xfd", 4))
        return WPB_PHP_ZSTD;
    if (is_json(head, value_bytes))
        return WPB_PHP_JSON;
    if (is_lz4(head, value_bytes))
        return WPB_PHP_LZ4;
    if (is_lzf(head, value_bytes))
        return WPB_PHP_LZF;
    if (is_msgpack(head, value_bytes, entries))
        return WPB_PHP_MSGPACK;
    return WPB_PHP_RAW;
}
