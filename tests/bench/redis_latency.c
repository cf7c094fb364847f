/*
 * redis_latency.c - what another client of Redis feels: one GET every 500 us on a unix
 * socket, its latency counted from when it should have been sent, so that a stall is
 * felt by all that queue up behind it.
 *   redis_latency SOCKET KEY SECONDS    prints p50, p99, p99.9 and the maximum in us
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define EVERY_US 500

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void sleep_until(uint64_t at_us)
{
    struct timespec at = {(time_t)(at_us / 1000000u), (long)(at_us % 1000000u) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

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

/* One GET and its whole reply, "$LEN\r\n" bytes "\r\n". */
static void get(int fd, const char *command, size_t len)
{
    static char reply[65536];
    size_t have = 0, want = 0;

    if (write(fd, command, len) != (ssize_t)len)
        exit(1);
    while (want == 0 || have < want) {
        ssize_t n = read(fd, reply + have, sizeof reply - 1 - have);
        if (n <= 0)
            exit(1);
        have += (size_t)n;
        reply[have] = '\0';
        char *end = strstr(reply, "\r\n");
        if (reply[0] != '$' || reply[1] == '-')
            exit(1);
        if (end)
            want = (size_t)(end - reply) + 2 + strtoul(reply + 1, NULL, 10) + 2;
        if (want > sizeof reply - 1)
            exit(1);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: redis_latency SOCKET KEY SECONDS\n");
        return 64;
    }
    size_t count = (size_t)(strtod(argv[3], NULL) * 1e6 / EVERY_US);
    uint32_t *latency = calloc(count + 1, sizeof *latency);
    int fd = connect_to(argv[1]);
    char command[512];
    int len = snprintf(command, sizeof command, "*2\r\n$3\r\nGET\r\n$%zu\r\n%s\r\n",
                       strlen(argv[2]), argv[2]);

    if (count == 0 || !latency || len < 0 || (size_t)len >= sizeof command)
        return 1;
    uint64_t start = now_us();
    for (size_t i = 0; i < count; i++) {
        uint64_t due = start + (i + 1) * EVERY_US;
        sleep_until(due);
        get(fd, command, (size_t)len);
        latency[i] = (uint32_t)(now_us() - due);
    }
    qsort(latency, count, sizeof *latency, by_size);
    printf("%u %u %u %u\n", latency[count / 2], latency[count * 99 / 100],
           latency[count * 999 / 1000], latency[count - 1]);
    free(latency);
    close(fd);
    return 0;
}
