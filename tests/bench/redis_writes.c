/*
 * redis_writes.c - somebody who writes all the time: SETs of 300 bytes to a unix socket,
 * 20 at once, at a steady rate, to keys "cNN:options:K" of sixteen sites by turns, or,
 * with ALL, of the first site alone. Ends when it is killed, or Redis goes.
 *   redis_writes SOCKET RATE [all]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BATCH 20
#define VALUE_BYTES 300
#define SITES 16
#define KEYS 20000

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static size_t make_batch(char *out, uint64_t first, unsigned sites)
{
    size_t len = 0;

    for (uint64_t i = first; i < first + BATCH; i++) {
        char key[32];
        int n = snprintf(key, sizeof key, "c%02u:options:%u", (unsigned)(i % sites),
                         (unsigned)(i * 2654435761u % KEYS));
        len += (size_t)sprintf(out + len, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n", n,
                               key, VALUE_BYTES);
        memset(out + len, 'v', VALUE_BYTES);
        len += VALUE_BYTES;
        out[len++] = '\r';
        out[len++] = '\n';
    }
    return len;
}

static void exchange(int fd, const char *batch, size_t len)
{
    char replies[BATCH * 5];
    size_t have = 0;

    if (write(fd, batch, len) != (ssize_t)len)
        exit(0);
    while (have < sizeof replies) {
        ssize_t n = read(fd, replies + have, sizeof replies - have);
        if (n <= 0)
            exit(0);
        have += (size_t)n;
    }
}

int main(int argc, char **argv)
{
    static char batch[BATCH * (VALUE_BYTES + 96)];
    struct timespec at;

    if (argc < 3) {
        fprintf(stderr, "usage: redis_writes SOCKET RATE [all]\n");
        return 64;
    }
    int fd = connect_to(argv[1]);
    long long every_ns = 1000000000LL * BATCH / atoll(argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &at);
    for (uint64_t i = 0;; i += BATCH) {
        exchange(fd, batch, make_batch(batch, i, argc > 3 ? 1 : SITES));
        long long ns = at.tv_nsec + every_ns;
        at.tv_sec += (time_t)(ns / 1000000000LL);
        at.tv_nsec = (long)(ns % 1000000000LL);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
}
