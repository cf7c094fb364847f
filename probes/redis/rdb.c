#include "probes/redis/rdb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "probes/php/codec.h"
#include "probes/redis/rdb_memory.h"
#include "probes/redis/rdb_object.h"

#define STAGE "rdb"
#define HEADER_BYTES 9
#define FOOTER_BYTES 8
#define VERSION_MIN 9
#define VERSION_MAX 12
#define VALKEY_VERSION 80
#define AUX_MAX 255

enum opcode {
    SLOT_IMPORT = 0xf3, /* Valkey 9; in Redis 8.4 the data of modules about a key */
    SLOT_INFO = 0xf4,
    FUNCTION = 0xf5,
    MODULE_AUX = 0xf7,
    IDLE = 0xf8,
    FREQ = 0xf9,
    AUX = 0xfa,
    RESIZE = 0xfb,
    EXPIRY_MS = 0xfc,
    EXPIRY = 0xfd,
    DATABASE = 0xfe,
    END = 0xff,
};

struct walk {
    struct wpb_rdb_input *input;
    const struct wpb_rdb_events *events;
    struct wpb_rdb_result *result;
    struct wpb_rdb_key key; /* the next one, as far as it is known */
    unsigned char name[WPB_RDB_NAME_MAX];
};

const char *wpb_rdb_type_name(enum wpb_rdb_type type)
{
    static const char *const names[] = {
        [WPB_RDB_STRING] = "string", [WPB_RDB_LIST] = "list", [WPB_RDB_SET] = "set",
        [WPB_RDB_ZSET] = "zset",     [WPB_RDB_HASH] = "hash", [WPB_RDB_STREAM] = "stream",
        [WPB_RDB_MODULE] = "module"};
    return names[type];
}

/* ---- header and footer ---- */

static bool is_number(const unsigned char *digits, size_t n, unsigned *number)
{
    *number = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        *number = *number * 10 + digits[i] - '0';
    }
    return true;
}

static int read_header(struct walk *walk)
{
    const unsigned char *head = wpb_rdb_take(walk->input, HEADER_BYTES);
    struct wpb_rdb_result *result = walk->result;
    unsigned version;

    if (!head)
        return -1;
    if (memcmp(head, "REDIS", 5) == 0 && is_number(head + 5, 4, &version)) {
        result->version = version;
    } else if (memcmp(head, "VALKEY", 6) == 0 && is_number(head + 6, 3, &version)) {
        result->version = version;
        result->is_valkey = true;
    } else {
        return wpb_err_set(walk->input->err, WPB_E_SYNTAX, STAGE,
                           "this is no RDB file: it does not begin with REDIS and a "
                           "version");
    }
    if (result->is_valkey ? version == VALKEY_VERSION
                          : version >= VERSION_MIN && version <= VERSION_MAX)
        return 0;
    return wpb_err_set(walk->input->err, WPB_E_UNSUPPORTED, STAGE,
                       "RDB: %s wrote version %u of the format, and this program reads "
                       "%d to %d of Redis and %d of Valkey",
                       result->is_valkey ? "Valkey" : "Redis", version, VERSION_MIN,
                       VERSION_MAX, VALKEY_VERSION);
}

static uint64_t little_endian(const unsigned char *bytes, size_t n)
{
    uint64_t number = 0;
    for (; n > 0; n--)
        number = number << 8 | bytes[n - 1];
    return number;
}

static int read_footer(struct walk *walk)
{
    uint64_t computed = wpb_rdb_checksum(walk->input), stored;
    struct wpb_rdb_result *result = walk->result;

    walk->input->what = "the checksum";
    const unsigned char *bytes = wpb_rdb_take(walk->input, FOOTER_BYTES);
    if (!bytes)
        return -1;
    stored = little_endian(bytes, FOOTER_BYTES);
    result->bytes = wpb_rdb_at(walk->input);
    result->trailing_bytes = wpb_rdb_left(walk->input);
    if (stored == 0)
        result->checksum = WPB_RDB_NONE;
    else if (walk->input->checks)
        result->checksum = stored == computed ? WPB_RDB_GOOD : WPB_RDB_BAD;
    if (result->checksum != WPB_RDB_BAD)
        return 0;
    return wpb_err_set(walk->input->err, WPB_E_SYNTAX, STAGE,
                       "RDB: the checksum at the end is %016" PRIx64
                       ", that of the bytes %016" PRIx64
                       ": the file is damaged, and so may be what was counted",
                       stored, computed);
}

/* ---- items ---- */

static int read_aux(struct walk *walk)
{
    unsigned char name[AUX_MAX], value[AUX_MAX];
    struct wpb_rdb_text text;
    size_t name_len, value_len;

    walk->input->what = "a fact about the file";
    if (wpb_rdb_text_read(walk->input, &text, name, sizeof name, &name_len) != 0 ||
        wpb_rdb_text_read(walk->input, &text, value, sizeof value, &value_len) != 0)
        return -1;
    if (walk->events->aux)
        walk->events->aux(walk->events->cookie, wpb_slice_of(name, name_len),
                          wpb_slice_of(value, value_len));
    return 0;
}

static int skip_lengths(struct wpb_rdb_input *input, unsigned n)
{
    uint64_t length;

    for (unsigned i = 0; i < n; i++)
        if (wpb_rdb_length(input, &length) != 0)
            return -1;
    return 0;
}

static int skip_slot_import(struct wpb_rdb_input *input)
{
    struct wpb_rdb_text job;
    uint64_t ranges;

    if (wpb_rdb_text_skip(input, &job) != 0 || wpb_rdb_count(input, &ranges) != 0)
        return -1;
    for (uint64_t i = 0; i < ranges; i++)
        if (skip_lengths(input, 2) != 0)
            return -1;
    return 0;
}

/* What a module keeps beside the keys: its number, when it is for, and the data. */
static int skip_module_aux(struct wpb_rdb_input *input)
{
    return skip_lengths(input, 3) == 0 ? wpb_rdb_module_skip(input) : -1;
}

static int read_expiry(struct walk *walk, unsigned width, int64_t unit_ms)
{
    const unsigned char *bytes = wpb_rdb_take(walk->input, width);
    int64_t time;

    if (!bytes)
        return -1;
    time =
        width == 4 ? (int32_t)little_endian(bytes, 4) : (int64_t)little_endian(bytes, 8);
    walk->key.has_expiry = true;
    walk->key.expires_ms = time * unit_ms;
    return 0;
}

static int read_freq(struct walk *walk)
{
    const unsigned char *byte = wpb_rdb_take(walk->input, 1);

    if (!byte)
        return -1;
    walk->key.has_freq = true;
    walk->key.freq = *byte;
    return 0;
}

static int read_idle(struct walk *walk)
{
    walk->key.has_idle = true;
    return wpb_rdb_length(walk->input, &walk->key.idle_seconds);
}

static int fail_unknown(struct walk *walk, unsigned byte)
{
    return wpb_rdb_fail(walk->input, WPB_E_UNSUPPORTED,
                        "type %u of a value is not known to this program", byte);
}

static int read_key(struct walk *walk, uint8_t type_byte)
{
    static const char *const values[] = {[WPB_RDB_STRING] = "a string",
                                         [WPB_RDB_LIST] = "a list",
                                         [WPB_RDB_SET] = "a set",
                                         [WPB_RDB_ZSET] = "a sorted set",
                                         [WPB_RDB_HASH] = "a hash",
                                         [WPB_RDB_STREAM] = "a stream",
                                         [WPB_RDB_MODULE] = "a module's value"};
    struct wpb_rdb_input *input = walk->input;
    struct wpb_rdb_key *key = &walk->key;
    struct wpb_rdb_text name;
    size_t kept;

    if (!wpb_rdb_object_is_known(type_byte, walk->result->is_valkey))
        return fail_unknown(walk, type_byte);
    input->what = "a key's name";
    if (wpb_rdb_text_read(input, &name, walk->name, sizeof walk->name, &kept) != 0)
        return -1;
    key->name = wpb_slice_of(walk->name, kept);
    key->name_len = name.length;
    key->type_byte = type_byte;
    key->value_offset = wpb_rdb_at(input);
    input->what = values[wpb_rdb_object_type(type_byte)];
    if (wpb_rdb_object_skip(input, type_byte, walk->result, key) != 0)
        return -1;
    key->encoded_bytes = wpb_rdb_at(input) - key->value_offset;
    key->memory_bytes += wpb_rdb_sds(name.length) + WPB_RDB_ENTRY;
    walk->result->keys++;
    walk->result->bytes = wpb_rdb_at(input);
    if (walk->events->key(walk->events->cookie, key) != 0)
        return wpb_err_set(input->err, WPB_E_CANCELLED, STAGE, "RDB: stopped");
    key->has_expiry = key->has_idle = key->has_freq = false;
    return 0;
}

/* One item after its first BYTE. */
static int read_item(struct walk *walk, uint8_t byte)
{
    struct wpb_rdb_input *input = walk->input;
    struct wpb_rdb_text text;

    input->what = "what stands between the keys";
    switch (byte) {
    case AUX:
        return read_aux(walk);
    case DATABASE:
        return wpb_rdb_length(input, &walk->key.database);
    case RESIZE:
        return skip_lengths(input, 2);
    case EXPIRY_MS:
        return read_expiry(walk, 8, 1);
    case EXPIRY:
        return read_expiry(walk, 4, 1000);
    case IDLE:
        return read_idle(walk);
    case FREQ:
        return read_freq(walk);
    case FUNCTION:
        return wpb_rdb_text_skip(input, &text);
    case SLOT_INFO:
        return skip_lengths(input, 3);
    case SLOT_IMPORT:
        return walk->result->is_valkey ? skip_slot_import(input)
                                       : fail_unknown(walk, byte);
    case MODULE_AUX:
        return skip_module_aux(input);
    default:
        return read_key(walk, byte);
    }
}

int wpb_rdb_walk(const struct wpb_rdb_source *source, bool checks,
                 const struct wpb_rdb_events *events, struct wpb_rdb_result *result,
                 struct wpb_err *err)
{
    struct walk *walk = malloc(sizeof *walk);
    int status = -1;

    *result = (struct wpb_rdb_result){0};
    if (!walk)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    walk->events = events;
    walk->result = result;
    walk->key = (struct wpb_rdb_key){0};
    walk->input = wpb_rdb_input_new(source, 0, checks, err);
    if (!walk->input || read_header(walk) != 0)
        goto out_walk;
    for (;;) {
        walk->input->what = "the keys";
        result->bytes = wpb_rdb_at(walk->input);
        const unsigned char *byte = wpb_rdb_take(walk->input, 1);
        if (!byte)
            break;
        if (*byte == END) {
            status = read_footer(walk);
            break;
        }
        if (read_item(walk, *byte) != 0)
            break;
    }
out_walk:
    free(walk->input);
    free(walk);
    return status;
}

/* ---- one value ---- */

struct expansion {
    wpb_rdb_sink *sink;
    void *cookie;
    bool is_enough;
};

static int pass_on(void *cookie, struct wpb_slice chunk)
{
    struct expansion *expansion = cookie;
    expansion->is_enough = expansion->sink(expansion->cookie, chunk) != 0;
    return expansion->is_enough;
}

static int read_lzf(struct wpb_rdb_input *input, const struct wpb_rdb_text *text,
                    uint64_t max_bytes, struct expansion *expansion)
{
    uint64_t left = text->stored;
    bool is_cut = max_bytes < text->length;
    uint64_t limit = is_cut ? max_bytes : text->length;
    struct wpb_codec *codec =
        wpb_codec_new(WPB_CODEC_LZF, limit, pass_on, expansion, input->err);
    int result = codec ? 0 : -1;

    while (result == 0 && left > 0 && wpb_codec_produced(codec) < limit) {
        size_t part = left < WPB_RDB_TAKE_MAX ? (size_t)left : (size_t)WPB_RDB_TAKE_MAX;
        const unsigned char *bytes = wpb_rdb_take(input, part);
        left -= part;
        result =
            bytes ? wpb_codec_feed(codec, wpb_slice_of(bytes, part), input->err) : -1;
    }
    if (codec && (expansion->is_enough || (is_cut && wpb_codec_produced(codec) == limit)))
        result = 0;
    else if (result == 0 && (left > 0 || wpb_codec_produced(codec) != text->length))
        result = wpb_rdb_fail(input, WPB_E_SYNTAX,
                              "the lzf expands to another length than the %" PRIu64
                              " bytes it declares",
                              text->length);
    wpb_codec_free(codec);
    return result;
}

static int read_raw(struct wpb_rdb_input *input, uint64_t bytes,
                    struct expansion *expansion)
{
    while (bytes > 0 && !expansion->is_enough) {
        size_t part = bytes < WPB_RDB_TAKE_MAX ? (size_t)bytes : (size_t)WPB_RDB_TAKE_MAX;
        const unsigned char *chunk = wpb_rdb_take(input, part);
        if (!chunk)
            return -1;
        pass_on(expansion, wpb_slice_of(chunk, part));
        bytes -= part;
    }
    return 0;
}

int wpb_rdb_value(const struct wpb_rdb_source *source, uint64_t offset,
                  uint64_t max_bytes, wpb_rdb_sink *sink, void *cookie,
                  struct wpb_err *err)
{
    struct wpb_rdb_input *input = wpb_rdb_input_new(source, offset, false, err);
    struct expansion expansion = {sink, cookie, false};
    struct wpb_rdb_text text;
    char digits[24];
    int result = -1;

    if (!input)
        return -1;
    input->what = "a string";
    if (wpb_rdb_text_head(input, &text) != 0)
        goto out_input;
    uint64_t wanted = text.length < max_bytes ? text.length : max_bytes;
    if (text.is_integer) {
        snprintf(digits, sizeof digits, "%" PRId64, text.integer);
        pass_on(&expansion, wpb_slice_of(digits, (size_t)wanted));
        result = 0;
    } else if (text.is_lzf) {
        result = wanted ? read_lzf(input, &text, max_bytes, &expansion) : 0;
    } else {
        result = read_raw(input, wanted, &expansion);
    }
out_input:
    free(input);
    return result;
}
