#include "probes/wordpress/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE "wordpress"

static const char *type_name(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    return "a device";
}

static int refuse_type(const char *path, mode_t mode, struct wpb_err *err)
{
    return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "%s is %s, not a file", path,
                       type_name(mode));
}

/* Opening a device or a FIFO can have effects of its own, so the type is looked at
 * before, and again on what was opened. */
static int open_regular(const char *path, struct stat *status, struct wpb_err *err)
{
    if (stat(path, status) != 0)
        return wpb_err_errno(err, errno, STAGE, "reading %s", path);
    if (!S_ISREG(status->st_mode))
        return refuse_type(path, status->st_mode, err);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return wpb_err_errno(err, errno, STAGE, "opening %s", path);
    if (fstat(fd, status) != 0) {
        wpb_err_errno(err, errno, STAGE, "reading %s", path);
    } else if (!S_ISREG(status->st_mode)) {
        refuse_type(path, status->st_mode, err);
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static bool may_read_for(const struct stat *status, uid_t owner, bool is_secret)
{
    if (owner == WPB_FILE_ANY_OWNER || owner == 0 || owner == status->st_uid)
        return true;
    if (status->st_mode & S_IROTH)
        return true;
    return !is_secret && (status->st_mode & S_IRGRP) && status->st_gid != 0;
}

/* The buffer grows with what is there: a size from fstat() is a promise at most. */
static int read_bytes(int fd, const char *path, size_t max, struct wpb_arena *arena,
                      struct wpb_slice *bytes, struct wpb_err *err)
{
    char *data = malloc(max + 1);
    size_t len = 0;
    int result = -1;

    if (!data)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory to read %s", path);
    while (len <= max) {
        ssize_t got = read(fd, data + len, max + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            wpb_err_errno(err, errno, STAGE, "reading %s", path);
            goto out_data;
        }
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *bytes = wpb_arena_copy(arena, wpb_slice_of(data, len));
    result = 0;
out_data:
    free(data);
    return result;
}

int wpb_file_read(const char *path, size_t max, uid_t owner, bool is_secret,
                  struct wpb_arena *arena, struct wpb_slice *bytes, uid_t *found_owner,
                  struct wpb_err *err)
{
    struct stat status;
    int result = -1;
    int fd = open_regular(path, &status, err);
    if (fd < 0)
        return -1;
    if (!may_read_for(&status, owner, is_secret)) {
        wpb_err_set(err, WPB_E_DENIED, STAGE,
                    "%s belongs to another user (uid %lu) and is private", path,
                    (unsigned long)status.st_uid);
        goto out_fd;
    }
    if ((uint64_t)status.st_size > max) {
        wpb_err_set(err, WPB_E_BUDGET, STAGE, "%s has %lld bytes, more than the %zu read",
                    path, (long long)status.st_size, max);
        goto out_fd;
    }
    if (read_bytes(fd, path, max, arena, bytes, err))
        goto out_fd;
    if (bytes->len > max) {
        wpb_err_set(err, WPB_E_BUDGET, STAGE, "%s has more than %zu bytes", path, max);
        goto out_fd;
    }
    if (found_owner)
        *found_owner = status.st_uid;
    result = 0;
out_fd:
    close(fd);
    return result;
}

int wpb_file_head(const char *path, size_t max, struct wpb_arena *arena,
                  struct wpb_slice *bytes, struct wpb_err *err)
{
    struct stat status;
    int fd = open_regular(path, &status, err);
    if (fd < 0)
        return -1;
    int result = read_bytes(fd, path, max, arena, bytes, err);
    if (result == 0)
        *bytes = wpb_slice_head(*bytes, max);
    close(fd);
    return result;
}

bool wpb_file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

bool wpb_file_is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
