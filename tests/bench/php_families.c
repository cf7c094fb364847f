/* Examines a serialized value from a file as often as asked, in the 16 KiB chunks
 * of a network read, and prints the median time in microseconds and the names
 * that were folded. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "probes/php/examine.h"

#define RUNS_MAX 1000
#define CHUNK 16384

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double examine_us(struct wpb_slice value, uint64_t *names)
{
    static struct wpb_examination result;
    double start = now_us();
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_examiner *examiner = wpb_examiner_new(value.len, 0, NULL);
    if (!arena || !examiner)
        exit(1);
    while (value.len > 0) {
        struct wpb_slice part = wpb_slice_head(value, CHUNK);
        wpb_examiner_feed(examiner, part);
        value = wpb_slice_skip(value, part.len);
    }
    wpb_examiner_finish(examiner, arena, &result);
    if (!result.is_complete) {
        fprintf(stderr, "%s\n", result.flaw);
        exit(1);
    }
    *names = result.family_names;
    wpb_examiner_free(examiner);
    wpb_arena_free(arena);
    return now_us() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    static double times[RUNS_MAX];
    size_t runs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: bench_php_families FILE RUNS\n");
        return 64;
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size + 1);
    if (!bytes || fread(bytes, 1, size, file) != size)
        return 1;
    fclose(file);
    uint64_t names = 0;
    for (size_t i = 0; i < runs; i++)
        times[i] = examine_us(wpb_slice_of(bytes, size), &names);
    qsort(times, runs, sizeof(*times), compare);
    printf("%.0f %llu\n", times[runs / 2], (unsigned long long)names);
    free(bytes);
    return 0;
}
