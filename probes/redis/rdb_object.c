#include "probes/redis/rdb_object.h"

#include "probes/redis/rdb_memory.h"

/* Types by Redis' rdb.h; Valkey 9 gave 22 another meaning. */
enum type_byte {
    STRING = 0,
    LIST = 1,
    SET = 2,
    ZSET = 3, /* scores as text */
    HASH = 4,
    ZSET_2 = 5, /* scores as doubles */
    MODULE_2 = 7,
    HASH_ZIPMAP = 9,
    LIST_ZIPLIST = 10,
    SET_INTSET = 11,
    ZSET_ZIPLIST = 12,
    HASH_ZIPLIST = 13,
    LIST_QUICKLIST = 14, /* nodes are ziplists */
    STREAM_LISTPACKS = 15,
    HASH_LISTPACK = 16,
    ZSET_LISTPACK = 17,
    LIST_QUICKLIST_2 = 18, /* nodes are listpacks or plain texts */
    STREAM_LISTPACKS_2 = 19,
    SET_LISTPACK = 20,
    STREAM_LISTPACKS_3 = 21,
    HASH_METADATA_PRE_GA = 22, /* Redis 7.4 release candidates */
    HASH_2 = 22,               /* Valkey 9: fields with an expiry each */
    HASH_LISTPACK_EX_PRE_GA = 23,
    HASH_METADATA = 24, /* Redis 7.4: fields with an expiry each */
    HASH_LISTPACK_EX = 25,
};

enum layout {
    UNKNOWN,
    TEXT,
    TEXTS,      /* count, then as many times `texts` texts and `fixed` bytes */
    SCORES,     /* count, then as many texts and scores as text */
    TTL_FIELDS, /* count, then as many times an expiry and two texts */
    ZIPMAP,     /* one text that is a compact structure: */
    ZIPLIST,
    INTSET,
    LISTPACK,
    NODES, /* count, then as many ziplists */
    NODES_2,
    STREAM,
    MODULE,
};

struct row {
    enum layout layout;
    enum wpb_rdb_type type;
    unsigned parts; /* texts or compact entries that make one element */
    unsigned fixed; /* bytes after them */
    unsigned lead;  /* bytes before the value: the soonest expiry */
};

static const struct row rows[] = {
    [STRING] = {TEXT, WPB_RDB_STRING, 1, 0, 0},
    [LIST] = {TEXTS, WPB_RDB_LIST, 1, 0, 0},
    [SET] = {TEXTS, WPB_RDB_SET, 1, 0, 0},
    [ZSET] = {SCORES, WPB_RDB_ZSET, 1, 0, 0},
    [HASH] = {TEXTS, WPB_RDB_HASH, 2, 0, 0},
    [ZSET_2] = {TEXTS, WPB_RDB_ZSET, 1, 8, 0},
    [MODULE_2] = {MODULE, WPB_RDB_MODULE, 1, 0, 0},
    [HASH_ZIPMAP] = {ZIPMAP, WPB_RDB_HASH, 1, 0, 0},
    [LIST_ZIPLIST] = {ZIPLIST, WPB_RDB_LIST, 1, 0, 0},
    [SET_INTSET] = {INTSET, WPB_RDB_SET, 1, 0, 0},
    [ZSET_ZIPLIST] = {ZIPLIST, WPB_RDB_ZSET, 2, 0, 0},
    [HASH_ZIPLIST] = {ZIPLIST, WPB_RDB_HASH, 2, 0, 0},
    [LIST_QUICKLIST] = {NODES, WPB_RDB_LIST, 1, 0, 0},
    [STREAM_LISTPACKS] = {STREAM, WPB_RDB_STREAM, 1, 0, 0},
    [HASH_LISTPACK] = {LISTPACK, WPB_RDB_HASH, 2, 0, 0},
    [ZSET_LISTPACK] = {LISTPACK, WPB_RDB_ZSET, 2, 0, 0},
    [LIST_QUICKLIST_2] = {NODES_2, WPB_RDB_LIST, 1, 0, 0},
    [STREAM_LISTPACKS_2] = {STREAM, WPB_RDB_STREAM, 1, 0, 0},
    [SET_LISTPACK] = {LISTPACK, WPB_RDB_SET, 1, 0, 0},
    [STREAM_LISTPACKS_3] = {STREAM, WPB_RDB_STREAM, 1, 0, 0},
    [HASH_METADATA_PRE_GA] = {TTL_FIELDS, WPB_RDB_HASH, 2, 0, 0},
    [HASH_LISTPACK_EX_PRE_GA] = {LISTPACK, WPB_RDB_HASH, 3, 0, 0},
    [HASH_METADATA] = {TTL_FIELDS, WPB_RDB_HASH, 2, 0, 8},
    [HASH_LISTPACK_EX] = {LISTPACK, WPB_RDB_HASH, 3, 0, 8},
};
static const struct row valkey_hash_2 = {TEXTS, WPB_RDB_HASH, 2, 8, 0};

/* Heads of the compact structures; a count of COUNT_UNKNOWN is kept nowhere. */
#define COMPACT_HEAD 10
#define COUNT_UNKNOWN 0xffff
#define ZIPMAP_UNKNOWN 254

/* Since Redis 7.2 a list of one packed node is kept in memory as that node alone. */
#define BARE_LISTS_VERSION 11

/* Containers of a quicklist's nodes. */
#define CONTAINER_PLAIN 1
#define CONTAINER_PACKED 2

/* stream-node-max-bytes, unless told otherwise. */
#define STREAM_BLOCK 4096

/* Bytes of a stream's ID, of a time. */
#define ID_BYTES 16
#define TIME_BYTES 8

static const struct row *row_of(uint8_t type_byte, bool is_valkey)
{
    if (type_byte >= sizeof rows / sizeof rows[0] || rows[type_byte].layout == UNKNOWN ||
        (is_valkey && type_byte > HASH_2))
        return NULL;
    return is_valkey && type_byte == HASH_2 ? &valkey_hash_2 : &rows[type_byte];
}

bool wpb_rdb_object_is_known(uint8_t type_byte, bool is_valkey)
{
    return row_of(type_byte, is_valkey) != NULL;
}

enum wpb_rdb_type wpb_rdb_object_type(uint8_t type_byte)
{
    return rows[type_byte].type;
}

/* What an element's text takes in memory. */
static uint64_t text_memory(const struct wpb_rdb_text *text)
{
    return wpb_rdb_sds(text->length);
}

/* ---- one by one ---- */

/* What the entry of an element takes beside its texts, and all entries together. */
static uint64_t entry_memory(enum wpb_rdb_type type)
{
    return type == WPB_RDB_LIST   ? 32
           : type == WPB_RDB_ZSET ? WPB_RDB_ENTRY + 48
                                  : WPB_RDB_ENTRY;
}

static uint64_t frame_memory(enum wpb_rdb_type type, uint64_t n)
{
    if (type == WPB_RDB_LIST)
        return WPB_RDB_OBJECT + 40;
    return WPB_RDB_OBJECT + WPB_RDB_DICT + wpb_rdb_table(n) +
           (type == WPB_RDB_ZSET ? 48 : 0);
}

static int skip_texts(struct wpb_rdb_input *input, const struct row *row,
                      struct wpb_rdb_key *key)
{
    struct wpb_rdb_text text;

    if (wpb_rdb_count(input, &key->elements) != 0)
        return -1;
    key->memory_bytes = frame_memory(row->type, key->elements);
    for (uint64_t i = 0; i < key->elements; i++) {
        for (unsigned part = 0; part < row->parts; part++) {
            if (wpb_rdb_text_skip(input, &text) != 0)
                return -1;
            key->memory_bytes += text_memory(&text);
        }
        if (row->fixed && wpb_rdb_skip(input, row->fixed) != 0)
            return -1;
        key->memory_bytes += entry_memory(row->type);
    }
    return 0;
}

/* 253, 254 and 255 are not-a-number and the infinities. */
static int skip_score(struct wpb_rdb_input *input)
{
    const unsigned char *length = wpb_rdb_take(input, 1);

    if (!length)
        return -1;
    return *length >= 253 ? 0 : wpb_rdb_skip(input, *length);
}

static int skip_scores(struct wpb_rdb_input *input, struct wpb_rdb_key *key)
{
    struct wpb_rdb_text text;

    if (wpb_rdb_count(input, &key->elements) != 0)
        return -1;
    key->memory_bytes = frame_memory(WPB_RDB_ZSET, key->elements);
    for (uint64_t i = 0; i < key->elements; i++) {
        if (wpb_rdb_text_skip(input, &text) != 0 || skip_score(input) != 0)
            return -1;
        key->memory_bytes += text_memory(&text) + entry_memory(WPB_RDB_ZSET);
    }
    return 0;
}

static int skip_ttl_fields(struct wpb_rdb_input *input, struct wpb_rdb_key *key)
{
    struct wpb_rdb_text field, value;
    uint64_t expiry;

    if (wpb_rdb_count(input, &key->elements) != 0)
        return -1;
    key->memory_bytes = frame_memory(WPB_RDB_HASH, key->elements);
    for (uint64_t i = 0; i < key->elements; i++) {
        if (wpb_rdb_length(input, &expiry) != 0 ||
            wpb_rdb_text_skip(input, &field) != 0 ||
            wpb_rdb_text_skip(input, &value) != 0)
            return -1;
        key->memory_bytes += text_memory(&field) + text_memory(&value) +
                             entry_memory(WPB_RDB_HASH) + (expiry ? 24 : 0);
    }
    return 0;
}

/* ---- compact structures ---- */

static uint64_t little_endian(const unsigned char *bytes, size_t n)
{
    uint64_t number = 0;
    for (; n > 0; n--)
        number = number << 8 | bytes[n - 1];
    return number;
}

/* The count that HEAD keeps, of a structure of LENGTH bytes; false when it keeps none or
 * one that cannot be. */
static bool compact_count(enum layout layout, const unsigned char *head, size_t head_len,
                          uint64_t length, uint64_t *count)
{
    uint64_t unknown = layout == ZIPMAP ? ZIPMAP_UNKNOWN : COUNT_UNKNOWN;

    if (layout == ZIPMAP && head_len >= 1)
        *count = head[0];
    else if (layout == ZIPLIST && head_len >= 10)
        *count = little_endian(head + 8, 2);
    else if (layout == LISTPACK && head_len >= 6)
        *count = little_endian(head + 4, 2);
    else if (layout == INTSET && head_len >= 8)
        *count = little_endian(head + 4, 4);
    else
        return false;
    return *count <= length && (layout == INTSET || *count < unknown);
}

/* One text that is a compact structure: adds its entries and its memory. */
static int skip_compact(struct wpb_rdb_input *input, enum layout layout, unsigned parts,
                        struct wpb_rdb_key *key)
{
    unsigned char head[COMPACT_HEAD];
    struct wpb_rdb_text text;
    uint64_t count = 0;
    size_t kept;

    if (wpb_rdb_text_read(input, &text, head, sizeof head, &kept) != 0)
        return -1;
    if (!compact_count(layout, head, kept, text.length, &count))
        key->has_elements = false;
    key->elements += count / parts;
    key->memory_bytes += wpb_rdb_alloc(text.length);
    return 0;
}

static int skip_plain_node(struct wpb_rdb_input *input, struct wpb_rdb_key *key)
{
    struct wpb_rdb_text text;

    if (wpb_rdb_text_skip(input, &text) != 0)
        return -1;
    key->elements++;
    key->memory_bytes += wpb_rdb_alloc(text.length);
    return 0;
}

static int skip_nodes(struct wpb_rdb_input *input, enum layout layout,
                      const struct wpb_rdb_result *file, struct wpb_rdb_key *key)
{
    bool has_bare_lists = file->is_valkey || file->version >= BARE_LISTS_VERSION;
    uint64_t nodes, container = CONTAINER_PACKED;
    int result = 0;

    if (wpb_rdb_count(input, &nodes) != 0)
        return -1;
    key->memory_bytes = frame_memory(WPB_RDB_LIST, 0);
    for (uint64_t i = 0; i < nodes && result == 0; i++) {
        key->memory_bytes += entry_memory(WPB_RDB_LIST);
        if (layout == NODES_2 && wpb_rdb_length(input, &container) != 0)
            return -1;
        if (container == CONTAINER_PLAIN)
            result = skip_plain_node(input, key);
        else if (container == CONTAINER_PACKED)
            result = skip_compact(input, layout == NODES ? ZIPLIST : LISTPACK, 1, key);
        else
            result = wpb_rdb_fail(input, WPB_E_SYNTAX,
                                  "a list's node is neither plain nor packed");
    }
    if (result == 0 && has_bare_lists && nodes == 1 && container == CONTAINER_PACKED)
        key->memory_bytes -=
            frame_memory(WPB_RDB_LIST, 0) + entry_memory(WPB_RDB_LIST) - WPB_RDB_OBJECT;
    return result;
}

/* ---- streams and modules ---- */

static int skip_lengths(struct wpb_rdb_input *input, unsigned n)
{
    uint64_t length;

    for (unsigned i = 0; i < n; i++)
        if (wpb_rdb_length(input, &length) != 0)
            return -1;
    return 0;
}

static int skip_consumer(struct wpb_rdb_input *input, uint8_t type_byte)
{
    struct wpb_rdb_text name;
    uint64_t pending;
    uint64_t times = type_byte >= STREAM_LISTPACKS_3 ? 2 : 1;

    if (wpb_rdb_text_skip(input, &name) != 0 ||
        wpb_rdb_skip(input, times * TIME_BYTES) != 0 ||
        wpb_rdb_count(input, &pending) != 0)
        return -1;
    /* The count is no more than the bytes that are left: no overflow. */
    for (uint64_t i = 0; i < pending; i++)
        if (wpb_rdb_skip(input, ID_BYTES) != 0)
            return -1;
    return 0;
}

static int skip_group(struct wpb_rdb_input *input, uint8_t type_byte,
                      struct wpb_rdb_key *key)
{
    struct wpb_rdb_text name;
    uint64_t pending, consumers;

    /* The last ID, and how many entries were read. */
    if (wpb_rdb_text_skip(input, &name) != 0 ||
        skip_lengths(input, type_byte >= STREAM_LISTPACKS_2 ? 3 : 2) != 0 ||
        wpb_rdb_count(input, &pending) != 0)
        return -1;
    for (uint64_t i = 0; i < pending; i++)
        if (wpb_rdb_skip(input, ID_BYTES + TIME_BYTES) != 0 ||
            skip_lengths(input, 1) != 0)
            return -1;
    if (wpb_rdb_count(input, &consumers) != 0)
        return -1;
    for (uint64_t i = 0; i < consumers; i++)
        if (skip_consumer(input, type_byte) != 0)
            return -1;
    key->memory_bytes += 64 * pending + 384 * (consumers + 1);
    return 0;
}

static int skip_stream(struct wpb_rdb_input *input, uint8_t type_byte,
                       struct wpb_rdb_key *key)
{
    struct wpb_rdb_text id, block;
    uint64_t blocks, groups;

    if (wpb_rdb_count(input, &blocks) != 0)
        return -1;
    key->memory_bytes = WPB_RDB_OBJECT + 96;
    for (uint64_t i = 0; i < blocks; i++) {
        if (wpb_rdb_text_skip(input, &id) != 0 || wpb_rdb_text_skip(input, &block) != 0)
            return -1;
        key->memory_bytes += 64 + wpb_rdb_alloc(block.length);
    }
    /* The block that is being filled has its room already. */
    if (blocks && block.length < STREAM_BLOCK)
        key->memory_bytes += STREAM_BLOCK - block.length;
    /* Entries; then the last ID; since version 2 the first, the largest deleted, and
     * how many were ever added. */
    if (wpb_rdb_length(input, &key->elements) != 0 ||
        skip_lengths(input, type_byte >= STREAM_LISTPACKS_2 ? 7 : 2) != 0 ||
        wpb_rdb_count(input, &groups) != 0)
        return -1;
    for (uint64_t i = 0; i < groups; i++)
        if (skip_group(input, type_byte, key) != 0)
            return -1;
    return 0;
}

int wpb_rdb_module_skip(struct wpb_rdb_input *input)
{
    enum { END, SIGNED, UNSIGNED, FLOAT, DOUBLE, TEXT_PART };
    struct wpb_rdb_text text;
    uint64_t part;
    int result;

    do {
        if (wpb_rdb_length(input, &part) != 0)
            return -1;
        switch (part) {
        case END:
            return 0;
        case SIGNED:
        case UNSIGNED:
            result = skip_lengths(input, 1);
            break;
        case FLOAT:
            result = wpb_rdb_skip(input, 4);
            break;
        case DOUBLE:
            result = wpb_rdb_skip(input, 8);
            break;
        case TEXT_PART:
            result = wpb_rdb_text_skip(input, &text);
            break;
        default:
            result = wpb_rdb_fail(input, WPB_E_SYNTAX,
                                  "a module's data has a part of no known kind");
        }
    } while (result == 0);
    return -1;
}

static int skip_module(struct wpb_rdb_input *input, struct wpb_rdb_key *key)
{
    uint64_t begin = wpb_rdb_at(input);

    if (skip_lengths(input, 1) != 0 || wpb_rdb_module_skip(input) != 0)
        return -1;
    key->has_elements = false;
    key->memory_bytes = wpb_rdb_at(input) - begin;
    return 0;
}

static int skip_string(struct wpb_rdb_input *input, struct wpb_rdb_key *key)
{
    struct wpb_rdb_text text;

    if (wpb_rdb_text_skip(input, &text) != 0)
        return -1;
    key->has_elements = false;
    key->length = text.length;
    key->memory_bytes =
        text.is_integer ? WPB_RDB_OBJECT : wpb_rdb_string_memory(text.length);
    return 0;
}

int wpb_rdb_object_skip(struct wpb_rdb_input *input, uint8_t type_byte,
                        const struct wpb_rdb_result *file, struct wpb_rdb_key *key)
{
    const struct row *row = row_of(type_byte, file->is_valkey);

    key->type = row->type;
    key->has_elements = true;
    key->elements = key->length = key->memory_bytes = 0;
    if (row->lead && wpb_rdb_skip(input, row->lead) != 0)
        return -1;
    switch (row->layout) {
    case TEXT:
        return skip_string(input, key);
    case TEXTS:
        return skip_texts(input, row, key);
    case SCORES:
        return skip_scores(input, key);
    case TTL_FIELDS:
        return skip_ttl_fields(input, key);
    case NODES:
    case NODES_2:
        return skip_nodes(input, row->layout, file, key);
    case STREAM:
        return skip_stream(input, type_byte, key);
    case MODULE:
        return skip_module(input, key);
    default:
        key->memory_bytes = WPB_RDB_OBJECT;
        return skip_compact(input, row->layout, row->parts, key);
    }
}
