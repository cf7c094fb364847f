/* The files of a configuration: which, in which order, and whom they may belong to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config/build.h"

/* Whoever may write it decides what we read and where alerts go. */
static bool is_ours(const char *path, const struct stat *status,
                    struct wpb_conf_problems *problems)
{
    if (status->st_uid != 0 && status->st_uid != geteuid()) {
        wpb_conf_error(problems, path, 0,
                       "it belongs to user %u: it must be root's or this user's",
                       (unsigned)status->st_uid);
        return false;
    }
    if ((status->st_mode & S_IWOTH) ||
        ((status->st_mode & S_IWGRP) && status->st_gid != 0 &&
         status->st_gid != getegid())) {
        wpb_conf_error(problems, path, 0,
                       "others can write it (mode %03o): chmod go-w it",
                       (unsigned)status->st_mode & 0777);
        return false;
    }
    return true;
}

/* All of FILE, which is open; it may grow meanwhile. */
static bool read_all(int file, const char *path, struct wpb_arena *arena,
                     struct wpb_slice *bytes, struct wpb_conf_problems *problems)
{
    char *data = wpb_arena_alloc(arena, WPB_CONF_FILE_MAX + 1);
    size_t len = 0;
    ssize_t got;

    while ((got = read(file, data + len, WPB_CONF_FILE_MAX + 1 - len)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            wpb_conf_error(problems, path, 0, "cannot read it: %s", strerror(errno));
            return false;
        }
        len += (size_t)got;
        if (len > WPB_CONF_FILE_MAX) {
            wpb_conf_error(problems, path, 0, "it is larger than %zu bytes",
                           WPB_CONF_FILE_MAX);
            return false;
        }
    }
    *bytes = wpb_slice_of(data, len);
    return true;
}

static void add_file(struct wpb_conf *config, const char *path, bool is_optional)
{
    struct wpb_conf_problems *problems = config->problems;
    struct wpb_arena *arena;
    struct wpb_slice bytes;
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (file < 0 && errno == ENOENT && is_optional)
        return;
    if (file < 0) {
        wpb_conf_error(problems, path, 0, "cannot open it: %s", strerror(errno));
        return;
    }
    arena = wpb_arena_new();
    if (!arena || fstat(file, &status))
        wpb_conf_error(problems, path, 0, "cannot look at it: %s", strerror(errno));
    else if (!S_ISREG(status.st_mode))
        wpb_conf_error(problems, path, 0, "it is not a regular file");
    else if (is_ours(path, &status, problems) &&
             read_all(file, path, arena, &bytes, problems))
        wpb_conf_add(config, bytes, path);
    wpb_arena_free(arena);
    close(file);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_conf(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".conf") == 0;
}

/* The *.conf of FOLDER in order of name. One that is absent has none. */
static void add_folder(struct wpb_conf *config, const char *folder)
{
    const char *names[WPB_CONF_FILES_MAX];
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    if (!directory) {
        if (errno != ENOENT)
            wpb_conf_error(config->problems, folder, 0, "cannot list it: %s",
                           strerror(errno));
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (!is_conf(entry->d_name))
            continue;
        if (count == WPB_CONF_FILES_MAX - 1) {
            wpb_conf_error(config->problems, folder, 0, "it holds more than %d files",
                           WPB_CONF_FILES_MAX - 1);
            break;
        }
        names[count++] = wpb_arena_cstr(config->arena, wpb_slice_cstr(entry->d_name));
    }
    closedir(directory);
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++)
        add_file(config, wpb_arena_printf(config->arena, "%s/%s", folder, names[i]),
                 false);
}

struct wpb_conf *wpb_conf_load(const char *file, bool is_optional,
                               struct wpb_conf_problems *problems)
{
    struct wpb_conf *config = wpb_conf_new(problems);
    const char *slash = strrchr(file, '/');

    if (!config) {
        wpb_conf_error(problems, "", 0, "out of memory");
        return NULL;
    }
    add_file(config, file, is_optional);
    add_folder(config, wpb_arena_printf(config->arena, "%.*sconf.d",
                                        slash ? (int)(slash - file) + 1 : 0, file));
    return wpb_conf_finish(config);
}
