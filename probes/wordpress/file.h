/*
 * file.h - read a small file that a stranger may have prepared.
 *
 * The path may lead to a FIFO, a device, a directory, a link to somebody else's
 * file or 100 MB of noise: each is an error with a sentence, none hangs. Only
 * regular files up to a size are read. Blocking; any thread.
 */
#ifndef WPB_WORDPRESS_FILE_H
#define WPB_WORDPRESS_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/slice.h"

/* Configuration files above this are refused. */
#define WPB_FILE_CONFIG_MAX ((size_t)1 << 20)

/* The owner on whose behalf a file is read: nobody in particular. */
#define WPB_FILE_ANY_OWNER ((uid_t)-1)

/* Read all of PATH, at most MAX bytes, into ARENA. A symbolic link is followed.
 *
 * OWNER is who names this file: the owner of the link or of the configuration
 * that includes it. We may run as root and send what we read to a server which
 * that owner chose, so a file of another user that neither its group nor
 * everybody may read is refused (WPB_E_DENIED), unless OWNER is root or
 * WPB_FILE_ANY_OWNER. With IS_SECRET the group does not count.
 *
 * WPB_E_NOT_FOUND, WPB_E_DENIED, WPB_E_BUDGET (too large), WPB_E_UNSUPPORTED (not
 * a regular file), WPB_E_IO. FOUND_OWNER (may be NULL) gets the file's owner. */
int wpb_file_read(const char *path, size_t max, uid_t owner, bool is_secret,
                  struct wpb_arena *arena, struct wpb_slice *bytes, uid_t *found_owner,
                  struct wpb_err *err);

/* Read at most MAX leading bytes of PATH; a larger file is no error. */
int wpb_file_head(const char *path, size_t max, struct wpb_arena *arena,
                  struct wpb_slice *bytes, struct wpb_err *err);

/* True when something stands at PATH: of any type, whether readable or not. */
bool wpb_file_exists(const char *path);
bool wpb_file_is_directory(const char *path);

#endif
