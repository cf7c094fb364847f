/*
 * folder.h - the files of the history on the disk: who may, who has it, what was put
 * aside.
 */
#ifndef WPB_HISTORY_FOLDER_H
#define WPB_HISTORY_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/err.h"

#define WPB_FOLDER_PATH_MAX 4096

/* FOLDER, mode 0700, and in it history.db, mode 0600, if they are not there. */
int wpb_folder_make(const char *folder, struct wpb_err *err);

/* FOLDER/history.db with SUFFIX, such as "-wal". WPB_E_ARGUMENT when it is too long. */
int wpb_folder_path(const char *folder, const char *suffix,
                    char path[WPB_FOLDER_PATH_MAX], struct wpb_err *err);

/* Become the only one that writes in FOLDER, until *FD is closed or the process ends.
 * WPB_E_DENIED when another process is: nothing else has that code. */
int wpb_folder_lock(const char *folder, int *fd, struct wpb_err *err);

/* Damage that SQLite takes for something else: a log whose file is empty (it would remove
 * the log), a version in the header that nobody writes (it would call it read-only). */
bool wpb_folder_is_broken(const char *folder);

/* Rename history.db and its log. NAME receives the new name within FOLDER, *COUNT how
 * many such files lie there now. */
#define WPB_FOLDER_ASIDE_MAX 64
int wpb_folder_set_aside(const char *folder, int64_t now_ms,
                         char name[WPB_FOLDER_ASIDE_MAX], unsigned *count,
                         struct wpb_err *err);

/* Bytes of history.db and of what SQLite has beside it. */
uint64_t wpb_folder_bytes(const char *folder);

#endif
