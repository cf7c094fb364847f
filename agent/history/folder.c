#include "agent/history/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/clock.h"

#define STAGE "history"
#define FILE_NAME "history.db"
#define LOCK_NAME "history.lock"
#define ASIDE FILE_NAME ".set-aside-"
#define LOG "-wal"
#define JOURNAL "-journal"
#define INDEX "-shm"
/* In the header of a SQLite file: for whom it can be written, and read. */
#define VERSIONS_OFFSET 18
#define VERSION_MAX 2
/* Of one second. */
#define ASIDE_MAX 100

static int join(const char *folder, const char *name, const char *suffix,
                char path[WPB_FOLDER_PATH_MAX], struct wpb_err *err)
{
    int len = snprintf(path, WPB_FOLDER_PATH_MAX, "%s/%s%s", folder, name, suffix);

    if (len < 0 || len >= WPB_FOLDER_PATH_MAX)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "the path of the state folder is "
                           "too long");
    return 0;
}

int wpb_folder_path(const char *folder, const char *suffix,
                    char path[WPB_FOLDER_PATH_MAX], struct wpb_err *err)
{
    return join(folder, FILE_NAME, suffix, path, err);
}

int wpb_folder_make(const char *folder, struct wpb_err *err)
{
    char path[WPB_FOLDER_PATH_MAX];
    int fd;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return wpb_err_errno(err, errno, STAGE, "cannot make %s", folder);
    if (wpb_folder_path(folder, "", path, err) != 0)
        return -1;
    /* SQLite would make it readable to all that the umask lets. */
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return wpb_err_errno(err, errno, STAGE, "cannot open %s", path);
    close(fd);
    return 0;
}

static int somebody_has_it(int fd, const char *folder, struct wpb_err *err)
{
    char text[32] = "";
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    long pid;

    text[len > 0 ? len : 0] = '\0';
    pid = strtol(text, NULL, 10);
    if (pid <= 0)
        return wpb_err_set(err, WPB_E_DENIED, STAGE,
                           "another agent uses %s: stop it, or set `state` to another "
                           "folder",
                           folder);
    return wpb_err_set(err, WPB_E_DENIED, STAGE,
                       "another agent (process %ld) uses %s: stop it, or set `state` to "
                       "another folder",
                       pid, folder);
}

int wpb_folder_lock(const char *folder, int *fd, struct wpb_err *err)
{
    /* Of the open file, not of the process: nobody loses it by closing the same file. */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[WPB_FOLDER_PATH_MAX];

    if (join(folder, LOCK_NAME, "", path, err) != 0)
        return -1;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0) {
        wpb_err_errno(err, errno, STAGE, "cannot open %s", path);
        if (err)
            err->code = WPB_E_IO;
        return -1;
    }
    if (fcntl(*fd, F_OFD_SETLK, &whole) == 0) {
        /* For the message above; that the disk may be full does not matter here. */
        if (ftruncate(*fd, 0) == 0 && dprintf(*fd, "%ld\n", (long)getpid()) < 0)
            errno = 0;
        return 0;
    }
    if (errno == EAGAIN || errno == EACCES)
        somebody_has_it(*fd, folder, err);
    else
        wpb_err_set(err, WPB_E_IO, STAGE, "cannot lock %s: %s", path, strerror(errno));
    close(*fd);
    *fd = -1;
    return -1;
}

/* "history.db.set-aside-20270104T120000Z", with "-2" and so on where that is taken. */
static int free_name(const char *folder, int64_t now_ms, char name[WPB_FOLDER_ASIDE_MAX],
                     char path[WPB_FOLDER_PATH_MAX], struct wpb_err *err)
{
    struct wpb_buf time;
    char digits[32] = "";
    size_t len = 0;

    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, now_ms);
    for (size_t i = 0; i < time.len && len < sizeof(digits) - 1; i++)
        if (time.data[i] != '-' && time.data[i] != ':')
            digits[len++] = time.data[i];
    wpb_buf_fini(&time);
    for (int turn = 1; turn < ASIDE_MAX; turn++) {
        if (turn == 1)
            snprintf(name, WPB_FOLDER_ASIDE_MAX, ASIDE "%s", digits);
        else
            snprintf(name, WPB_FOLDER_ASIDE_MAX, ASIDE "%s-%d", digits, turn);
        if (join(folder, name, "", path, err) != 0)
            return -1;
        if (access(path, F_OK) != 0)
            return 0;
    }
    return wpb_err_set(err, WPB_E_IO, STAGE, "%s has too many files set aside", folder);
}

static unsigned count_aside(const char *folder)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    unsigned count = 0;

    while (listing && (entry = readdir(listing)) != NULL) {
        struct wpb_slice name = wpb_slice_cstr(entry->d_name);
        struct wpb_slice aside = WPB_SLICE(ASIDE), log = WPB_SLICE(LOG);
        struct wpb_slice journal = WPB_SLICE(JOURNAL);

        if (wpb_slice_starts(name, aside) && !wpb_slice_ends(name, log) &&
            !wpb_slice_ends(name, journal))
            count++;
    }
    if (listing)
        closedir(listing);
    return count;
}

int wpb_folder_set_aside(const char *folder, int64_t now_ms,
                         char name[WPB_FOLDER_ASIDE_MAX], unsigned *count,
                         struct wpb_err *err)
{
    /* The logs first: beside a new file they would be played back into that. */
    static const char *const suffixes[] = {LOG, JOURNAL, ""};
    char from[WPB_FOLDER_PATH_MAX], to[WPB_FOLDER_PATH_MAX];

    if (free_name(folder, now_ms, name, to, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        if (wpb_folder_path(folder, suffixes[i], from, err) != 0 ||
            join(folder, name, suffixes[i], to, err) != 0)
            return -1;
        if (rename(from, to) != 0 && errno != ENOENT)
            return wpb_err_errno(err, errno, STAGE, "cannot rename %s", from);
    }
    /* An index of the log, made anew whenever it is missing. */
    if (wpb_folder_path(folder, INDEX, from, err) == 0)
        unlink(from);
    *count = count_aside(folder);
    return 0;
}

static uint64_t bytes_of(const char *folder, const char *suffix)
{
    char path[WPB_FOLDER_PATH_MAX];
    struct stat status;

    if (wpb_folder_path(folder, suffix, path, NULL) != 0 || stat(path, &status) != 0 ||
        status.st_size < 0)
        return 0;
    return (uint64_t)status.st_size;
}

/* Of what SQLite writes since 2010 both versions are 2; it reads files of a version it
 * does not know how to write, and calls them read-only. */
static bool has_strange_version(const char *folder)
{
    char path[WPB_FOLDER_PATH_MAX];
    unsigned char versions[2] = {0};
    bool is_strange = false;
    int fd;

    if (wpb_folder_path(folder, "", path, NULL) != 0)
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (pread(fd, versions, sizeof(versions), VERSIONS_OFFSET) == sizeof(versions))
        is_strange = versions[0] > VERSION_MAX || versions[1] > VERSION_MAX;
    close(fd);
    return is_strange;
}

bool wpb_folder_is_broken(const char *folder)
{
    return (bytes_of(folder, "") == 0 && bytes_of(folder, LOG) > 0) ||
           has_strange_version(folder);
}

uint64_t wpb_folder_bytes(const char *folder)
{
    return bytes_of(folder, "") + bytes_of(folder, LOG) + bytes_of(folder, INDEX);
}
