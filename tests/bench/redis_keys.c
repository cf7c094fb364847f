/*
 * redis_keys.c - a WordPress-shaped keyspace as RESP on stdout, for
 * `redis_keys COUNT [VALUE_BYTES] | redis-cli --pipe`.
 *
 * COUNT keys in 17 groups of one salt, 40.3 % without TTL, 78 values above 64 KiB,
 * an options:notoptions of 3,971,911 bytes. VALUE_BYTES is the mean of the others
 * (default 500). The same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "wpcache:"
#define NOTOPTIONS_BYTES 3971911u
#define LARGE_COUNT 77
#define NAME_OF_48 "kestrel_tariff_v2_000000000000000000000000000000"
#define LARGE_MAX (220u * 1024)

static const char *const groups[] = {
    "posts",          "post_meta",    "terms",        "term_meta",
    "users",          "user_meta",    "options",      "transient",
    "site-transient", "comment",      "counts",       "product_objects",
    "orders",         "post-queries", "term-queries", "category_relationships",
    "default",
};
#define GROUPS (sizeof groups / sizeof groups[0])

/* xorshift64*: reproducible and quick. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ULL;
}

static void set(const char *key, const char *value, size_t len, unsigned ttl)
{
    char seconds[16];
    int digits = snprintf(seconds, sizeof seconds, "%u", ttl);

    printf("*%d\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%zu\r\n", ttl ? 5 : 3, strlen(key), key,
           len);
    fwrite(value, 1, len, stdout);
    if (ttl)
        printf("\r\n$2\r\nEX\r\n$%d\r\n%s", digits, seconds);
    fputs("\r\n", stdout);
}

/* a:N:{s:48:"kestrel_tariff_v2_<30 hex>";b:1;...}, padded to its exact length. */
static size_t notoptions(char *out, uint64_t *random)
{
    size_t entries = (NOTOPTIONS_BYTES - 400) / strlen("s:48:\"\";b:1;" NAME_OF_48);
    size_t at = (size_t)sprintf(out, "a:%zu:{", entries + 1);

    for (size_t i = 0; i < entries; i++)
        at += (size_t)sprintf(out + at, "s:48:\"kestrel_tariff_v2_%016llx%014llx\";b:1;",
                              (unsigned long long)next(random),
                              (unsigned long long)(next(random) >> 8));
    /* One more name takes up what is left: s:NNN:"...";b:1;} */
    size_t left = NOTOPTIONS_BYTES - at - 1 - strlen("s:100:\"\";b:1;");
    at += (size_t)sprintf(out + at, "s:%03zu:\"", left);
    memset(out + at, 'p', left);
    at += left;
    at += (size_t)sprintf(out + at, "\";b:1;}");
    return at;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t mean = argc > 2 ? strtoull(argv[2], NULL, 10) : 500;
    uint64_t random = 0x9e3779b97f4a7c15ULL;
    char *value = malloc(NOTOPTIONS_BYTES + 4096);

    if (count < 100 || mean == 0 || mean > 4096 || !value) {
        fprintf(stderr, "usage: redis_keys COUNT [VALUE_BYTES up to 4096]\n");
        return 64;
    }
    set(PREFIX "options:notoptions", value, notoptions(value, &random), 0);
    memset(value, 'v', LARGE_MAX);
    for (uint64_t i = 1; i < count; i++) {
        uint64_t r = next(&random);
        char key[128];
        size_t len =
            i <= LARGE_COUNT ? 65537 + r % (LARGE_MAX - 65537) : 1 + r % (2 * mean);
        unsigned ttl = (r >> 32) % 1000 < 403 ? 0 : 3600 + (unsigned)(r >> 40) % 86400;
        snprintf(key, sizeof key, PREFIX "%s:%llu-%llx", groups[r % GROUPS],
                 (unsigned long long)i, (unsigned long long)(r >> 8));
        set(key, value, len, ttl);
    }
    free(value);
    return ferror(stdout) ? 1 : 0;
}
