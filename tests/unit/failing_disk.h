/*
 * failing_disk.h - a disk that fails when a test wants it to.
 *
 * A SQLite VFS in front of the real one, for files whose path has "history.db" in it. It
 * can also leave out fsync, which no test here needs (processes are killed, machines are
 * not), and counts what it is asked for.
 */
#ifndef TESTS_UNIT_FAILING_DISK_H
#define TESTS_UNIT_FAILING_DISK_H

#include <stdbool.h>

enum disk_operation {
    DISK_OPEN,
    DISK_READ,
    DISK_WRITE, /* and truncating */
    DISK_SYNC,
    DISK_OPERATIONS
};

struct failing_disk {
    int code[DISK_OPERATIONS];  /* what is answered, such as SQLITE_FULL; 0: it works */
    int after[DISK_OPERATIONS]; /* so many still succeed */
    int count[DISK_OPERATIONS]; /* asked for so far */
    int failed;                 /* refused so far */
    bool does_sync;
};

extern struct failing_disk failing_disk;

/* Put it in front of SQLite's own. Once is enough. */
void failing_disk_install(void);
/* It works again; counts are 0. */
void failing_disk_heal(void);

#endif
