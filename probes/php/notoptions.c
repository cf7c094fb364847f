#include "probes/php/memory.h"
#include "probes/php/zend.h"

#define STAGE "php"
#define UNLIMITED (UINT64_C(1) << 50)
#define EMPTY_ARRAY 6 /* `a:0:{}`, and igbinary's too */

/* A notoptions, name => true, of which length and count are known. */
struct shape {
    enum wpb_php_encoding encoding;
    uint64_t entries;
    double raw_per_entry;
    double name_per_entry; /* PHP memory of a name */
};

static unsigned digits(uint64_t number)
{
    unsigned count = 1;
    for (; number > 9; number /= 10)
        count++;
    return count;
}

/* Bytes of the value that are not entries: `a:N:{` and `}`, or igbinary's version
 * and array head. */
static uint64_t frame_bytes(enum wpb_php_encoding encoding, uint64_t entries)
{
    if (encoding == WPB_PHP_SERIALIZE)
        return 5 + digits(entries);
    return 4 + (entries < 256 ? 2 : entries < 65536 ? 3 : 5);
}

/* Bytes of an entry beside its name: `s:LEN:"` `";b:1;`, or igbinary's string head
 * and boolean. MEAN is that of the whole entry. */
static uint64_t entry_bytes(enum wpb_php_encoding encoding, double mean)
{
    if (encoding == WPB_PHP_IGBINARY)
        return mean < 259 ? 3 : 4;
    return mean < 21 ? 11 : mean < 112 ? 12 : mean < 1013 ? 13 : 14;
}

/* Allocations come in steps of 8 to 64 bytes, and names of one mean length can
 * fall on either side of a step. A mean that is a whole number says that all are
 * of one length; otherwise the mean over lengths near by, and that length itself,
 * weigh equally, which is within 8 % for even, normal and two-peaked lengths. */
static double name_bytes(enum wpb_php_encoding encoding, uint64_t name_total,
                         uint64_t entries)
{
    uint64_t (*string_bytes)(uint64_t) = encoding == WPB_PHP_IGBINARY
                                             ? wpb_zend_igbinary_key_bytes
                                             : wpb_zend_string_bytes;
    uint64_t mean = (name_total + entries / 2) / entries;
    double single = (double)string_bytes(mean);
    if (name_total % entries == 0)
        return single;
    /* Half a step of the allocator to either side. */
    uint64_t step = mean < 97 ? 1 : mean < 225 ? 2 : 4;
    double sum = 0;
    for (uint64_t i = 0; i < 17; i++) {
        uint64_t longer = mean + i * step;
        sum += (double)string_bytes(longer > 8 * step ? longer - 8 * step : 0);
    }
    return (single + sum / 17) / 2;
}

static struct shape shape_of(enum wpb_php_encoding encoding, uint64_t value_bytes,
                             uint64_t entries)
{
    uint64_t frame = frame_bytes(encoding, entries);
    uint64_t body = value_bytes > frame ? value_bytes - frame : 0;
    uint64_t beside = entry_bytes(encoding, (double)body / (double)entries) * entries;
    return (struct shape){
        .encoding = encoding,
        .entries = entries,
        .raw_per_entry = (double)value_bytes / (double)entries,
        .name_per_entry =
            name_bytes(encoding, body > beside ? body - beside : 0, entries),
    };
}

static struct wpb_php_cost cost_of(const struct shape *shape, uint64_t entries,
                                   uint64_t raw_bytes)
{
    bool is_igbinary = shape->encoding == WPB_PHP_IGBINARY;
    uint64_t value = WPB_ZEND_ARRAY + wpb_zend_hash_bytes(entries) +
                     (uint64_t)((double)entries * shape->name_per_entry);
    uint64_t reading = is_igbinary ? 8 * wpb_zend_hash_slots(entries)
                                   : wpb_zend_unserialize_bytes(entries + 1);
    uint64_t writing =
        is_igbinary ? wpb_zend_igbinary_write_bytes(entries, raw_bytes) : 2 * raw_bytes;
    return (struct wpb_php_cost){
        .entries = entries,
        .value_bytes = value,
        .read_peak_bytes = raw_bytes + value + reading,
        .rewrite_peak_bytes = value + wpb_zend_hash_bytes(entries + 1) + writing,
        .provenance = WPB_ESTIMATED,
    };
}

static bool is_array_head(enum wpb_php_encoding encoding, struct wpb_slice head)
{
    if (encoding == WPB_PHP_SERIALIZE)
        return head.data[0] == 'a';
    return encoding == WPB_PHP_IGBINARY && head.len > 4 && head.data[4] >= 0x14 &&
           head.data[4] <= 0x16;
}

int wpb_php_notoptions_cost(struct wpb_slice head, uint64_t value_bytes, uint32_t version,
                            struct wpb_php_cost *cost, struct wpb_err *err)
{
    (void)version; /* hash arrays are alike from 7.3 to 8.4 */
    uint64_t entries;
    enum wpb_php_encoding encoding = wpb_php_sniff(head, value_bytes, &entries);
    if (!is_array_head(encoding, head))
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "not a serialized array, but %s",
                           wpb_php_encoding_name(encoding));
    if (entries == 0) {
        if (value_bytes != EMPTY_ARRAY)
            return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                               "an array whose count does not fit its %llu bytes",
                               (unsigned long long)value_bytes);
        *cost = (struct wpb_php_cost){
            .read_peak_bytes = value_bytes + wpb_zend_unserialize_bytes(1),
            .rewrite_peak_bytes = wpb_zend_hash_bytes(1) + 2 * value_bytes,
            .provenance = WPB_ESTIMATED,
        };
        return 0;
    }
    struct shape shape = shape_of(encoding, value_bytes, entries);
    *cost = cost_of(&shape, entries, value_bytes);
    return 0;
}

uint64_t wpb_php_notoptions_fails_at(uint64_t value_bytes, uint64_t entries,
                                     enum wpb_php_encoding encoding, uint32_t version,
                                     uint64_t limit_bytes, uint64_t baseline_bytes)
{
    (void)version;
    if (entries == 0 || value_bytes < entries || value_bytes >= UNLIMITED ||
        limit_bytes == 0 || limit_bytes >= UNLIMITED ||
        (encoding != WPB_PHP_SERIALIZE && encoding != WPB_PHP_IGBINARY))
        return 0;
    if (baseline_bytes >= limit_bytes)
        return 1;
    struct shape shape = shape_of(encoding, value_bytes, entries);
    uint64_t room = limit_bytes - baseline_bytes;
    /* The peak never falls as entries are added, and each takes a byte or more, so
     * that the answer lies in (low, high]. */
    uint64_t low = 0, high = (uint64_t)((double)room / shape.raw_per_entry) + 1;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t raw = (uint64_t)((double)middle * shape.raw_per_entry);
        if (cost_of(&shape, middle, raw).rewrite_peak_bytes >= room)
            high = middle;
        else
            low = middle;
    }
    return (uint64_t)((double)high * shape.raw_per_entry);
}
