#include "agent/command/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
