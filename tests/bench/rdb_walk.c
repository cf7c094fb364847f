/*
 * rdb_walk.c - how fast an RDB file is walked, and with how much memory.
 *
 *   bench_rdb_walk FILE [unchecked]
 *
 * Prints: seconds, keys, keys without expiry, bytes of strings, RssAnon in KiB.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "probes/redis/rdb.h"

struct sum {
    uint64_t keys, ttlless, bytes;
};

static ptrdiff_t read_file(void *cookie, uint64_t offset, void *bytes, size_t len,
                           struct wpb_err *err)
{
    ssize_t got = pread(*(int *)cookie, bytes, len, (off_t)offset);
    return got >= 0 ? got : wpb_err_set(err, WPB_E_IO, "bench", "pread");
}

static int add(void *cookie, const struct wpb_rdb_key *key)
{
    struct sum *sum = cookie;
    sum->keys++;
    sum->ttlless += !key->has_expiry;
    sum->bytes += key->length;
    return 0;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long rss_anon_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

int main(int argc, char **argv)
{
    struct sum sum = {0};
    struct wpb_rdb_events events = {add, NULL, &sum};
    struct wpb_rdb_result result;
    struct wpb_err err = {0};
    struct stat stat;
    int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0 || fstat(fd, &stat) != 0) {
        fprintf(stderr, "usage: bench_rdb_walk FILE [unchecked]\n");
        return 64;
    }
    struct wpb_rdb_source source = {read_file, &fd, (uint64_t)stat.st_size};
    double begin = now();
    int status = wpb_rdb_walk(&source, argc < 3, &events, &result, &err);
    double seconds = now() - begin;
    if (status != 0)
        fprintf(stderr, "%s\n", err.message);
    printf("%.3f %llu %llu %llu %ld\n", seconds, (unsigned long long)sum.keys,
           (unsigned long long)sum.ttlless, (unsigned long long)sum.bytes,
           rss_anon_kib());
    return status != 0;
}
