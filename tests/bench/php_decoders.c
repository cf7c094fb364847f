/* Walks an igbinary or JSON value from a file (named so) as often as asked and prints
 * the least CPU time in microseconds: whole, in the 16 KiB chunks of a network read, and
 * in such chunks with all that an examination does; of igbinary also that of the floor,
 * a loop that does nothing but find where each item ends and call a visitor. The heap
 * stays as it is between two runs, as PHP's does. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "probes/php/decoder.h"
#include "probes/php/examine.h"

#define CHUNK 16384
#define HEAP_MAX (256 << 20)

struct value {
    struct wpb_slice bytes;
    enum wpb_php_decoder kind;
    uint64_t elements;
};

struct sums {
    uint64_t events, key_bytes;
};

static int visit(void *cookie, const struct wpb_php_event *event)
{
    struct sums *sums = cookie;
    sums->events++;
    sums->key_bytes += event->key_len;
    return 0;
}

static void walk(struct value *value, size_t chunk)
{
    struct wpb_err err = {0};
    struct sums sums = {0};
    struct wpb_slice rest = value->bytes;
    struct wpb_decoder *decoder = wpb_decoder_new(value->kind, NULL, visit, &sums);
    int result = decoder ? 0 : -1;
    while (rest.len > 0 && result == 0) {
        struct wpb_slice part = wpb_slice_head(rest, chunk);
        result = wpb_decoder_feed(decoder, part, &err);
        rest = wpb_slice_skip(rest, part.len);
    }
    if (result || wpb_decoder_finish(decoder, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    value->elements = wpb_decoder_elements(decoder);
    wpb_decoder_free(decoder);
}

/* What any walk of igbinary has to do at least: no strings are remembered, no budgets and
 * tables kept, no errors told, and the visitor learns a place alone. */
static const unsigned char *floor_item(const unsigned char *p, uint32_t *count)
{
    switch (*p) {
    case 0x00: /* null, booleans, "" */
    case 0x04:
    case 0x05:
    case 0x0d:
        return p + 1;
    case 0x01: /* numbers of one byte */
    case 0x06:
    case 0x07:
    case 0x0e:
        return p + 2;
    case 0x02:
    case 0x08:
    case 0x09:
    case 0x0f:
        return p + 3;
    case 0x03:
    case 0x0a:
    case 0x0b:
    case 0x10:
        return p + 5;
    case 0x0c:
        return p + 9;
    case 0x11: /* texts */
        return p + 2 + p[1];
    case 0x12:
        return p + 3 + (p[1] << 8 | p[2]);
    case 0x14: /* arrays */
        *count = p[1];
        return p + 2;
    case 0x15:
        *count = (uint32_t)(p[1] << 8 | p[2]);
        return p + 3;
    case 0x16:
        *count = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
        return p + 5;
    default:
        fprintf(stderr, "type %02x is none of the values'\n", *p);
        exit(1);
    }
}

static void walk_floor(struct value *value)
{
    static wpb_php_visit *volatile visitor = visit;
    wpb_php_visit *call = visitor;
    const unsigned char *p = (const unsigned char *)value->bytes.data + 4;
    const unsigned char *end = p + value->bytes.len - 4;
    uint32_t left[64] = {1};
    size_t depth = 0;
    bool is_key = false;
    struct wpb_php_event event = {0};
    struct sums sums = {0};

    while (p < end) {
        uint32_t count = UINT32_MAX;
        event.offset = (uint64_t)(p - (const unsigned char *)value->bytes.data);
        p = floor_item(p, &count);
        if (is_key) {
            is_key = false;
            continue;
        }
        call(&sums, &event);
        left[depth]--;
        is_key = true;
        if (count != UINT32_MAX)
            left[++depth] = count;
        for (; depth > 0 && left[depth] == 0; depth--)
            call(&sums, &event);
    }
}

static void walk_whole(struct value *value)
{
    walk(value, SIZE_MAX);
}

static void walk_chunks(struct value *value)
{
    walk(value, CHUNK);
}

static void examine(struct value *value)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_examiner *examiner = wpb_examiner_new(value->bytes.len, 80200, NULL);
    struct wpb_examination result;
    struct wpb_slice rest = value->bytes;
    if (!arena || !examiner)
        exit(1);
    while (rest.len > 0 && wpb_examiner_feed(examiner, wpb_slice_head(rest, CHUNK)) == 0)
        rest = wpb_slice_skip(rest, CHUNK);
    wpb_examiner_finish(examiner, arena, &result);
    if (!result.is_complete) {
        fprintf(stderr, "%s\n", result.flaw);
        exit(1);
    }
    wpb_examiner_free(examiner);
    wpb_arena_free(arena);
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double least_us(void (*run)(struct value *), struct value *value, size_t runs)
{
    double least = 1e18;
    for (size_t i = 0; i < runs; i++) {
        double start = cpu_us();
        run(value);
        double spent = cpu_us() - start;
        least = spent < least ? spent : least;
    }
    return least;
}

int main(int argc, char **argv)
{
    size_t runs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file || runs < 1) {
        fprintf(stderr, "usage: bench_php_decoders FILE.igbinary|FILE.json RUNS\n");
        return 64;
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size + 1);
    if (!bytes || fread(bytes, 1, size, file) != size)
        return 1;
    fclose(file);
    mallopt(M_MMAP_THRESHOLD, HEAP_MAX);
    mallopt(M_TRIM_THRESHOLD, HEAP_MAX);
    bool is_json = wpb_slice_ends(wpb_slice_cstr(argv[1]), wpb_slice_cstr(".json"));
    struct value value = {
        .bytes = wpb_slice_of(bytes, size),
        .kind = is_json ? WPB_PHP_JSON_DECODE : WPB_PHP_IGBINARY_UNSERIALIZE,
    };
    double whole = least_us(walk_whole, &value, runs);
    double chunked = least_us(walk_chunks, &value, runs);
    double examined = least_us(examine, &value, runs);
    double floor = is_json ? 0 : least_us(walk_floor, &value, runs);
    printf("%.0f %.0f %.0f %llu %.0f\n", whole, chunked, examined,
           (unsigned long long)value.elements, floor);
    free(bytes);
    return 0;
}
