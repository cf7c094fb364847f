#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/command/cli.h"
#include "agent/command/command.h"
#include "agent/command/demo_database.h"
#include "agent/command/demo_incident.h"
#include "agent/command/demo_server.h"
#include "agent/command/demo_site.h"

/* A path in the folder we made: TMPDIR and a few names of ours. */
#define PATH_SIZE 512
/* The box holds no PHP; what the sites' hosters give them, on every host the same. */
#define DEMO_MEMORY_LIMIT "128M"
#define DEMO_RAISED_LIMIT "512M"
#define SCAN_ARGS_MAX 32
#define REMOVE_OPEN_FDS 16

enum option_index { FORMAT, OUTPUT, BUDGET, TOP, NO_EXAMINE, FAIL_ON, KEEP };

static const struct wpb_cli_option options[] = {
    [FORMAT] = {"format", "text|json|ndjson|nagios|prometheus", "As for scan.", false},
    [OUTPUT] = {"output", "FILE", "As for scan.", false},
    [BUDGET] = {"budget", "low|normal|full",
                "As for scan, but full when it is not given: nobody else needs the "
                "servers.",
                false},
    [TOP] = {"top", "N", "As for scan.", false},
    [NO_EXAMINE] = {"no-examine", NULL, "As for scan.", false},
    [FAIL_ON] = {"fail-on", "warning|critical|never",
                 "As for scan; makes its exit code the demo's.", false},
    [KEEP] = {"keep", NULL,
              "Leave the sites and their servers for you to look around, and say how to "
              "stop them.",
              false},
    {NULL, NULL, NULL, false},
};

struct demo {
    const char *scan_args[SCAN_ARGS_MAX]; /* handed on, with their dashes */
    int scan_arg_count;
    bool is_exit_code_asked, is_budget_asked, keep;
    char folder[PATH_SIZE];
    char sites[WPB_DEMO_SITES][PATH_SIZE]; /* their folders; "": it is not made */
    char raised_limit[PATH_SIZE + 16];
    struct wpb_demo_server redis, mariadb;
    sigset_t handled, before;
    struct sigaction pipe_before;
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    struct wpb_buf line, safe;
    va_list args;

    wpb_buf_init(&line, 0);
    wpb_buf_init(&safe, 0);
    va_start(args, format);
    wpb_buf_vprintf(&line, format, args);
    va_end(args);
    wpb_text_terminal(&safe, wpb_buf_view(&line));
    (void)fprintf(stderr, "demo: %s\n", safe.data);
    wpb_buf_fini(&line);
    wpb_buf_fini(&safe);
}

static void hand_on(struct demo *demo, const char *word)
{
    /* No option repeats, so the words cannot be more than the array holds. */
    demo->scan_args[demo->scan_arg_count++] = word;
}

static int take(void *cookie, int index, const char *argument)
{
    static const char *const handed_on[] = {
        [FORMAT] = "--format", [OUTPUT] = "--output",         [BUDGET] = "--budget",
        [TOP] = "--top",       [NO_EXAMINE] = "--no-examine", [FAIL_ON] = "--fail-on",
    };
    struct demo *demo = cookie;

    if (index < 0)
        return wpb_cli_error("demo makes its own site and takes no path: '%s'", argument);
    if (index == KEEP) {
        demo->keep = true;
        return 0;
    }
    demo->is_exit_code_asked |= index == FAIL_ON;
    demo->is_budget_asked |= index == BUDGET;
    hand_on(demo, handed_on[index]);
    if (argument)
        hand_on(demo, argument);
    return 0;
}

static const struct wpb_cli demo_cli = {
    .usage = "wpbloat demo [options]",
    .summary =
        "Three sick sites in a box. Starts a private redis-server and a private mariadbd "
        "in a temporary folder (unix sockets only), fills them with what three incidents "
        "leave behind, writes the sites' folders, and scans them: a shop whose "
        "notoptions "
        "grew to 3.8 MiB among 77,726 keys, an atelier whose memory_limit was raised for "
        "one page, a club whose every request loads 38 MB of options. Without mariadbd "
        "the shop alone. Writes to nothing else, and removes everything afterwards.",
    .options = options,
    .epilogue =
        "Exit codes: 0 when the scan ran, whatever it found (with --fail-on, the\n"
        "scan's own code); 3 when the demo could not be set up; 64 usage.\n",
    .take = take,
};

static int make_folder(struct demo *demo, struct wpb_err *err)
{
    const char *parent = getenv("TMPDIR");
    char template[PATH_SIZE];

    if (!parent || parent[0] != '/')
        parent = "/tmp";
    int n = snprintf(template, sizeof template, "%s/wpbloat-demo.XXXXXX", parent);
    if (n < 0 || (size_t)n + sizeof "/atelier" > sizeof template)
        return wpb_err_set(err, WPB_E_ARGUMENT, "demo", "TMPDIR is too long a path");
    if (!mkdtemp(template))
        return wpb_err_errno(err, errno, "demo", "%s", template);
    memcpy(demo->folder, template, (size_t)n + 1);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

/* The servers and the folder go, unless they are to stay. */
static void clean_up(struct demo *demo)
{
    if (demo->mariadb.pid)
        say("stopping the servers");
    else if (demo->redis.pid)
        say("stopping the server");
    wpb_demo_server_stop(&demo->mariadb);
    wpb_demo_server_stop(&demo->redis);
    if (!demo->folder[0])
        return;
    if (nftw(demo->folder, remove_one, REMOVE_OPEN_FDS, FTW_DEPTH | FTW_PHYS) != 0)
        say("could not remove %s: %s", demo->folder, strerror(errno));
    else
        say("removed %s", demo->folder);
}

static void say_how_to_look(const struct demo *demo)
{
    say("still there; look around with");
    say("    redis-cli -s %s -n %d", demo->redis.socket_path, WPB_DEMO_DATABASE);
    if (demo->mariadb.pid)
        say("    mariadb -S %s atelier", demo->mariadb.socket_path);
    say("    wpbloat scan %s", demo->sites[WPB_DEMO_SHOP]);
    say("    wpbloat explain redis " WPB_DEMO_KEY_PREFIX
        "options:notoptions --redis 'unix://%s?db=%d'",
        demo->redis.socket_path, WPB_DEMO_DATABASE);
    if (demo->mariadb.pid) {
        say("    wpbloat explain meta 812 _elementor_css --site %s",
            demo->sites[WPB_DEMO_ATELIER]);
        say("    wpbloat explain option tern_catalogue_index --site %s",
            demo->sites[WPB_DEMO_CLUB]);
    }
    say("and end it with");
    if (demo->mariadb.pid)
        say("    kill %ld %ld && rm -r %s", (long)demo->redis.pid,
            (long)demo->mariadb.pid, demo->folder);
    else
        say("    kill %ld && rm -r %s", (long)demo->redis.pid, demo->folder);
}

/* Signals are blocked and waited for: whatever comes, the cleaning happens in one
 * place, never in a handler. */
static void hold_signals(struct demo *demo)
{
    sigemptyset(&demo->handled);
    sigaddset(&demo->handled, SIGINT);
    sigaddset(&demo->handled, SIGTERM);
    sigaddset(&demo->handled, SIGHUP);
    sigaddset(&demo->handled, SIGCHLD);
    sigprocmask(SIG_BLOCK, &demo->handled, &demo->before);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, &demo->pipe_before);
}

/* Has somebody asked us to stop? Returns the signal or 0. */
static int pending_end(void)
{
    sigset_t pending;

    if (sigpending(&pending) != 0)
        return 0;
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (sigismember(&pending, ends[i]) == 1)
            return ends[i];
    }
    return 0;
}

static int write_site(struct demo *demo, enum wpb_demo_site site, const char *name,
                      struct wpb_err *err)
{
    const struct wpb_demo_sockets sockets = {demo->redis.socket_path,
                                             demo->mariadb.socket_path};
    /* Three names of ours fit: make_folder() has seen to it. */
    (void)snprintf(demo->sites[site], PATH_SIZE, "%.*s/%s", PATH_SIZE - 16, demo->folder,
                   name);
    return wpb_demo_site_write(site, demo->sites[site], &sockets, err);
}

/* The two sites whose trouble lies in MySQL. Without mariadbd there is still the first.
 */
static int set_up_database(struct demo *demo, struct wpb_err *err)
{
    struct wpb_err why = {0};

    say("starting a private mariadbd there, too");
    if (wpb_demo_server_start(WPB_DEMO_MARIADB, demo->folder, !demo->keep, &demo->mariadb,
                              &why) != 0) {
        if (why.code == WPB_E_NOT_FOUND)
            say("mariadbd is not installed here, so only the shop's Redis is shown: "
                "apt-get install mariadb-server-core");
        else
            say("without MariaDB, so only the shop's Redis is shown: %s", why.message);
        return 0;
    }
    say("seeding the databases of three sites");
    if (wpb_demo_database_seed(demo->mariadb.socket_path, demo->redis.socket_path, err) !=
            0 ||
        write_site(demo, WPB_DEMO_ATELIER, "atelier", err) != 0)
        return -1;
    return write_site(demo, WPB_DEMO_CLUB, "club", err);
}

static int set_up(struct demo *demo, struct wpb_err *err)
{
    if (make_folder(demo, err) != 0)
        return -1;
    say("starting a private redis-server in %s (unix socket only)", demo->folder);
    if (wpb_demo_server_start(WPB_DEMO_REDIS, demo->folder, !demo->keep, &demo->redis,
                              err) != 0)
        return -1;
    say("seeding %d keys of a shop in trouble", WPB_DEMO_KEYS);
    if (wpb_demo_incident_seed(demo->redis.socket_path, err) != 0 ||
        set_up_database(demo, err) != 0)
        return -1;
    return write_site(demo, WPB_DEMO_SHOP, "shop", err);
}

/* In the child: the command that a user would have typed. */
static _Noreturn void run_scan(const struct demo *demo, char *const *argv, int argc)
{
    sigaction(SIGPIPE, &demo->pipe_before, NULL);
    sigprocmask(SIG_SETMASK, &demo->before, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    exit(wpb_command_scan(argc, (char **)argv));
}

/* "scan SITE... --memory-limit 128M ...", and said. */
static int scan_command(struct demo *demo, char **argv)
{
    struct wpb_buf line;
    int argc = 0;

    argv[argc++] = (char *)"scan";
    for (int i = 0; i < WPB_DEMO_SITES; i++) {
        if (demo->sites[i][0])
            argv[argc++] = demo->sites[i];
    }
    argv[argc++] = (char *)"--memory-limit";
    argv[argc++] = (char *)DEMO_MEMORY_LIMIT;
    if (demo->sites[WPB_DEMO_ATELIER][0]) {
        (void)snprintf(demo->raised_limit, sizeof demo->raised_limit,
                       "%s=" DEMO_RAISED_LIMIT, demo->sites[WPB_DEMO_ATELIER]);
        argv[argc++] = (char *)"--memory-limit";
        argv[argc++] = demo->raised_limit;
    }
    if (!demo->is_budget_asked) {
        argv[argc++] = (char *)"--budget";
        argv[argc++] = (char *)"full";
    }
    wpb_buf_init(&line, 0);
    for (int i = 0; i < argc; i++)
        wpb_buf_printf(&line, " %s", argv[i]);
    say("wpbloat%s", line.data);
    wpb_buf_fini(&line);
    for (int i = 0; i < demo->scan_arg_count; i++)
        argv[argc++] = (char *)demo->scan_args[i];
    return argc;
}

/* Scan in a process of its own, so that neither a crash nor a signal leaves the
 * server and the folder behind. Returns the demo's exit code. */
static int scan(struct demo *demo)
{
    char *argv[SCAN_ARGS_MAX + WPB_DEMO_SITES + 8] = {NULL};
    int argc = scan_command(demo, argv), status = 0, number;

    pid_t pid = fork();
    if (pid == 0)
        run_scan(demo, argv, argc);
    if (pid < 0) {
        (void)wpb_cli_error("fork: %s", strerror(errno));
        return WPB_EXIT_UNMEASURED;
    }
    for (;;) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid)
            break;
        if (sigwait(&demo->handled, &number) == 0 && number != SIGCHLD) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, &status, 0);
            return 128 + number;
        }
    }
    if (WIFSIGNALED(status)) {
        (void)wpb_cli_error("the scan was ended by signal %d", WTERMSIG(status));
        return 128 + WTERMSIG(status);
    }
    int code = WEXITSTATUS(status);
    bool has_found = code == WPB_EXIT_WARNING || code == WPB_EXIT_CRITICAL;
    return has_found && !demo->is_exit_code_asked ? WPB_EXIT_OK : code;
}

/* What will be handed on is refused before anything is started, not after. */
static int check_scan_words(const struct demo *demo)
{
    char *argv[SCAN_ARGS_MAX + 2] = {(char *)"scan"};

    for (int i = 0; i < demo->scan_arg_count; i++)
        argv[i + 1] = (char *)demo->scan_args[i];
    return wpb_scan_check_words(demo->scan_arg_count + 1, argv);
}

int wpb_command_demo(int argc, char **argv)
{
    struct demo demo = {0};
    struct wpb_err err = {0};
    int code;

    int parsed = wpb_cli_parse(&demo_cli, argc, argv, &demo);
    if (parsed)
        return parsed < 0 ? WPB_EXIT_USAGE : WPB_EXIT_OK;
    if (check_scan_words(&demo))
        return WPB_EXIT_USAGE;
    hold_signals(&demo);
    if (set_up(&demo, &err) != 0) {
        if (err.code == WPB_E_NOT_FOUND && demo.folder[0])
            (void)wpb_cli_error("the demo needs redis-server, which is not installed "
                                "here: apt-get install redis-server");
        else
            (void)wpb_cli_error("%s", err.message);
        code = WPB_EXIT_UNMEASURED;
        demo.keep = false;
    } else {
        int end = pending_end();
        code = end ? 128 + end : scan(&demo);
        demo.keep = demo.keep && code < 128;
    }
    if (demo.keep)
        say_how_to_look(&demo);
    else
        clean_up(&demo);
    sigaction(SIGPIPE, &demo.pipe_before, NULL);
    sigprocmask(SIG_SETMASK, &demo.before, NULL);
    return code;
}
