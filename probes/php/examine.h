/*
 * examine.h - one value taken apart as its bytes arrive: encoding, structure,
 * heaviest paths, families of its keys, PHP memory.
 *
 * Feed the chunks of a value whose whole length is known; what cannot be
 * decoded is named in `flaw` and everything known so far stands. Bounded
 * memory whatever the value holds. Values never leave: results hold key names,
 * types and sizes only. One thread at a time; may move between two feeds.
 *
 * PHP serialize, igbinary and JSON are walked; JSON costs what json_decode() makes of
 * it. A raw value costs the string it is. Of other encodings, only encoding and
 * length are known; `flaw` says so. What phpredis has compressed is expanded first, up
 * to WPB_EXAMINE_EXPANDED_MAX bytes: all lengths but `value_bytes` and `examined_bytes`
 * are then of the expanded value.
 *
 * Where an object cache has wrapped the value (see wrapper.h), `entries` and families
 * are those of the array it was given; paths and cost are of the whole.
 *
 * When a byte cap or a limit ended the walk early, `entries` is what the head
 * declares (JSON declares nothing: estimated as the cost is), the cost is scaled up from
 * the part that was walked (when that part is most of what was read), both estimated;
 * `elements`, `max_depth`, `paths`, `families` and `family_names` are those of the part.
 * A value that is malformed has no cost: PHP would not decode it.
 */
#ifndef WPB_PHP_EXAMINE_H
#define WPB_PHP_EXAMINE_H

#include "probes/php/family.h"
#include "probes/php/memory.h"
#include "probes/php/wrapper.h"
#include "wpbloat/arena.h"

#define WPB_EXAMINE_PATHS_MAX 20
#define WPB_EXAMINE_FAMILIES_MAX 20
/* Of a compressed value; less where the limits say so. */
#define WPB_EXAMINE_EXPANDED_MAX (64u << 20)

/* Parts of 1 % or more. An array or object of which one child is 80 % or more is
 * left out in favour of that child; an element of a list (integer key) appears
 * only when it is 10 % of the list or more. */
struct wpb_examination_path {
    /* "widgets[3].settings.custom_css": raw key bytes joined, at most 255, cut with
     * "..."; without the class that PHP puts before private properties. */
    struct wpb_slice path;
    enum wpb_php_type type;
    uint64_t bytes; /* encoded length of the subtree */
    uint64_t count; /* elements, for arrays and objects */
};

struct wpb_examination {
    enum wpb_php_encoding encoding;    /* of what was compressed, where it was */
    enum wpb_php_encoding compression; /* ZSTD, LZ4 or LZF; RAW when there is none, or
                                          when nothing could be expanded */
    uint64_t value_bytes;              /* whole length */
    uint64_t examined_bytes;           /* fed so far */
    uint64_t decoded_bytes; /* whole length expanded; where nothing declares it, estimated
                               when not all was read, at least this when the rest was
                               malformed or refused; 0 without compression */
    bool is_complete;       /* walked to its end, well formed */
    enum wpb_wrapper wrapper;
    uint64_t entries;  /* of the outermost array, or the wrapped one */
    uint64_t elements; /* values at all depths */
    uint32_t max_depth;
    bool has_cost; /* `cost` is meaningful */
    struct wpb_php_cost cost;
    struct wpb_examination_path paths[WPB_EXAMINE_PATHS_MAX]; /* heaviest first */
    size_t path_count;
    /* Of the string keys of the outermost or wrapped array; of keys above
     * WPB_PHP_KEY_MAX, of their beginning. */
    struct wpb_family families[WPB_EXAMINE_FAMILIES_MAX];
    size_t family_count;
    uint64_t family_names;         /* names folded, the whole for shares */
    const struct wpb_slice *names; /* some of them, when asked for */
    size_t name_count;
    enum wpb_provenance provenance; /* WPB_EXACT when complete, and every name that
                                       igbinary gives by number was remembered */
    char flaw[256]; /* "" or why it could not be taken apart, with the byte */
};

struct wpb_examiner;

/* VALUE_BYTES is the whole length; VERSION of PHP as in memory.h. LIMITS as in
 * walk.h or NULL. NULL when memory is out. */
struct wpb_examiner *wpb_examiner_new(uint64_t value_bytes, uint32_t version,
                                      const struct wpb_php_limits *limits);
void wpb_examiner_free(struct wpb_examiner *examiner);
/* Before the first bytes: draw up to COUNT, 1 to 10,000, of the names that are folded
 * (see name_sample.h), too. */
void wpb_examiner_sample_names(struct wpb_examiner *examiner, size_t count);
/* The length given at first was a guess; it is VALUE_BYTES. */
void wpb_examiner_set_length(struct wpb_examiner *examiner, uint64_t value_bytes);
/* Returns 0 while more bytes are of use, 1 when the rest would add nothing. */
int wpb_examiner_feed(struct wpb_examiner *examiner, struct wpb_slice chunk);
/* No more bytes (all of them, or a byte cap was met). The result's texts are
 * copied into ARENA. */
void wpb_examiner_finish(struct wpb_examiner *examiner, struct wpb_arena *arena,
                         struct wpb_examination *result);

/* PHP's name of a type: "array", "string", "object"; static. */
const char *wpb_php_type_name(enum wpb_php_type type);

#define WPB_EXAMINE_ENCODING_MAX 32
/* "serialize", or "zstd+serialize" of what was compressed. */
void wpb_examination_encoding(const struct wpb_examination *examination,
                              char text[WPB_EXAMINE_ENCODING_MAX]);

#endif
