#include "probes/redis/rdb_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE "rdb"

static ptrdiff_t read_at(void *cookie, uint64_t offset, void *bytes, size_t len,
                         struct wpb_err *err)
{
    struct wpb_rdb_file *file = cookie;
    ssize_t got;

    do
        got = pread(file->fd, bytes, len, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return wpb_err_errno(err, errno, STAGE, "cannot read %s", file->path);
    file->bytes_read += (uint64_t)got;
    return got;
}

static int64_t time_ms(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

int wpb_rdb_file_open(struct wpb_rdb_file *file, const char *path, struct wpb_err *err)
{
    struct stat stat;

    *file = (struct wpb_rdb_file){.fd = -1};
    file->path = realpath(path, NULL);
    if (!file->path)
        return wpb_err_errno(err, errno, STAGE, "cannot open %s", path);
    /* A pipe would make open() wait. */
    file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0 || fstat(file->fd, &stat) != 0) {
        wpb_err_errno(err, errno, STAGE, "cannot open %s", file->path);
        goto out_file;
    }
    if (!S_ISREG(stat.st_mode)) {
        wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "%s is no regular file", file->path);
        goto out_file;
    }
    posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    file->changed_ms = time_ms(&stat.st_mtim);
    file->source = (struct wpb_rdb_source){read_at, file, (uint64_t)stat.st_size};
    return 0;
out_file:
    wpb_rdb_file_close(file);
    return -1;
}

void wpb_rdb_file_close(struct wpb_rdb_file *file)
{
    if (!file->path)
        return;
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    *file = (struct wpb_rdb_file){.fd = -1};
}

bool wpb_rdb_file_has_changed(const struct wpb_rdb_file *file)
{
    struct stat stat;

    return fstat(file->fd, &stat) != 0 || (uint64_t)stat.st_size != file->source.size ||
           time_ms(&stat.st_mtim) != file->changed_ms;
}
