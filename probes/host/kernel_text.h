/*
 * kernel_text.h - the words and numbers of the small files in /proc and /sys.
 *
 * Each function takes something off the front of TEXT, and nothing when it is not there.
 * Numbers are as the kernel writes them: no sign, no exponent, no locale. Pure but for
 * the reading of a file.
 */
#ifndef WPB_HOST_KERNEL_TEXT_H
#define WPB_HOST_KERNEL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

bool wpb_kernel_take_word(struct wpb_slice *text, const char *word);
/* Digits; false too when they do not fit. */
bool wpb_kernel_take_whole(struct wpb_slice *text, uint64_t *value);
/* Digits with at most one point among them, up to MOST. */
bool wpb_kernel_take_decimal(struct wpb_slice *text, double most, double *value);
/* The rest of the line and its newline. */
void wpb_kernel_take_line(struct wpb_slice *text);

/* The first line of /proc/stat, and all of the other files, are shorter. */
#define WPB_KERNEL_FILE_MAX 1024

/* The first bytes of the file ROOT and NAME; empty when there is no such file, or the
 * kernel refuses to read it. Files of the kernel do not block. */
struct wpb_slice wpb_kernel_read(const char *root, const char *name,
                                 char bytes[WPB_KERNEL_FILE_MAX]);

#endif
