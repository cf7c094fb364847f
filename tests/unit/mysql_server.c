#include "mysql_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS_MAX 48
#define TRIES 3000
#define TRY_US 10000

uint16_t mysql_free_port(void)
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

/* A child that a failing test does not leave behind; what it prints goes to LOG. */
static pid_t spawn(const char *const *argv, const char *log)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int run(const char *const *argv, const char *log)
{
    int status = -1;
    pid_t pid = spawn(argv, log);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *mysql_program(void)
{
    const char *program = getenv("WPB_TEST_MYSQLD");
    return program && *program ? program : NULL;
}

bool mysql_server_is_mysql(void)
{
    return mysql_program() != NULL;
}

static void fail_with_log(const char *what, const char *log)
{
    char text[2048] = "";
    FILE *file = fopen(log, "r");
    if (file) {
        if (fseek(file, -(long)(sizeof text - 1), SEEK_END) != 0)
            rewind(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    fail_msg("%s; is it installed? %s", what, text);
}

static const char *user_name(void)
{
    const struct passwd *entry = getpwuid(geteuid());
    return entry ? entry->pw_name : "nobody";
}

static int install_mariadb(const char *user, const char *log)
{
    const char *argv[] = {"mariadb-install-db",
                          "--no-defaults",
                          "--datadir=" MYSQL_TEMPLATE ".made",
                          "--skip-test-db",
                          "--skip-name-resolve",
                          "--auth-root-authentication-method=normal",
                          "--innodb-log-file-size=4M",
                          "--innodb-flush-log-at-trx-commit=0",
                          user,
                          NULL};
    return run(argv, log);
}

/* Its servers' ids are in a file: copies must make their own, or cannot replicate. */
static int install_mysql(const char *user, const char *log)
{
    const char *forget[] = {"rm", "-f", MYSQL_TEMPLATE ".made/auto.cnf", NULL};
    const char *argv[] = {mysql_program(),
                          "--no-defaults",
                          "--initialize-insecure",
                          "--datadir=" MYSQL_TEMPLATE ".made",
                          "--innodb-redo-log-capacity=8M",
                          user,
                          NULL};
    int status = run(argv, log);
    return status ? status : run(forget, log);
}

/* The data folder every server begins with, in the build folder. Made under another
 * name and renamed, so that it is whole when it is there. */
static void make_template(void)
{
    static const char made[] = MYSQL_TEMPLATE ".made", log[] = MYSQL_TEMPLATE ".log";
    char user[96];
    int lock = open(MYSQL_TEMPLATE ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    assert_true(lock >= 0);
    while (flock(lock, LOCK_EX) != 0)
        assert_int_equal(errno, EINTR);
    if (access(MYSQL_TEMPLATE, F_OK) != 0) {
        snprintf(user, sizeof user, "--user=%s", user_name());
        const char *clear[] = {"rm", "-rf", made, log, NULL};
        assert_int_equal(run(clear, "/dev/null"), 0);
        if ((mysql_program() ? install_mysql : install_mariadb)(user, log) != 0)
            fail_with_log("the server's data folder could not be made", log);
        assert_int_equal(rename(made, MYSQL_TEMPLATE), 0);
    }
    close(lock);
}

static void log_path(const struct mysql_server *server, char *path, size_t size)
{
    snprintf(path, size, "%s/log", server->folder);
}

static const char *const mariadb_args[] = {
    "--innodb-log-file-size=4M", "--innodb-temp-data-file-path=ibtmp1:4M:autoextend",
    "--aria-pagecache-buffer-size=8M", NULL};
/* Views of numbers recurse; see make_numbers(). */
static const char *const mysql_args[] = {
    "--innodb-redo-log-capacity=8M",     "--mysqlx=off",
    "--sql-mode=STRICT_TRANS_TABLES",    "--secure-file-priv=",
    "--cte-max-recursion-depth=1000000", NULL};

static size_t add_args(const char **argv, size_t count, const char *const *args)
{
    for (; args && *args; args++) {
        assert_true(count + 1 < ARGS_MAX);
        argv[count++] = *args;
    }
    return count;
}

static void exec_server(struct mysql_server *server)
{
    const char *program = mysql_program();
    char datadir[96], socket_path[128], port[32], user[96], log[96];
    const char *argv[ARGS_MAX] = {
        program ? program : "mariadbd",
        "--no-defaults",
        datadir,
        socket_path,
        user,
        server->port ? port : "--skip-networking",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--performance-schema=off",
        "--character-set-server=utf8mb4",
        "--max-allowed-packet=64M",
        "--innodb-buffer-pool-size=8M",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-dump-at-shutdown=0",
        "--innodb-buffer-pool-load-at-startup=0",
        "--key-buffer-size=1M",
    };
    size_t count = 0;

    while (argv[count])
        count++;
    count = add_args(argv, count, program ? mysql_args : mariadb_args);
    add_args(argv, count, server->args);
    snprintf(datadir, sizeof datadir, "--datadir=%s/data", server->folder);
    snprintf(socket_path, sizeof socket_path, "--socket=%s", server->socket);
    snprintf(port, sizeof port, "--port=%u", server->port);
    snprintf(user, sizeof user, "--user=%s", user_name());
    log_path(server, log, sizeof log);
    server->pid = spawn(argv, log);
}

static MYSQL *connect_root(const struct mysql_server *server)
{
    MYSQL *mysql = mysql_init(NULL);

    assert_non_null(mysql);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, "localhost", "root", "", NULL, 0, server->socket,
                           CLIENT_MULTI_STATEMENTS))
        return mysql;
    mysql_close(mysql);
    return NULL;
}

static void launch(struct mysql_server *server)
{
    char log[96];

    exec_server(server);
    log_path(server, log, sizeof log);
    for (int i = 0; i < TRIES; i++) {
        server->admin = connect_root(server);
        if (server->admin)
            return;
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            fail_with_log("the server did not start", log);
        }
        usleep(TRY_US);
    }
    fail_with_log("the server does not answer", log);
}

void mysql_server_start(struct mysql_server *server, const char *const *args,
                        bool has_port)
{
    char datadir[96];

    memset(server, 0, sizeof *server);
    make_template();
    strcpy(server->folder, "/tmp/wpbloat-mysql-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->socket, sizeof server->socket, "%s/mysql.sock", server->folder);
    snprintf(datadir, sizeof datadir, "%s/data", server->folder);
    server->args = args;
    server->port = has_port ? mysql_free_port() : 0;
    const char *copy[] = {"cp", "-a", "--reflink=auto", MYSQL_TEMPLATE, datadir, NULL};
    assert_int_equal(run(copy, "/dev/null"), 0);
    launch(server);
}

static void close_admin(struct mysql_server *server)
{
    if (server->admin)
        mysql_close(server->admin);
    server->admin = NULL;
}

void mysql_server_restart(struct mysql_server *server)
{
    close_admin(server);
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    launch(server);
}

void mysql_server_kill(struct mysql_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
}

void mysql_server_freeze(struct mysql_server *server)
{
    int status = 0;
    kill(server->pid, SIGSTOP);
    assert_int_equal(waitpid(server->pid, &status, WUNTRACED), server->pid);
    assert_true(WIFSTOPPED(status));
}

void mysql_server_thaw(struct mysql_server *server)
{
    kill(server->pid, SIGCONT);
}

void mysql_server_stop(struct mysql_server *server)
{
    /* The server first: saying goodbye to a frozen one would wait for ever. */
    mysql_server_kill(server);
    close_admin(server);
    if (server->folder[0]) {
        const char *clear[] = {"rm", "-rf", server->folder, NULL};
        run(clear, "/dev/null");
    }
    memset(server, 0, sizeof *server);
}

static void run_sql(struct mysql_server *server, const char *sql, size_t len)
{
    int more = mysql_real_query(server->admin, sql, len);

    while (more == 0) {
        MYSQL_RES *result = mysql_store_result(server->admin);
        if (result)
            mysql_free_result(result);
        more = mysql_next_result(server->admin); /* -1: there are no more */
    }
    if (more > 0)
        fail_msg("%.200s: %s", sql, mysql_error(server->admin));
}

/* "seq_FIRST_to_LAST" wherever SQL names it. */
static void make_numbers(struct mysql_server *server, const char *sql)
{
    char view[320];
    unsigned first, last;

    while ((sql = strstr(sql, "seq_")) != NULL) {
        if (sscanf(sql, "seq_%u_to_%u", &first, &last) == 2) {
            int len = snprintf(view, sizeof view,
                               "CREATE OR REPLACE VIEW seq_%u_to_%u AS WITH RECURSIVE "
                               "s(seq) AS (SELECT %u UNION ALL SELECT seq + 1 FROM s "
                               "WHERE seq < %u) SELECT seq FROM s",
                               first, last, first, last);
            run_sql(server, view, (size_t)len);
        }
        sql += strlen("seq_");
    }
}

static char *formatted(const char *format, va_list args)
{
    char *sql = NULL;
    assert_true(vasprintf(&sql, format, args) >= 0);
    return sql;
}

void mysql_server_do(struct mysql_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = formatted(format, args);
    va_end(args);
    if (mysql_server_is_mysql())
        make_numbers(server, sql);
    run_sql(server, sql, strlen(sql));
    free(sql);
}

void mysql_server_run(struct mysql_server *server, const char *sql, size_t len)
{
    run_sql(server, sql, len);
}

static char *first_value(struct mysql_server *server, const char *sql)
{
    MYSQL_RES *result = NULL;
    if (mysql_query(server->admin, sql) == 0)
        result = mysql_store_result(server->admin);
    if (!result)
        fail_msg("%.200s: %s", sql, mysql_error(server->admin));
    MYSQL_ROW row = mysql_fetch_row(result);
    if (!row || !row[0])
        fail_msg("%.200s: %s", sql, row ? "the first value is NULL" : "no row");
    char *text = strdup(row[0]);
    assert_non_null(text);
    mysql_free_result(result);
    return text;
}

char *mysql_server_text(struct mysql_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = formatted(format, args);
    va_end(args);
    char *text = first_value(server, sql);
    free(sql);
    return text;
}

long long mysql_server_integer(struct mysql_server *server, const char *format, ...)
{
    va_list args;
    char *end = NULL;
    va_start(args, format);
    char *sql = formatted(format, args);
    va_end(args);
    char *text = first_value(server, sql);
    long long value = strtoll(text, &end, 10);
    if (end == text || *end)
        fail_msg("%.200s: \"%s\" is not an integer", sql, text);
    free(text);
    free(sql);
    return value;
}

void mysql_server_dismiss(struct mysql_server *server, const char *user)
{
    long long id;

    while ((id = mysql_server_integer(
                server,
                "SELECT COALESCE(MIN(id), 0) FROM information_schema.processlist "
                "WHERE user = '%s'",
                user)) != 0) {
        char sql[48];
        snprintf(sql, sizeof sql, "KILL %lld", id);
        mysql_query(server->admin, sql); /* it may have ended by itself */
        usleep(1000);
    }
}
