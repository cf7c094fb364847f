#include "probes/requests/fpm_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/requests/proc_title.h"

#define STAGE "php-fpm processes"
/* More than the kernel allows, and longer than any title with a path. */
#define PROCESSES_MAX 4194304
#define CONTENT_MAX 4352

/* The first bytes of the file NAME of process PID; empty when it is gone. */
static struct wpb_slice content(int proc, const char *pid, const char *name,
                                char bytes[CONTENT_MAX])
{
    char path[64];
    ssize_t len;
    int fd;

    if (snprintf(path, sizeof path, "%s/%s", pid, name) >= (int)sizeof path)
        return wpb_slice_of("", 0);
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wpb_slice_of("", 0);
    do
        len = read(fd, bytes, CONTENT_MAX);
    while (len < 0 && errno == EINTR);
    close(fd);
    return wpb_slice_of(bytes, len > 0 ? (size_t)len : 0);
}

static void add_master(int proc, const char *pid, struct wpb_slice config,
                       struct wpb_arena *arena, struct wpb_fpm_processes *processes)
{
    char bytes[CONTENT_MAX];
    struct stat status;
    uint32_t parent;

    if (fstatat(proc, pid, &status, 0) != 0 ||
        !wpb_proc_parent_parse(content(proc, pid, "stat", bytes), &parent))
        return;
    if (processes->master_count == WPB_FPM_MASTERS_MAX) {
        processes->left_out++;
        return;
    }
    processes->masters[processes->master_count++] =
        (struct wpb_fpm_master){.pid = (uint32_t)strtoul(pid, NULL, 10),
                                .parent = parent,
                                .owner = status.st_uid,
                                .config = wpb_arena_cstr(arena, config)};
}

static void add_worker(int proc, const char *pid, struct wpb_slice pool,
                       struct wpb_arena *arena, struct wpb_fpm_processes *processes)
{
    char bytes[CONTENT_MAX];
    uint32_t parent;

    if (!wpb_proc_parent_parse(content(proc, pid, "stat", bytes), &parent))
        return;
    for (size_t i = 0; i < processes->crew_count; i++) {
        struct wpb_fpm_crew *crew = &processes->crews[i];
        if (crew->master == parent && wpb_slice_is(pool, crew->pool)) {
            crew->workers++;
            return;
        }
    }
    if (processes->crew_count == WPB_FPM_CREWS_MAX) {
        processes->left_out++;
        return;
    }
    processes->crews[processes->crew_count++] = (struct wpb_fpm_crew){
        .master = parent, .pool = wpb_arena_cstr(arena, pool), .workers = 1};
}

static void take_process(int proc, const char *pid, struct wpb_arena *arena,
                         struct wpb_fpm_processes *processes)
{
    char bytes[CONTENT_MAX];
    struct wpb_slice name;

    switch (wpb_fpm_title_parse(content(proc, pid, "cmdline", bytes), &name)) {
    case WPB_FPM_MASTER:
        add_master(proc, pid, name, arena, processes);
        break;
    case WPB_FPM_WORKER:
        add_worker(proc, pid, name, arena, processes);
        break;
    case WPB_FPM_NO_TITLE:
        break;
    }
}

static bool is_newborn(const struct wpb_fpm_processes *processes,
                       const struct wpb_fpm_master *one)
{
    for (size_t i = 0; i < processes->master_count; i++) {
        if (processes->masters[i].pid == one->parent &&
            strcmp(processes->masters[i].config, one->config) == 0)
            return true;
    }
    return false;
}

/* Leave out the workers among the masters; a master itself always stays listed. */
static void drop_newborn(struct wpb_fpm_processes *processes)
{
    size_t kept = 0;

    for (size_t i = 0; i < processes->master_count; i++) {
        if (!is_newborn(processes, &processes->masters[i]))
            processes->masters[kept++] = processes->masters[i];
    }
    processes->master_count = kept;
}

int wpb_fpm_processes_read(const char *proc, struct wpb_arena *arena,
                           struct wpb_fpm_processes *processes, struct wpb_err *err)
{
    DIR *folder = opendir(proc);
    struct dirent *entry;
    size_t seen = 0;

    *processes = (struct wpb_fpm_processes){.master_count = 0};
    if (!folder)
        return wpb_err_errno(err, errno, STAGE, "cannot read %.100s", proc);
    while ((entry = readdir(folder)) && seen < PROCESSES_MAX) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        seen++;
        if (strcmp(entry->d_name, "1") == 0)
            processes->is_complete = true;
        take_process(dirfd(folder), entry->d_name, arena, processes);
    }
    closedir(folder);
    drop_newborn(processes);
    return 0;
}
