#include "redis_proxy.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Pass on what FROM has sent. -1 at its end. */
static int pass_on(struct redis_proxy *proxy, int from, int to, bool is_client)
{
    static __thread char bytes[65536];
    ssize_t n = read(from, bytes, sizeof bytes);

    if (n <= 0 || write_all(to, bytes, (size_t)n) != 0)
        return -1;
    if (is_client)
        wpb_buf_add(&proxy->sent, bytes, (size_t)n);
    else
        proxy->received += (uint64_t)n;
    return 0;
}

static void take_client(struct redis_proxy *proxy, struct pollfd pair[2])
{
    struct sockaddr_un address = address_of(proxy->server);

    pair[0] = (struct pollfd){accept(proxy->listener, NULL, NULL), POLLIN, 0};
    pair[1] = (struct pollfd){socket(AF_UNIX, SOCK_STREAM, 0), POLLIN, 0};
    if (connect(pair[1].fd, (struct sockaddr *)&address, sizeof address) != 0)
        shutdown(pair[0].fd, SHUT_RDWR);
}

/* The listener, the pipe, then client and server by turns. */
static void *serve(void *cookie)
{
    struct redis_proxy *proxy = cookie;
    struct pollfd fds[2 + 2 * REDIS_PROXY_CLIENTS] = {{proxy->listener, POLLIN, 0},
                                                      {proxy->stop[0], POLLIN, 0}};
    size_t count = 2;

    while (poll(fds, count, -1) >= 0) {
        for (size_t i = 2; i < count; i++) {
            size_t pair = i & ~(size_t)1;
            if (!fds[i].revents ||
                pass_on(proxy, fds[i].fd, fds[i ^ 1].fd, i == pair) == 0)
                continue;
            close(fds[pair].fd);
            close(fds[pair + 1].fd);
            count -= 2;
            memmove(&fds[pair], &fds[pair + 2], (count - pair) * sizeof fds[0]);
            i = pair - 1;
        }
        if (fds[0].revents && count < sizeof fds / sizeof fds[0]) {
            take_client(proxy, &fds[count]);
            count += 2;
        } else if (fds[1].revents) {
            break;
        }
    }
    for (size_t i = 2; i < count; i++)
        close(fds[i].fd);
    return NULL;
}

void redis_proxy_start(struct redis_proxy *proxy, const char *folder, const char *server)
{
    struct sockaddr_un address;

    memset(proxy, 0, sizeof *proxy);
    proxy->server = server;
    wpb_buf_init(&proxy->sent, 0);
    snprintf(proxy->socket, sizeof proxy->socket, "%s/proxy.sock", folder);
    unlink(proxy->socket);
    address = address_of(proxy->socket);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&address, sizeof address),
                     0);
    assert_int_equal(listen(proxy->listener, 8), 0);
    assert_int_equal(pipe(proxy->stop), 0);
    assert_int_equal(pthread_create(&proxy->thread, NULL, serve, proxy), 0);
}

void redis_proxy_stop(struct redis_proxy *proxy)
{
    assert_int_equal(write(proxy->stop[1], "x", 1), 1);
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    close(proxy->stop[0]);
    close(proxy->stop[1]);
    unlink(proxy->socket);
}

void redis_proxy_free(struct redis_proxy *proxy)
{
    wpb_buf_fini(&proxy->sent);
}

/* The number behind MARK at *AT, which moves past its line. */
static size_t number(const struct redis_proxy *proxy, size_t *at, char mark)
{
    const char *line = proxy->sent.data + *at;
    assert_int_equal(*line, mark);
    const char *end = memchr(line, '\r', proxy->sent.len - *at);
    assert_non_null(end);
    *at += (size_t)(end - line) + 2;
    return strtoul(line + 1, NULL, 10);
}

size_t redis_proxy_next(const struct redis_proxy *proxy, size_t *at,
                        struct wpb_slice *words, size_t capacity)
{
    if (*at >= proxy->sent.len)
        return 0;
    size_t count = number(proxy, at, '*');
    for (size_t i = 0; i < count; i++) {
        size_t len = number(proxy, at, '$');
        if (i < capacity)
            words[i] = wpb_slice_of(proxy->sent.data + *at, len);
        *at += len + 2;
    }
    return count;
}

uint64_t redis_proxy_count(const struct redis_proxy *proxy, const char *verb,
                           const char *sub)
{
    struct wpb_slice words[4];
    uint64_t count = 0;
    size_t at = 0, n;

    while ((n = redis_proxy_next(proxy, &at, words, 4)) > 0) {
        if (verb && !wpb_slice_is(words[0], verb))
            continue;
        count += !sub || (n > 1 && wpb_slice_is(words[1], sub));
    }
    return count;
}
