/*
 * line_file.h - whole lines at the end of a file that others read and rotate.
 *
 * A line that was appended is on the disk. One that could not be written whole is taken
 * back, or, where that fails too or the process was killed in the middle, ended before
 * the next one begins. A file that was rotated away is noticed and made again, with mode
 * 0640. Others may append to the same file.
 *
 * The calls block: they belong on another thread than the loop's, one at a time.
 */
#ifndef WPB_ALERT_LINE_FILE_H
#define WPB_ALERT_LINE_FILE_H

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

/* How long standard output may refuse to take more. */
#define WPB_LINE_FILE_STALL_MS 10000

struct wpb_line_file;

/* The file PATH, which is opened by the first append; NULL: standard output, where lines
 * are only handed over. NULL when memory is out. */
struct wpb_line_file *wpb_line_file_new(const char *path);
/* NULL is a no-op. */
void wpb_line_file_free(struct wpb_line_file *file);

/* LINE (without a newline) and a newline. -1 with ERR: nothing was added, or a part that
 * the next append ends. */
int wpb_line_file_append(struct wpb_line_file *file, struct wpb_slice line,
                         struct wpb_err *err);
/* Open the file again at the next append. */
void wpb_line_file_reopen(struct wpb_line_file *file);

#endif
