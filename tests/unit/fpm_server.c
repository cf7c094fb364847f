#include "fpm_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/requests/fastcgi.h"

static const char config[] = "[global]\n"
                             "error_log = %1$s/log\n"
                             "daemonize = no\n"
                             "[www]\n"
                             "user = www-data\n"
                             "group = www-data\n"
                             "listen = %1$s/www.sock\n"
                             "listen.mode = 0666\n"
                             "listen.backlog = 64\n"
                             "pm = static\n"
                             "pm.max_children = 4\n"
                             "pm.status_path = /fpm-status\n"
                             "pm.status_listen = %1$s/status.sock\n"
                             "access.log = %1$s/$pool.access.log\n"
                             "slowlog = %1$s/$pool.slow.log\n"
                             "request_slowlog_timeout = 5m\n"
                             "php_admin_value[error_log] = %1$s/php.log\n"
                             "[tcp]\n"
                             "user = www-data\n"
                             "group = www-data\n"
                             "listen = 127.0.0.1:%2$u\n"
                             "pm = static\n"
                             "pm.max_children = 2\n"
                             "pm.status_path = /fpm-status\n";

static const char hold[] = "<?php\n"
                           "for ($i = 0; $i < 6000; $i++) {\n"
                           "    clearstatcache();\n"
                           "    if (file_exists(__DIR__ . '/release')) break;\n"
                           "    usleep(20000);\n"
                           "}\n"
                           "echo 'held';\n";

static uint16_t free_port(void)
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

static FILE *create(const struct fpm_server *server, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", server->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

static void execute(const struct fpm_server *server)
{
    glob_t found;
    /* A failing test must not leave it behind. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    if (glob("/usr/sbin/php-fpm[0-9]*", 0, NULL, &found) == 0)
        execl(found.gl_pathv[found.gl_pathc - 1], "php-fpm", "--nodaemonize",
              "--fpm-config", server->config, (char *)NULL);
    _exit(127);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void wait_until_up(struct fpm_server *server)
{
    for (int i = 0; i < 3000; i++) {
        int fd = connect_to(server->status_socket);
        if (fd >= 0) {
            close(fd);
            return;
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid)
            fail_msg("php-fpm did not start: is it installed?");
        usleep(10000);
    }
    fail_msg("php-fpm does not listen");
}

void fpm_server_start(struct fpm_server *server)
{
    FILE *file;

    memset(server, 0, sizeof *server);
    strcpy(server->folder, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    assert_int_equal(chmod(server->folder, 0755), 0);
    snprintf(server->config, sizeof server->config, "%s/fpm.conf", server->folder);
    snprintf(server->socket, sizeof server->socket, "%s/www.sock", server->folder);
    snprintf(server->status_socket, sizeof server->status_socket, "%s/status.sock",
             server->folder);
    server->port = free_port();
    file = create(server, "fpm.conf");
    fprintf(file, config, server->folder, server->port);
    fclose(file);
    file = create(server, "hold.php");
    fputs(hold, file);
    fclose(file);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        execute(server);
    wait_until_up(server);
}

void fpm_server_stop(struct fpm_server *server)
{
    static const char *const files[] = {
        "fpm.conf",    "hold.php",       "release",      "log",    "www.sock",
        "status.sock", "www.access.log", "www.slow.log", "php.log"};
    char path[160];

    if (server->pid > 0) {
        kill(server->pid, SIGTERM); /* it ends its workers */
        waitpid(server->pid, NULL, 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", server->folder, files[i]);
        unlink(path);
    }
    rmdir(server->folder);
    memset(server, 0, sizeof *server);
}

int fpm_server_hold(const struct fpm_server *server, const char *path)
{
    char script[160];
    struct wpb_buf request;
    int fd = connect_to(path);

    assert_true(fd >= 0);
    snprintf(script, sizeof script, "%s/hold.php", server->folder);
    const struct wpb_fastcgi_param params[] = {
        {"SCRIPT_NAME", wpb_slice_cstr("/hold.php")},
        {"SCRIPT_FILENAME", wpb_slice_cstr(script)},
        {"REQUEST_METHOD", wpb_slice_cstr("GET")},
        {"QUERY_STRING", wpb_slice_cstr("who=\"me\"")},
        {"SERVER_PROTOCOL", wpb_slice_cstr("HTTP/1.1")},
    };
    wpb_buf_init(&request, 0);
    wpb_fastcgi_request(params, sizeof params / sizeof params[0], &request);
    assert_int_equal(write(fd, request.data, request.len), request.len);
    wpb_buf_fini(&request);
    return fd;
}

void fpm_server_release(const struct fpm_server *server)
{
    fclose(create(server, "release"));
}

void fpm_server_finish(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
    close(fd);
}
