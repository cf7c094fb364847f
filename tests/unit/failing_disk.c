#include "tests/unit/failing_disk.h"

#include <sqlite3.h>
#include <string.h>

struct failing_disk failing_disk;

/* SQLite's own file lies behind it. */
struct shim_file {
    sqlite3_file base;
    bool is_watched;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs shim_vfs;

void failing_disk_heal(void)
{
    failing_disk = (struct failing_disk){0};
}

/* The code to answer with, or SQLITE_OK to go on. */
static int ask(bool is_watched, enum disk_operation operation)
{
    if (!is_watched)
        return SQLITE_OK;
    failing_disk.count[operation]++;
    if (!failing_disk.code[operation])
        return SQLITE_OK;
    if (failing_disk.after[operation] > 0) {
        failing_disk.after[operation]--;
        return SQLITE_OK;
    }
    failing_disk.failed++;
    return failing_disk.code[operation];
}

#define SHIM ((struct shim_file *)file)
#define REAL (SHIM->real)
#define METHODS (SHIM->real->pMethods)

static int shim_close(sqlite3_file *file)
{
    return METHODS->xClose(REAL);
}

static int shim_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset)
{
    int rc = ask(SHIM->is_watched, DISK_READ);

    return rc ? rc : METHODS->xRead(REAL, bytes, len, offset);
}

static int shim_write(sqlite3_file *file, const void *bytes, int len,
                      sqlite3_int64 offset)
{
    int rc = ask(SHIM->is_watched, DISK_WRITE);

    /* A disk that is full takes what there is room for. */
    if (rc == SQLITE_FULL && len > 1)
        METHODS->xWrite(REAL, bytes, len / 2, offset);
    return rc ? rc : METHODS->xWrite(REAL, bytes, len, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = ask(SHIM->is_watched, DISK_WRITE);

    return rc ? rc : METHODS->xTruncate(REAL, size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    int rc = ask(SHIM->is_watched, DISK_SYNC);

    if (rc || !failing_disk.does_sync)
        return rc;
    return METHODS->xSync(REAL, flags);
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return METHODS->xFileSize(REAL, size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return METHODS->xLock(REAL, level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return METHODS->xUnlock(REAL, level);
}

static int shim_check_reserved(sqlite3_file *file, int *result)
{
    return METHODS->xCheckReservedLock(REAL, result);
}

static int shim_control(sqlite3_file *file, int operation, void *argument)
{
    return METHODS->xFileControl(REAL, operation, argument);
}

static int shim_sector_size(sqlite3_file *file)
{
    return METHODS->xSectorSize(REAL);
}

static int shim_characteristics(sqlite3_file *file)
{
    return METHODS->xDeviceCharacteristics(REAL);
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int does_extend,
                        void volatile **memory)
{
    return METHODS->xShmMap(REAL, page, size, does_extend, memory);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return METHODS->xShmLock(REAL, offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    METHODS->xShmBarrier(REAL);
}

static int shim_shm_unmap(sqlite3_file *file, int does_delete)
{
    return METHODS->xShmUnmap(REAL, does_delete);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_file_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector_size,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    int rc;

    (void)vfs;
    SHIM->is_watched = name && strstr(name, "history.db");
    SHIM->real = (sqlite3_file *)(SHIM + 1);
    SHIM->base.pMethods = NULL;
    rc = ask(SHIM->is_watched, DISK_OPEN);
    if (rc)
        return rc;
    rc = real_vfs->xOpen(real_vfs, name, SHIM->real, flags, out_flags);
    if (SHIM->real->pMethods)
        SHIM->base.pMethods = &shim_methods;
    return rc;
}

void failing_disk_install(void)
{
    if (real_vfs)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "failing-disk";
    shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    sqlite3_vfs_register(&shim_vfs, 1);
}
