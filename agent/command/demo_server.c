#include "agent/command/demo_server.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probes/mysql/client.h"

static const char stage[] = "demo";

#define READY_POLL_MS 10
#define READY_POLLS 1000

#define ARGUMENTS_MAX 24

static bool redis_answers(const char *socket_path)
{
    redisContext *redis = redisConnectUnix(socket_path);
    bool ok = false;
    if (redis && !redis->err) {
        redisReply *reply = redisCommand(redis, "PING");
        ok = reply && reply->type == REDIS_REPLY_STATUS;
        if (reply)
            freeReplyObject(reply);
    }
    if (redis)
        redisFree(redis);
    return ok;
}

static bool mariadb_answers(const char *socket_path)
{
    MYSQL *mysql;
    bool ok = false;
    if (access(socket_path, F_OK) != 0)
        return false;
    wpb_mysql_client_begin();
    mysql = mysql_init(NULL);
    if (mysql)
        ok = mysql_real_connect(mysql, NULL, "demo", NULL, NULL, 0, socket_path, 0);
    mysql_close(mysql);
    return ok;
}

struct program {
    const char *name, *log, *socket_name;
    const char *elsewhere; /* where it is when it is not in PATH; or NULL */
    bool (*answers)(const char *socket_path);
    const char *arguments[ARGUMENTS_MAX]; /* {folder}: the one it is started in */
    const char *data;                     /* a folder it needs; or NULL */
    bool names_its_user; /* it refuses to run as root without being told to */
};

static const struct program programs[] = {
    /* As the incident's server was set up, but private. */
    [WPB_DEMO_REDIS] = {.name = "redis-server",
                        .log = "redis.log",
                        .socket_name = "redis.sock",
                        .answers = redis_answers,
                        .arguments = {"redis-server", "--port", "0", "--unixsocket",
                                      "redis.sock", "--unixsocketperm", "700", "--save",
                                      "", "--appendonly", "no", "--maxmemory", "256mb",
                                      "--maxmemory-policy", "volatile-lru", "--logfile",
                                      "redis.log", "--daemonize", "no"}},
    /* On an empty folder, without the system tables that an installation makes: half a
     * second instead of several. The folder is closed to others, so that accounts are
     * not missed. */
    [WPB_DEMO_MARIADB] =
        {.name = "mariadbd",
         /* Few users have the folders of daemons in their PATH. */
         .elsewhere = "/usr/sbin/mariadbd",
         .log = "mariadb.log",
         .socket_name = "mariadb.sock",
         .answers = mariadb_answers,
         .data = "mariadb",
         .names_its_user = true,
         .arguments = {"mariadbd", "--no-defaults", "--datadir={folder}/mariadb",
                       "--socket={folder}/mariadb.sock",
                       "--pid-file={folder}/mariadb.pid",
                       "--log-error={folder}/mariadb.log", "--skip-grant-tables",
                       "--skip-networking", "--skip-name-resolve", "--skip-log-bin",
                       "--max-allowed-packet=64M", "--innodb-flush-method=nosync",
                       "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=128M",
                       "--innodb-log-file-size=16M",
                       "--innodb-temp-data-file-path=ibtmp1:1M:"
                       "autoextend",
                       "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"}},
};

const char *wpb_demo_server_socket_name(enum wpb_demo_program program)
{
    return programs[program].socket_name;
}

/* ARGUMENT with FOLDER in the place of {folder}; never freed, since exec follows. */
static const char *with_folder(const char *argument, const char *folder)
{
    const char *place = strstr(argument, "{folder}");
    char *text;
    if (!place || asprintf(&text, "%.*s%s%s", (int)(place - argument), argument, folder,
                           place + strlen("{folder}")) < 0)
        return argument;
    return text;
}

static void execute(const struct program *program, const char *folder)
{
    const char *argv[ARGUMENTS_MAX + 2] = {NULL};
    const struct passwd *account = getpwuid(geteuid());
    char user[80];
    int argc = 0;
    while (program->arguments[argc]) {
        argv[argc] = with_folder(program->arguments[argc], folder);
        argc++;
    }
    if (program->names_its_user && account &&
        (size_t)snprintf(user, sizeof user, "--user=%s", account->pw_name) < sizeof user)
        argv[argc++] = user;
    execvp(argv[0], (char *const *)argv);
    if (errno == ENOENT && program->elsewhere)
        execv(program->elsewhere, (char *const *)argv);
}

/* In the child, between fork and exec: what goes wrong is told through REPORT. */
static _Noreturn void become(const struct program *program, const char *folder,
                             bool must_die, int report)
{
    sigset_t none;
    sigemptyset(&none);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0 && chdir(folder) == 0 &&
        (!program->data || mkdir(program->data, 0700) == 0) && setsid() >= 0 &&
        dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0 &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
        (!must_die || prctl(PR_SET_PDEATHSIG, SIGTERM) == 0))
        execute(program, folder);
    int errnum = errno;
    ssize_t written = write(report, &errnum, sizeof errnum);
    _exit(written == sizeof errnum ? 127 : 126);
}

/* 0 once exec succeeded; else the child's errno. */
static int exec_outcome(int report)
{
    int errnum = 0;
    ssize_t n;
    do
        n = read(report, &errnum, sizeof errnum);
    while (n < 0 && errno == EINTR);
    return n == sizeof errnum ? errnum : 0;
}

static int wait_until_ready(const struct program *program, struct wpb_demo_server *server,
                            const char *folder, struct wpb_err *err)
{
    const struct timespec pause = {.tv_nsec = READY_POLL_MS * 1000000L};
    for (int i = 0; i < READY_POLLS; i++) {
        if (program->answers(server->socket_path))
            return 0;
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            return wpb_err_set(err, WPB_E_CONNECT, stage, "%s ended at once; see %s/%s",
                               program->name, folder, program->log);
        }
        nanosleep(&pause, NULL);
    }
    wpb_demo_server_stop(server);
    return wpb_err_set(err, WPB_E_TIMEOUT, stage, "%s did not answer in %d s",
                       program->name, READY_POLLS * READY_POLL_MS / 1000);
}

int wpb_demo_server_start(enum wpb_demo_program which, const char *folder, bool must_die,
                          struct wpb_demo_server *server, struct wpb_err *err)
{
    const struct program *program = &programs[which];
    int report[2];
    server->pid = 0;
    int n = snprintf(server->socket_path, sizeof server->socket_path, "%s/%s", folder,
                     program->socket_name);
    /* One byte less than the kernel takes: what our clients take (probes/redis/conn.c).
     */
    if (n < 0 || (size_t)n + 1 >= sizeof server->socket_path)
        return wpb_err_set(err, WPB_E_ARGUMENT, stage,
                           "%s is too long a path for a unix socket: set TMPDIR", folder);
    if (pipe2(report, O_CLOEXEC) != 0)
        return wpb_err_errno(err, errno, stage, "pipe");
    pid_t pid = fork();
    if (pid == 0)
        become(program, folder, must_die, report[1]);
    int errnum = errno;
    close(report[1]);
    if (pid > 0)
        errnum = exec_outcome(report[0]);
    close(report[0]);
    if (pid < 0)
        return wpb_err_errno(err, errnum, stage, "fork");
    if (errnum) {
        (void)waitpid(pid, NULL, 0);
        return wpb_err_errno(err, errnum, stage, "%s", program->name);
    }
    server->pid = pid;
    return wait_until_ready(program, server, folder, err);
}

void wpb_demo_server_stop(struct wpb_demo_server *server)
{
    if (server->pid == 0)
        return;
    /* SIGKILL: there is nothing to save, and nothing to wait for. */
    (void)kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    server->pid = 0;
}
