#include "agent/alert/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"

#define STAGE "file"
#define MODE 0640

struct wpb_line_file {
    char *path;   /* NULL: standard output */
    int fd;       /* -1: not open */
    bool is_torn; /* standard output: what was written last has no end */
};

struct wpb_line_file *wpb_line_file_new(const char *path)
{
    struct wpb_line_file *file = calloc(1, sizeof(*file));

    if (!file)
        return NULL;
    file->fd = path ? -1 : STDOUT_FILENO;
    if (path && !(file->path = strdup(path))) {
        free(file);
        return NULL;
    }
    return file;
}

void wpb_line_file_reopen(struct wpb_line_file *file)
{
    if (file->path && file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
    }
}

void wpb_line_file_free(struct wpb_line_file *file)
{
    if (!file)
        return;
    wpb_line_file_reopen(file);
    free(file->path);
    free(file);
}

/* ---- a regular file */

/* A new file is not on the disk before its name is. */
static int sync_folder(const char *path, struct wpb_err *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    int fd, result = 0;

    if (slash) {
        size_t len = slash == path ? 1 : (size_t)(slash - path);
        if (len >= sizeof(folder))
            return wpb_err_errno(err, ENAMETOOLONG, STAGE, "cannot open the folder");
        memcpy(folder, path, len);
        folder[len] = '\0';
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) /* a folder that may be written and not read: there is nothing to do */
        return 0;
    if (fsync(fd) && errno != EINVAL && errno != EROFS)
        result =
            wpb_err_errno(err, errno, STAGE, "cannot write the folder of %.160s", path);
    close(fd);
    return result;
}

static int open_file(struct wpb_line_file *file, struct wpb_err *err)
{
    struct stat status;
    bool is_new = false;
    /* Readable, to see whether the last line is whole. */
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = open(file->path, flags);

    if (fd < 0 && errno == ENOENT) {
        fd = open(file->path, flags | O_CREAT, MODE);
        is_new = true;
    }
    if (fd < 0)
        return wpb_err_errno(err, errno, STAGE, "cannot open %.160s", file->path);
    if (fstat(fd, &status)) {
        wpb_err_errno(err, errno, STAGE, "cannot look at %.160s", file->path);
        goto close_fd;
    }
    if (!S_ISREG(status.st_mode)) {
        wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "%.160s is not a regular file",
                    file->path);
        goto close_fd;
    }
    if (is_new && sync_folder(file->path, err))
        goto close_fd;
    file->fd = fd;
    return 0;

close_fd:
    close(fd);
    return -1;
}

/* Is the open file no longer the one that its name says? */
static bool was_rotated(const struct wpb_line_file *file)
{
    struct stat named, open_one;

    if (stat(file->path, &named))
        return errno == ENOENT;
    return fstat(file->fd, &open_one) || named.st_ino != open_one.st_ino ||
           named.st_dev != open_one.st_dev;
}

/* Does a file of SIZE bytes end within a line? */
static bool ends_within_a_line(int fd, off_t size)
{
    char last;

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* Write all BYTES; the count that went through is at WRITTEN, whatever happens. */
static int write_all(int fd, struct wpb_slice bytes, size_t *written)
{
    *written = 0;
    while (*written < bytes.len) {
        ssize_t n = write(fd, bytes.data + *written, bytes.len - *written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        *written += (size_t)n;
    }
    return 0;
}

/* Cut what was added to a file of SIZE bytes, unless somebody else has added more. */
static void take_back(int fd, off_t size, size_t written)
{
    struct stat status;

    if (written && fstat(fd, &status) == 0 && status.st_size == size + (off_t)written) {
        /* When this fails too, the next append ends the line. */
        while (ftruncate(fd, size) && errno == EINTR) {
        }
    }
}

static int append_to_file(struct wpb_line_file *file, struct wpb_slice line,
                          struct wpb_err *err)
{
    struct stat status;
    struct wpb_buf bytes;
    size_t written = 0;
    int result = -1;

    if (file->fd >= 0 && was_rotated(file))
        wpb_line_file_reopen(file);
    if (file->fd < 0 && open_file(file, err))
        return -1;
    if (fstat(file->fd, &status))
        return wpb_err_errno(err, errno, STAGE, "cannot look at %.160s", file->path);
    wpb_buf_init(&bytes, 0);
    if (ends_within_a_line(file->fd, status.st_size))
        wpb_buf_char(&bytes, '\n');
    wpb_buf_slice(&bytes, line);
    wpb_buf_char(&bytes, '\n');
    if (wpb_buf_failed(&bytes)) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a line");
    } else if (write_all(file->fd, wpb_buf_view(&bytes), &written) ||
               fdatasync(file->fd)) {
        wpb_err_errno(err, errno, STAGE, "cannot write %.160s", file->path);
        take_back(file->fd, status.st_size, written);
        wpb_line_file_reopen(file);
    } else {
        result = 0;
    }
    wpb_buf_fini(&bytes);
    return result;
}

/* ---- standard output */

/* A pipe that is ready takes PIPE_BUF bytes without blocking. */
static int write_when_ready(int fd, struct wpb_slice bytes, size_t *written)
{
    *written = 0;
    while (*written < bytes.len) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        size_t left = bytes.len - *written;
        ssize_t n;
        int count = poll(&ready, 1, WPB_LINE_FILE_STALL_MS);
        if (count == 0)
            errno = ETIMEDOUT;
        if (count == 0 || (count < 0 && errno != EINTR))
            return -1;
        if (count < 0)
            continue;
        n = write(fd, bytes.data + *written, left < PIPE_BUF ? left : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return -1;
        if (n > 0)
            *written += (size_t)n;
    }
    return 0;
}

static int append_to_stdout(struct wpb_line_file *file, struct wpb_slice line,
                            struct wpb_err *err)
{
    struct wpb_buf bytes;
    size_t written = 0;
    int result = 0;

    wpb_buf_init(&bytes, 0);
    if (file->is_torn)
        wpb_buf_char(&bytes, '\n');
    wpb_buf_slice(&bytes, line);
    wpb_buf_char(&bytes, '\n');
    if (wpb_buf_failed(&bytes))
        result = wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a line");
    else if (write_when_ready(file->fd, wpb_buf_view(&bytes), &written))
        result = wpb_err_errno(err, errno, STAGE, "cannot write to standard output");
    if (written)
        file->is_torn = written < bytes.len;
    wpb_buf_fini(&bytes);
    return result;
}

int wpb_line_file_append(struct wpb_line_file *file, struct wpb_slice line,
                         struct wpb_err *err)
{
    return file->path ? append_to_file(file, line, err)
                      : append_to_stdout(file, line, err);
}
