#include "load_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WORKERS 4

struct connection {
    struct load_server *server;
    int fd;
};

static int say(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void page(int fd, const char *status, const char *head, const char *body)
{
    char answer[1024];

    snprintf(answer, sizeof(answer), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s",
             status, strlen(body), head, body);
    say(fd, answer);
}

/* Again and again, until the other side or the test has had enough. */
static void repeat(struct load_server *server, int fd, const char *text,
                   unsigned pause_us)
{
    while (!server->is_over && say(fd, text) == 0) {
        if (pause_us)
            usleep(pause_us);
    }
}

static void wait_until_left(struct load_server *server, int fd)
{
    struct pollfd left = {.fd = fd, .events = POLLRDHUP};

    while (!server->is_over && poll(&left, 1, 50) == 0)
        continue;
}

static void serve_at_station(struct load_server *server, int fd)
{
    pthread_mutex_lock(&server->mutex);
    while (server->busy == WORKERS)
        pthread_cond_wait(&server->freed, &server->mutex);
    server->busy++;
    pthread_mutex_unlock(&server->mutex);
    usleep(100000);
    pthread_mutex_lock(&server->mutex);
    server->busy--;
    pthread_cond_signal(&server->freed);
    pthread_mutex_unlock(&server->mutex);
    page(fd, "200 OK", "", "done\n");
}

/* False: the connection is over. */
static bool answer(struct load_server *server, int fd, const char *request)
{
    char location[96];

    switch (server->manner) {
    case LOAD_SERVER_PAGE:
        page(fd, "200 OK", "", "page\n");
        return true;
    case LOAD_SERVER_ERROR:
        page(fd, "500 Internal Server Error", "", "sorry\n");
        return true;
    case LOAD_SERVER_MISSING:
        page(fd, "404 Not Found", "", "no\n");
        return true;
    case LOAD_SERVER_REDIRECT:
        snprintf(location, sizeof(location), "Location: http://127.0.0.1:%u/there\r\n",
                 server->elsewhere);
        page(fd, "302 Found", location, "");
        return true;
    case LOAD_SERVER_ENDLESS:
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        repeat(server, fd,
               "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef"
               "0123456789abcdef\r\n",
               0);
        return false;
    case LOAD_SERVER_HEADERS:
        say(fd, "HTTP/1.1 200 OK\r\n");
        repeat(server, fd, "X-More: 0123456789abcdef0123456789abcdef\r\n", 0);
        return false;
    case LOAD_SERVER_LINE:
        say(fd, "HTTP/1.1 200 OK\r\nX-More: ");
        repeat(server, fd, "0123456789abcdef0123456789abcdef", 0);
        return false;
    case LOAD_SERVER_TRICKLE:
        say(fd, "HTTP/1.1 200 OK\r\n\r\n");
        repeat(server, fd, "x", 20000);
        return false;
    case LOAD_SERVER_SILENT:
        wait_until_left(server, fd);
        return false;
    case LOAD_SERVER_BINARY:
        say(fd, "\x01\x02\x1b[31m\xff\xfe\x80 what?\r\n\r\n");
        return false;
    case LOAD_SERVER_HANGS_UP:
        return false;
    case LOAD_SERVER_CUT_SHORT:
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        return false;
    case LOAD_SERVER_PROOF:
        if (strstr(request, "GET /.well-known/wpbloat-load.txt "))
            page(fd, "200 OK", "", server->text);
        else
            page(fd, "404 Not Found", "", "no\n");
        return true;
    case LOAD_SERVER_STATION:
        serve_at_station(server, fd);
        return true;
    }
    return false;
}

static void *serve(void *cookie)
{
    struct connection connection = *(struct connection *)cookie;
    struct load_server *server = connection.server;
    char request[2048];
    size_t len = 0;

    free(cookie);
    while (!server->is_over && len < sizeof(request) - 1) {
        struct pollfd ready = {.fd = connection.fd, .events = POLLIN};
        ssize_t got;
        if (poll(&ready, 1, 50) == 0)
            continue;
        got = recv(connection.fd, request + len, sizeof(request) - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        request[len] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        pthread_mutex_lock(&server->mutex);
        memcpy(server->last, request, len + 1);
        pthread_mutex_unlock(&server->mutex);
        server->requests++;
        len = 0;
        if (!answer(server, connection.fd, request))
            break;
    }
    close(connection.fd);
    server->connections--;
    return NULL;
}

static void *accept_all(void *cookie)
{
    struct load_server *server = cookie;

    while (!server->is_over) {
        struct pollfd ready = {.fd = server->fd, .events = POLLIN};
        struct connection *connection;
        pthread_t thread;
        int fd;
        if (poll(&ready, 1, 50) <= 0)
            continue;
        fd = accept(server->fd, NULL, NULL);
        if (fd < 0)
            continue;
        connection = malloc(sizeof(*connection));
        *connection = (struct connection){server, fd};
        server->connections++;
        if (pthread_create(&thread, NULL, serve, connection))
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

void load_server_start(struct load_server *server, enum load_server_manner manner)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    memset(server, 0, sizeof(*server));
    server->manner = manner;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->freed, NULL);
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->fd, 512), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, accept_all, server), 0);
}

void load_server_stop(struct load_server *server)
{
    server->is_over = true;
    pthread_join(server->thread, NULL);
    while (server->connections)
        usleep(1000);
    close(server->fd);
}
