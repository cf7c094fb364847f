/*
 * mysql_seed.c - rows of a wp_postmeta for LOAD DATA on stdout, and the truth about
 * them: `mysql_seed TRUTH [ROWS [SEED]]`. The same arguments give the same bytes.
 *
 * Shaped as a busy builder site: 97 % of the values have 200 to 500 bytes, 3 % follow a
 * Pareto law of exponent 1.2 from 5 to 200 KB, 150 in a million have 1 to 2 MB; 82
 * keys, of which 8 of page builders hold the large values; 25 rows a post. A million
 * rows are 1.06 GB. Builders' values are whole JSON or serialize. Posts above
 * POSTS_KNOWN_RATIO of the ids are orphans: mysql_seed.sh makes no row for them.
 *
 * TRUTH is JSON: rows, bytes, posts, orphans; of each key rows, bytes and the largest;
 * the ten largest values.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_A_POST 25
#define POSTS_KNOWN_RATIO 0.98
#define BLOB_RATIO 0.03
#define HUGE_RATIO 0.00015
#define PARETO_MIN 5000.0
#define PARETO_MAX 200000.0
#define PARETO_EXPONENT 1.2
#define HUGE_MIN 1000000u
#define HUGE_MAX 2000000u
#define POOL_BYTES ((size_t)4 << 20)
#define LARGEST 10

enum shape { PLAIN, JSON, SERIALIZE, ELEMENTOR_CSS };

struct key {
    const char *name;
    enum shape shape;
    unsigned weight; /* among the builders' rows, or among the others */
    uint64_t rows, bytes, largest;
};

static struct key builder_keys[] = {
    {.name = "_elementor_data", .shape = JSON, .weight = 333},
    {.name = "_elementor_css", .shape = ELEMENTOR_CSS, .weight = 167},
    {.name = "_elementor_element_cache", .shape = JSON, .weight = 133},
    {.name = "_fl_builder_data", .shape = SERIALIZE, .weight = 100},
    {.name = "_bricks_page_content_2", .shape = SERIALIZE, .weight = 100},
    {.name = "_et_builder_module_features_cache", .shape = SERIALIZE, .weight = 67},
    {.name = "_uag_page_assets", .shape = SERIALIZE, .weight = 67},
    {.name = "panels_data", .shape = SERIALIZE, .weight = 33},
};
#define BUILDER_KEYS (sizeof builder_keys / sizeof builder_keys[0])
#define HUGE_KEYS 2u /* the first ones */

static const char *const known_names[] = {
    "_edit_lock",
    "_edit_last",
    "_thumbnail_id",
    "_wp_page_template",
    "_wp_attached_file",
    "_wp_attachment_metadata",
    "_wp_old_slug",
    "_sku",
    "_price",
    "_regular_price",
    "_sale_price",
    "_stock",
    "_stock_status",
    "_manage_stock",
    "_tax_class",
    "_visibility",
    "_product_attributes",
    "_product_image_gallery",
    "total_sales",
    "_yoast_wpseo_title",
    "_yoast_wpseo_metadesc",
    "_yoast_wpseo_focuskw",
    "_menu_item_type",
    "_menu_item_object_id",
};
#define KNOWN_NAMES (sizeof known_names / sizeof known_names[0])
#define PLAIN_KEYS (82 - BUILDER_KEYS)

static struct key plain_keys[PLAIN_KEYS];
static char field_names[PLAIN_KEYS][32];

struct large {
    uint64_t bytes, meta_id, post_id;
    const char *key;
};

struct truth {
    uint64_t rows, bytes, orphan_rows;
    struct large largest[LARGEST];
};

/* xorshift64*: reproducible and quick. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ULL;
}

/* In [0, 1). */
static double fraction(uint64_t *state)
{
    return (double)(next(state) >> 11) / 9007199254740992.0;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return next(state) % limit;
}

/* A few keys are on every post, most on few: 1/rank. */
static void name_plain_keys(void)
{
    for (unsigned i = 0; i < PLAIN_KEYS; i++) {
        if (i < KNOWN_NAMES)
            snprintf(field_names[i], sizeof field_names[i], "%s", known_names[i]);
        else
            snprintf(field_names[i], sizeof field_names[i], "shop_field_%02u", i);
        plain_keys[i] = (struct key){.name = field_names[i], .weight = 100000 / (i + 1)};
    }
}

static struct key *pick(struct key *keys, size_t count, uint64_t *state)
{
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += keys[i].weight;
    uint64_t at = below(state, total);
    while (at >= keys->weight)
        at -= (keys++)->weight;
    return keys;
}

static size_t blob_length(uint64_t *state)
{
    double tail = 1 - pow(PARETO_MIN / PARETO_MAX, PARETO_EXPONENT);
    return (size_t)(PARETO_MIN * pow(1 - fraction(state) * tail, -1 / PARETO_EXPONENT));
}

/* Widgets' text, without anything that JSON, serialize or LOAD DATA would escape. */
static char *make_pool(uint64_t *state)
{
    static const char words[] = "widget section column heading padding margin image "
                                "button typography background responsive container ";
    char *pool = malloc(POOL_BYTES);

    if (!pool)
        return NULL;
    for (size_t i = 0; i < POOL_BYTES; i++)
        pool[i] = words[(i + below(state, 4)) % (sizeof words - 1)];
    return pool;
}

static void put(const char *pool, size_t len, uint64_t *state)
{
    fwrite(pool + below(state, POOL_BYTES - len), 1, len, stdout);
}

static size_t digits(size_t n)
{
    return (size_t)snprintf(NULL, 0, "%zu", n);
}

/* HEAD, a serialized string, TAIL: LEN bytes in all. The length's own digits are part
 * of them, so that one size in ten thousand cannot be met and is a byte longer. */
static size_t put_serialized(const char *pool, const char *head, const char *tail,
                             size_t len, uint64_t *state)
{
    size_t around = strlen(head) + strlen(tail) + strlen("s::\"\";");
    size_t inner = len - around - digits(len);

    inner += digits(len) - digits(inner);
    printf("%ss:%zu:\"", head, inner);
    put(pool, inner, state);
    printf("\";%s", tail);
    return around + digits(inner) + inner;
}

/* A list of equal elements, the last one filled up. */
static size_t put_json(const char *pool, size_t len, uint64_t *state)
{
    static const char head[] = "{\"id\":\"%07x\",\"elType\":\"widget\",\"settings\":"
                               "{\"text\":\"";
    static const char tail[] = "\"}}";
    size_t frame = sizeof head - 1 - strlen("%07x") + 7 + sizeof tail - 1;
    size_t element = 400, rest = len - 2;

    putchar('[');
    while (rest > 0) {
        /* What is left must hold a frame, or be nothing. */
        size_t size = rest < 2 * element ? rest : element;
        size_t comma = size < rest ? 1 : 0;
        printf(head, (unsigned)below(state, 1u << 28));
        put(pool, size - frame - comma, state);
        fputs(tail, stdout);
        if (comma)
            putchar(',');
        rest -= size;
    }
    putchar(']');
    return len;
}

static size_t put_value(const char *pool, enum shape shape, size_t len, uint64_t *state)
{
    switch (shape) {
    case JSON:
        return put_json(pool, len, state);
    case SERIALIZE:
        return put_serialized(pool, "a:1:{s:4:\"data\";", "}", len, state);
    case ELEMENTOR_CSS:
        return put_serialized(pool,
                              "a:3:{s:4:\"time\";i:1790000000;s:6:\"status\";"
                              "s:6:\"inline\";s:3:\"css\";",
                              "}", len, state);
    case PLAIN:
        break;
    }
    put(pool, len, state);
    return len;
}

static void remember(struct truth *truth, struct large large)
{
    size_t i = LARGEST;

    while (i > 0 && truth->largest[i - 1].bytes < large.bytes) {
        if (i < LARGEST)
            truth->largest[i] = truth->largest[i - 1];
        i--;
    }
    if (i < LARGEST)
        truth->largest[i] = large;
}

static void put_row(struct truth *truth, const char *pool, uint64_t meta_id,
                    uint64_t post_id, uint64_t *state)
{
    double kind = fraction(state);
    struct key *key;
    size_t len;

    if (kind < HUGE_RATIO) {
        key = pick(builder_keys, HUGE_KEYS, state);
        len = HUGE_MIN + (size_t)below(state, HUGE_MAX - HUGE_MIN + 1);
    } else if (kind < BLOB_RATIO) {
        key = pick(builder_keys, BUILDER_KEYS, state);
        len = blob_length(state);
    } else {
        key = pick(plain_keys, PLAIN_KEYS, state);
        len = 200 + (size_t)below(state, 301);
    }
    printf("%llu\t%llu\t%s\t", (unsigned long long)meta_id, (unsigned long long)post_id,
           key->name);
    len = put_value(pool, key->shape, len, state);
    putchar('\n');

    key->rows++;
    key->bytes += len;
    if (len > key->largest)
        key->largest = len;
    truth->rows++;
    truth->bytes += len;
    remember(truth, (struct large){len, meta_id, post_id, key->name});
}

static void write_keys(FILE *file, const struct key *keys, size_t count, const char *end)
{
    for (size_t i = 0; i < count; i++)
        fprintf(file,
                "  {\"key\": \"%s\", \"rows\": %llu, \"bytes\": %llu, \"largest\": %llu}"
                "%s\n",
                keys[i].name, (unsigned long long)keys[i].rows,
                (unsigned long long)keys[i].bytes, (unsigned long long)keys[i].largest,
                i + 1 < count ? "," : end);
}

static int write_truth(const char *path, const struct truth *truth, uint64_t seed,
                       uint64_t posts, uint64_t known)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return -1;
    fprintf(file,
            "{\"seed\": %llu, \"rows\": %llu, \"bytes\": %llu, \"post_ids\": %llu,\n"
            " \"posts\": %llu, \"orphan_rows\": %llu,\n \"keys\": [\n",
            (unsigned long long)seed, (unsigned long long)truth->rows,
            (unsigned long long)truth->bytes, (unsigned long long)posts,
            (unsigned long long)known, (unsigned long long)truth->orphan_rows);
    write_keys(file, builder_keys, BUILDER_KEYS, ",");
    write_keys(file, plain_keys, PLAIN_KEYS, "");
    fputs(" ],\n \"largest\": [\n", file);
    for (size_t i = 0; i < LARGEST && truth->largest[i].key; i++)
        fprintf(file,
                "%s  {\"meta_id\": %llu, \"post_id\": %llu, \"key\": \"%s\", "
                "\"bytes\": %llu}",
                i ? ",\n" : "", (unsigned long long)truth->largest[i].meta_id,
                (unsigned long long)truth->largest[i].post_id, truth->largest[i].key,
                (unsigned long long)truth->largest[i].bytes);
    fputs("\n ]}\n", file);
    return fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        fputs("usage: mysql_seed TRUTH [ROWS [SEED]]\n", stderr);
        return 64;
    }
    uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
    uint64_t posts = (rows + ROWS_A_POST - 1) / ROWS_A_POST;
    uint64_t known = (uint64_t)((double)posts * POSTS_KNOWN_RATIO);
    struct truth truth = {0};
    char *pool = make_pool(&state);

    if (!pool)
        return 1;
    name_plain_keys();
    for (uint64_t i = 0; i < rows; i++) {
        uint64_t post_id = i / ROWS_A_POST + 1;
        put_row(&truth, pool, i + 1, post_id, &state);
        truth.orphan_rows += post_id > known;
    }
    free(pool);
    if (fflush(stdout) != 0 || ferror(stdout))
        return 1;
    return write_truth(argv[1], &truth, seed, posts, known) ? 1 : 0;
}
