/*
 * redis_queries.c - a keyspace of query results as WordPress up to 6.8 leaves it, as RESP
 * on stdout, for `redis_queries COUNT stamped|plain | redis-cli --pipe`.
 *
 * COUNT keys in all: {wpcache:posts,wpcache:terms}:last_changed and post-queries of 24
 * last_changed values, one in five joined with terms; 23 of 24 are orphans. "plain":
 * names as long, without stamps. The same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "wpcache:"
#define CHANGES 24
#define FIRST_SECOND 1795464000u

/* xorshift64*: reproducible and quick. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ULL;
}

static void set(const char *key, const char *value)
{
    printf("*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(key), key,
           strlen(value), value);
}

int main(int argc, char **argv)
{
    uint64_t count = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t random = 0x9e3779b97f4a7c15ULL;
    char stamp[64], key[200];

    if (count < 10 ||
        (strcmp(argv[2], "stamped") != 0 && strcmp(argv[2], "plain") != 0)) {
        fprintf(stderr, "usage: redis_queries COUNT stamped|plain\n");
        return 64;
    }
    int is_plain = argv[2][0] == 'p';
    snprintf(stamp, sizeof stamp, "0.64035600 %u", FIRST_SECOND + CHANGES - 1);
    set(PREFIX "posts:last_changed", stamp);
    set(PREFIX "terms:last_changed", stamp);
    for (uint64_t i = 2; i < count; i++) {
        unsigned change = (unsigned)(i % CHANGES);
        unsigned long long high = next(&random), low = next(&random);
        int len = snprintf(stamp, sizeof stamp, "0.64035600 %u", FIRST_SECOND + change);
        if (i % 5 == 0)
            snprintf(stamp + len, sizeof stamp - (size_t)len, "0.64035600 %u",
                     FIRST_SECOND + CHANGES - 1);
        if (is_plain)
            stamp[strlen(stamp) - 1] = 'x';
        snprintf(key, sizeof key, PREFIX "post-queries:wp_query-%016llx%016llx-%s", high,
                 low, stamp);
        set(key, "a:2:{s:5:\"posts\";a:1:{i:0;i:12;}s:11:\"found_posts\";i:1;}");
    }
    return ferror(stdout) ? 1 : 0;
}
