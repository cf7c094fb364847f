/* Walks a serialized value from a file as often as asked and prints the median
 * time in microseconds: whole, and in the 16 KiB chunks of a network read. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "probes/php/walk.h"

#define RUNS_MAX 1000

struct sums {
    uint64_t events;
    uint64_t key_bytes;
};

static int visit(void *cookie, const struct wpb_php_event *event)
{
    struct sums *sums = cookie;
    sums->events++;
    sums->key_bytes += event->key_len;
    return 0;
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double walk_us(struct wpb_slice value, size_t chunk, struct sums *sums)
{
    struct wpb_err err = {0};
    double start = now_us();
    struct wpb_php_walker *walker = wpb_php_walker_new(NULL, visit, sums);
    int result = walker ? 0 : -1;
    while (value.len > 0 && result == 0) {
        struct wpb_slice part = wpb_slice_head(value, chunk);
        result = wpb_php_walker_feed(walker, part, &err);
        value = wpb_slice_skip(value, part.len);
    }
    if (result || wpb_php_walker_finish(walker, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    wpb_php_walker_free(walker);
    return now_us() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median_us(struct wpb_slice value, size_t chunk, size_t runs,
                        struct sums *sums)
{
    double times[RUNS_MAX];
    for (size_t i = 0; i < runs; i++) {
        *sums = (struct sums){0};
        times[i] = walk_us(value, chunk, sums);
    }
    qsort(times, runs, sizeof(*times), compare);
    return times[runs / 2];
}

int main(int argc, char **argv)
{
    size_t runs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: bench_php_walk FILE RUNS\n");
        return 64;
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size + 1);
    if (!bytes || fread(bytes, 1, size, file) != size)
        return 1;
    fclose(file);
    struct sums sums = {0};
    double whole = median_us(wpb_slice_of(bytes, size), SIZE_MAX, runs, &sums);
    double chunked = median_us(wpb_slice_of(bytes, size), 16384, runs, &sums);
    printf("%.0f %.0f %llu\n", whole, chunked, (unsigned long long)sums.events);
    free(bytes);
    return 0;
}
