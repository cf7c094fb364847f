/*
 * A web server that stands still now and then, by the clock: who asks in the first
 * STALL_MS of a period of PERIOD_MS is answered at their end, everybody BASE_MS later.
 * For arrivals at any time alike, the share that waits longer than t is known:
 * (STALL - t)/PERIOD. Prints its port; ends with its standard input.
 *   load_stalls PERIOD_MS STALL_MS BASE_MS
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MS_NS 1000000

static int64_t period_ns, stall_ns, base_ns;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000 * MS_NS + now.tv_nsec;
}

static void wait_for_the_answer(void)
{
    int64_t now = now_ns(), since = now % period_ns;
    int64_t due = (since < stall_ns ? now - since + stall_ns : now) + base_ns;
    struct timespec at = {due / (1000 * (int64_t)MS_NS), due % (1000 * (int64_t)MS_NS)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void *serve(void *cookie)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: Keep-Alive\r\n\r\nok\n";
    int fd = (int)(intptr_t)cookie;
    char request[2048];
    size_t len = 0;
    ssize_t got;

    while (len < sizeof(request) - 1 &&
           (got = recv(fd, request + len, sizeof(request) - 1 - len, 0)) > 0) {
        len += (size_t)got;
        request[len] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        len = 0;
        wait_for_the_answer();
        if (send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
    return NULL;
}

static void *accept_all(void *cookie)
{
    int listener = (int)(intptr_t)cookie;

    for (;;) {
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 || pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    char byte;

    if (argc != 4)
        return 64;
    period_ns = atoll(argv[1]) * MS_NS;
    stall_ns = atoll(argv[2]) * MS_NS;
    base_ns = atoll(argv[3]) * MS_NS;
    if (period_ns <= 0 || bind(listener, (struct sockaddr *)&address, len) ||
        listen(listener, 512) ||
        getsockname(listener, (struct sockaddr *)&address, &len) ||
        pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener))
        return 1;
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}
