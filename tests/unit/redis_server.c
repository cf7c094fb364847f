#include "redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

uint16_t redis_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void write_config(const struct redis_server *server, const char *config)
{
    char path[128];
    snprintf(path, sizeof path, "%s/redis.conf", server->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "bind 127.0.0.1\nport %u\nunixsocket %s\nunixsocketperm 700\ndir %s\n"
            "save \"\"\nappendonly no\nenable-debug-command local\nlogfile %s/log\n%s\n",
            server->port, server->socket, server->folder, server->folder,
            config ? config : "");
    fclose(file);
}

static void start(struct redis_server *server, const char *config, int has_port,
                  const char *mode)
{
    char path[128];

    memset(server, 0, sizeof *server);
    strcpy(server->folder, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->folder);
    server->port = has_port ? redis_free_port() : 0;
    write_config(server, config);
    snprintf(path, sizeof path, "%s/redis.conf", server->folder);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        /* A failing test must not leave it behind. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execlp("redis-server", "redis-server", path, mode, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000; i++) {
        server->admin = redisConnectUnix(server->socket);
        if (server->admin && !server->admin->err)
            return;
        if (server->admin)
            redisFree(server->admin);
        server->admin = NULL;
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid)
            fail_msg("redis-server did not start: is it installed?");
        usleep(10000);
    }
    fail_msg("redis-server does not answer");
}

void redis_server_start(struct redis_server *server, const char *config, int has_port)
{
    start(server, config, has_port, NULL);
}

void redis_sentinel_start(struct redis_server *server, const char *config)
{
    start(server, config, 1, "--sentinel");
}

void redis_server_kill(struct redis_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
}

void redis_server_stop(struct redis_server *server)
{
    static const char *const files[] = {"redis.sock", "redis.conf", "log", "dump.rdb",
                                        "nodes.conf"};
    char path[160];

    if (server->admin)
        redisFree(server->admin);
    redis_server_kill(server);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", server->folder, files[i]);
        unlink(path);
    }
    rmdir(server->folder);
    memset(server, 0, sizeof *server);
}

static redisReply *ask(struct redis_server *server, const char *format, va_list args)
{
    redisReply *reply = redisvCommand(server->admin, format, args);
    if (!reply)
        fail_msg("%s: %s", format, server->admin->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", format, reply->str);
    return reply;
}

redisReply *redis_server_ask(struct redis_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = ask(server, format, args);
    va_end(args);
    return reply;
}

void redis_server_do(struct redis_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    freeReplyObject(ask(server, format, args));
    va_end(args);
}

long long redis_server_integer(struct redis_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = ask(server, format, args);
    va_end(args);
    assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
    long long value = reply->integer;
    freeReplyObject(reply);
    return value;
}

void redis_server_pipe(struct redis_server *server, const char *resp, size_t len,
                       size_t count)
{
    redisAppendFormattedCommand(server->admin, resp, len);
    for (size_t i = 0; i < count; i++) {
        redisReply *reply = NULL;
        assert_int_equal(redisGetReply(server->admin, (void **)&reply), REDIS_OK);
        assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
        freeReplyObject(reply);
    }
}

struct wpb_site redis_server_site(const struct redis_server *server, uint32_t database)
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
                             .redis = {.scheme = WPB_REDIS_UNIX,
                                       .host = "",
                                       .path = server->socket,
                                       .database = database,
                                       .user = "",
                                       .password = ""}};
}
