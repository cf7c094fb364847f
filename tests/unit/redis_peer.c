#include "redis_peer.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Read one command; its first word goes into VERB. -1 when the client has gone. */
static int read_command(FILE *in, char verb[32])
{
    char line[64];
    int words;

    if (!fgets(line, sizeof line, in) || sscanf(line, "*%d", &words) != 1)
        return -1;
    for (int i = 0; i < words; i++) {
        size_t len;
        if (!fgets(line, sizeof line, in) || sscanf(line, "$%zu", &len) != 1)
            return -1;
        for (size_t at = 0; at < len + 2; at++) {
            int c = fgetc(in);
            if (c == EOF)
                return -1;
            if (i == 0 && at < len && at < 31)
                verb[at] = (char)c;
        }
        if (i == 0)
            verb[len < 31 ? len : 31] = '\0';
    }
    return 0;
}

static int say(int fd, const char *bytes)
{
    size_t len = strlen(bytes);
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

/* Until the client has gone. */
static void drain(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

static int greet(int fd, const char *verb)
{
    if (strcmp(verb, "INFO") == 0)
        return say(fd, "$33\r\n# Server\r\nredis_mode:standalone\r\n\r\n");
    return say(fd, "+OK\r\n");
}

static int play(int fd, const struct peer_line *line)
{
    size_t times = line->repeat ? line->repeat : 1;
    for (size_t i = 0; line->bytes && i < times; i++)
        if (say(fd, line->bytes) != 0)
            return -1;
    return 0;
}

static void *serve(void *cookie)
{
    struct redis_peer *peer = cookie;
    int fd = accept(peer->listener, NULL, NULL);
    FILE *in = fdopen(fd, "r");
    size_t at = 0;
    char verb[32];
    bool is_greeting = !peer->has_no_greeting;

    while (read_command(in, verb) == 0) {
        if (is_greeting) {
            greet(fd, verb);
            is_greeting = strcmp(verb, "INFO") != 0;
            continue;
        }
        enum peer_then then = PEER_CLOSE;
        do {
            if (at >= peer->count || play(fd, &peer->lines[at]) != 0)
                then = PEER_CLOSE;
            else
                then = peer->lines[at++].then;
        } while (then == PEER_MORE);
        if (then == PEER_HANG)
            drain(fd);
        if (then != PEER_GO_ON)
            break;
    }
    fclose(in);
    return NULL;
}

void redis_peer_start(struct redis_peer *peer, const struct peer_line *lines,
                      size_t count, int has_no_greeting)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    *peer = (struct redis_peer){
        .lines = lines, .count = count, .has_no_greeting = has_no_greeting};
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(peer->listener, 1), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &len), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

void redis_peer_stop(struct redis_peer *peer)
{
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

struct wpb_site redis_peer_site(const struct redis_peer *peer)
{
    return (struct wpb_site){.name = "test",
                             .owner = "",
                             .path = "",
                             .config_file = "",
                             .content_dir = "",
                             .plugin_dir = "",
                             .mu_plugin_dir = "",
                             .theme_dir = "",
                             .wp_version = "",
                             .table_prefix = "",
                             .db_name = "",
                             .db_host = "",
                             .flavour_version = "",
                             .flavour_note = "",
                             .key_prefix = "",
                             .memory_limit_source = "",
                             .has_redis = true,
                             .redis = {.scheme = WPB_REDIS_TCP,
                                       .host = "127.0.0.1",
                                       .port = peer->port,
                                       .path = "",
                                       .user = "",
                                       .password = ""}};
}
