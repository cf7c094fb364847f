#include "agent/command/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"

#define COLUMNS_MAX 120

struct wpb_text_style wpb_terminal_style(bool to_stdout)
{
    struct wpb_text_style style = {.color = false, .columns = 80};
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct winsize size;

    if (!to_stdout || !isatty(STDOUT_FILENO))
        return style;
    style.color = !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        style.columns = size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
    return style;
}

int wpb_terminal_write(const char *path, struct wpb_slice bytes, struct wpb_err *err)
{
    FILE *file = path ? fopen(path, "w") : stdout;
    bool is_written;

    if (!file)
        return wpb_err_errno(err, errno, "output", "cannot write %s", path);
    is_written = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    is_written = (path ? fclose(file) : fflush(file)) == 0 && is_written;
    if (!is_written)
        return wpb_err_errno(err, errno, "output", "the report did not reach %s",
                             path ? path : "stdout");
    return 0;
}

bool wpb_terminal_can_redraw(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void wpb_terminal_size(size_t *columns, size_t *rows)
{
    struct winsize size = {0};

    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *columns = size.ws_col ? size.ws_col : 80;
    *rows = size.ws_row ? size.ws_row : 24;
}

/* A new file is as others would make it; one that replaces another, like that. */
static mode_t mode_for(const struct stat *old)
{
    mode_t mask;

    if (old)
        return old->st_mode & 0777;
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int write_all(int fd, struct wpb_slice bytes)
{
    while (bytes.len) {
        ssize_t len = write(fd, bytes.data, bytes.len);
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return -1;
        bytes = wpb_slice_skip(bytes, (size_t)len);
    }
    return 0;
}

/* PATH is that of a regular file, or of none. */
static int replace_file(const char *path, const struct stat *old, struct wpb_slice bytes,
                        struct wpb_err *err)
{
    struct wpb_buf name;
    int fd, result = -1;

    wpb_buf_init(&name, 0);
    wpb_buf_printf(&name, "%s.XXXXXX", path);
    if (wpb_buf_failed(&name)) {
        wpb_err_set(err, WPB_E_MEMORY, "output", "out of memory");
        goto out_name;
    }
    fd = mkostemp(name.data, O_CLOEXEC);
    if (fd < 0) {
        wpb_err_errno(err, errno, "output", "cannot write a file beside %s", path);
        goto out_name;
    }
    if (old && fchown(fd, old->st_uid, old->st_gid))
        errno = 0; /* not ours to give away: then it is ours */
    if (fchmod(fd, mode_for(old)) || write_all(fd, bytes)) {
        wpb_err_errno(err, errno, "output", "the report did not reach %s", path);
        close(fd);
        goto out_file;
    }
    if (close(fd) || rename(name.data, path)) {
        wpb_err_errno(err, errno, "output", "the report did not reach %s", path);
        goto out_file;
    }
    result = 0;
out_file:
    if (result)
        unlink(name.data);
out_name:
    wpb_buf_fini(&name);
    return result;
}

int wpb_terminal_replace(const char *path, struct wpb_slice bytes, struct wpb_err *err)
{
    struct stat old;
    char *real;
    int result;

    if (stat(path, &old))
        return errno == ENOENT
                   ? replace_file(path, NULL, bytes, err)
                   : wpb_err_errno(err, errno, "output", "cannot write %s", path);
    if (!S_ISREG(old.st_mode))
        return wpb_terminal_write(path, bytes, err);
    real = realpath(path, NULL); /* what a link leads to is replaced, not the link */
    if (!real)
        return wpb_err_errno(err, errno, "output", "cannot write %s", path);
    result = replace_file(real, &old, bytes, err);
    free(real);
    return result;
}
