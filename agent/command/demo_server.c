#include "agent/command/demo_server.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char stage[] = "demo";

#define READY_POLL_MS 10
#define READY_POLLS 1000

/* In the child, between fork and exec: what goes wrong is told through REPORT. */
static _Noreturn void become_redis(const char *folder, bool must_die, int report)
{
    /* As the incident's server was set up, but private. */
    static const char *const argv[] = {
        "redis-server",
        "--port",
        "0",
        "--unixsocket",
        "redis.sock",
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--appendonly",
        "no",
        "--maxmemory",
        "256mb",
        "--maxmemory-policy",
        "volatile-lru",
        "--logfile",
        "redis.log",
        "--daemonize",
        "no",
        NULL,
    };
    sigset_t none;
    sigemptyset(&none);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0 && chdir(folder) == 0 && setsid() >= 0 && dup2(null, 0) >= 0 &&
        dup2(null, 1) >= 0 && dup2(null, 2) >= 0 &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
        (!must_die || prctl(PR_SET_PDEATHSIG, SIGTERM) == 0))
        execvp(argv[0], (char *const *)argv);
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

static bool answers(const char *socket_path)
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

static int wait_until_ready(struct wpb_demo_server *server, const char *folder,
                            struct wpb_err *err)
{
    const struct timespec pause = {.tv_nsec = READY_POLL_MS * 1000000L};
    for (int i = 0; i < READY_POLLS; i++) {
        if (answers(server->socket_path))
            return 0;
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            return wpb_err_set(err, WPB_E_CONNECT, stage,
                               "redis-server ended at once; see %s/redis.log", folder);
        }
        nanosleep(&pause, NULL);
    }
    wpb_demo_server_stop(server);
    return wpb_err_set(err, WPB_E_TIMEOUT, stage, "redis-server did not answer in %d s",
                       READY_POLLS * READY_POLL_MS / 1000);
}

int wpb_demo_server_start(const char *folder, bool must_die,
                          struct wpb_demo_server *server, struct wpb_err *err)
{
    int report[2];
    server->pid = 0;
    int n = snprintf(server->socket_path, sizeof server->socket_path, "%s/redis.sock",
                     folder);
    if (n < 0 || (size_t)n >= sizeof server->socket_path)
        return wpb_err_set(err, WPB_E_ARGUMENT, stage,
                           "%s is too long a path for a unix socket: set TMPDIR", folder);
    if (pipe2(report, O_CLOEXEC) != 0)
        return wpb_err_errno(err, errno, stage, "pipe");
    pid_t pid = fork();
    if (pid == 0)
        become_redis(folder, must_die, report[1]);
    int errnum = errno;
    close(report[1]);
    if (pid > 0)
        errnum = exec_outcome(report[0]);
    close(report[0]);
    if (pid < 0)
        return wpb_err_errno(err, errnum, stage, "fork");
    if (errnum) {
        (void)waitpid(pid, NULL, 0);
        return wpb_err_errno(err, errnum, stage, "redis-server");
    }
    server->pid = pid;
    return wait_until_ready(server, folder, err);
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
