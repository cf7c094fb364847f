/*
 * memory.h - how much memory PHP would need for a value, computed without PHP.
 *
 * The model of 64-bit PHP (zval 16 bytes, hash arrays 40 bytes a slot, ZendMM
 * size classes), validated against memory_get_usage() of PHP 8.2 by
 * tests/scenario/php_memory.sh; other versions are estimates. Keys that PHP has
 * interned already cost it nothing, so that the model is an upper bound: 3 % above
 * for a page builder's elements, 21 % for small arrays with nothing but such keys. The
 * object store adds 8 bytes a handle, doubling from 1,024 handles. Classes are
 * not known here: the properties of an object count as declared by its class,
 * unless it is a stdClass, and what a C: object makes of its bytes is unknown;
 * values with either are estimates. Figures are request memory; memory_limit is
 * enforced on 2 MiB chunks plus huge blocks, which is why the read peak is "at
 * least". Pure functions.
 *
 * unserialize() makes a hash of every array, in one block. json_decode() and
 * igbinary make packed arrays of lists. json_decode() does not know what will come
 * and doubles each array as it fills, so that the read peak holds the old block and
 * the new one. igbinary shares strings that are equal.
 */
#ifndef WPB_PHP_MEMORY_H
#define WPB_PHP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/php/walk.h"
#include "wpbloat/sample.h"
#include "wpbloat/slice.h"

/* Versions are PHP_VERSION_ID / 100 * 100: 80200 for 8.2. 0 means 80200. */
#define WPB_PHP_VERSION_MEASURED 80200

struct wpb_php_cost {
    uint64_t entries;            /* of the outermost array; 0 for scalars */
    uint64_t value_bytes;        /* held by the decoded value */
    uint64_t read_peak_bytes;    /* raw + value + back-reference table */
    uint64_t rewrite_peak_bytes; /* add one name: COW copy, serialize, send */
    enum wpb_provenance provenance;
};

/* What turns the bytes into values. */
enum wpb_php_decoder {
    WPB_PHP_UNSERIALIZE,
    WPB_PHP_IGBINARY_UNSERIALIZE,
    WPB_PHP_JSON_DECODE, /* into arrays */
};

/* Accumulates over a walk; a plain value, zero to begin. */
struct wpb_php_memory {
    uint32_t version;
    enum wpb_php_decoder decoder;
    uint64_t peak;   /* largest held, with the tables of the decoder; igbinary and JSON */
    uint64_t held;   /* bytes of zvals' payloads */
    uint64_t values; /* values met, for the back-reference table */
    uint64_t objects;
    uint64_t grown;       /* held when a list last grew */
    uint64_t strings;     /* igbinary: different ones */
    uint64_t references;  /* igbinary: what can be referred to */
    uint64_t entries;     /* of the outermost array */
    uint64_t root_data;   /* bytes of the outermost array's bucket block */
    uint64_t last_target; /* what the last R: meant */
    bool has_array_root;
    bool is_root_packed;
    bool has_classes; /* objects whose class decides what they take */
};

void wpb_php_memory_init(struct wpb_php_memory *memory, enum wpb_php_decoder decoder,
                         uint32_t version);
/* Add one event of a walk of what the decoder reads. */
void wpb_php_memory_add(struct wpb_php_memory *memory, const struct wpb_php_event *event);
/* The result for a value whose encoded length was RAW_BYTES. */
void wpb_php_memory_cost(const struct wpb_php_memory *memory, uint64_t raw_bytes,
                         struct wpb_php_cost *cost);

/* ZendMM: bytes taken from the heap by an allocation of SIZE. */
uint64_t wpb_php_alloc_bytes(uint64_t size);

/* What the first bytes tell about a value. */
enum wpb_php_encoding {
    WPB_PHP_RAW, /* a number or text that is not encoded */
    WPB_PHP_SERIALIZE,
    WPB_PHP_IGBINARY,
    WPB_PHP_JSON,
    WPB_PHP_MSGPACK,
    WPB_PHP_ZSTD,
    WPB_PHP_LZ4,
    WPB_PHP_LZF,
    WPB_PHP_ARRAY_LITERAL, /* the five bytes "Array": phpredis without serializer */
    WPB_PHP_EMPTY,
};
const char *wpb_php_encoding_name(enum wpb_php_encoding encoding);

/* Judge from HEAD (16 bytes are enough) and the value's whole length.
 * *ENTRIES is the outermost array's declared count where the head says it,
 * else 0; a count that cannot fit into VALUE_BYTES is returned as 0. */
enum wpb_php_encoding wpb_php_sniff(struct wpb_slice head, uint64_t value_bytes,
                                    uint64_t *entries);

/* The shortcut for a notoptions (name => true): cost from length and first
 * bytes alone, within 10 % of a full walk. -1 with WPB_E_UNSUPPORTED when the
 * head is not a serialize or igbinary array, WPB_E_SYNTAX when it declares more
 * elements than the length can hold. */
int wpb_php_notoptions_cost(struct wpb_slice head, uint64_t value_bytes, uint32_t version,
                            struct wpb_php_cost *cost, struct wpb_err *err);

/* The value length at which BASELINE + rewrite peak reaches LIMIT, for a
 * notoptions whose entries keep the mean length of VALUE_BYTES / ENTRIES.
 * 0 when ENTRIES is 0, when the encoding is neither serialize nor
 * igbinary, or when LIMIT is 0 or unlimited (2^50 and more). The step sizes of PHP's hash
 * tables make the peak jump; this is the smallest length that reaches it. */
uint64_t wpb_php_notoptions_fails_at(uint64_t value_bytes, uint64_t entries,
                                     enum wpb_php_encoding encoding, uint32_t version,
                                     uint64_t limit_bytes, uint64_t baseline_bytes);

#endif
