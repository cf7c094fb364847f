/*
 * rdb_open.h - an RDB file on disk as a source of bytes for the reader.
 */
#ifndef WPB_REDIS_RDB_OPEN_H
#define WPB_REDIS_RDB_OPEN_H

#include "probes/redis/rdb.h"

struct wpb_rdb_file {
    int fd;
    char *path; /* absolute, links followed */
    int64_t changed_ms;
    uint64_t bytes_read;
    struct wpb_rdb_source source; /* borrows this struct, which must not move */
};

/* Open the regular file at PATH. WPB_E_NOT_FOUND, WPB_E_DENIED and so on tell which
 * file and why. */
int wpb_rdb_file_open(struct wpb_rdb_file *file, const char *path, struct wpb_err *err);
/* A file that was zeroed and never opened is a no-op. */
void wpb_rdb_file_close(struct wpb_rdb_file *file);
/* Was it written to, or replaced, since it was opened? */
bool wpb_rdb_file_has_changed(const struct wpb_rdb_file *file);

#endif
