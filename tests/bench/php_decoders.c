/* Walks an igbinary or JSON value from a file (named so) as often as asked and prints
 * the least CPU time in microseconds: whole, in the 16 KiB chunks of a network read, and
 * in such chunks with all that an examination does. The heap stays as it is between two
 * runs, as PHP's does. */
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
    printf("%.0f %.0f %.0f %llu\n", whole, chunked, examined,
           (unsigned long long)value.elements);
    free(bytes);
    return 0;
}
