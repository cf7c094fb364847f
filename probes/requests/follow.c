#include "probes/requests/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE "requests"

struct wpb_follow {
    char *path;
    int fd;     /* -1: not open */
    int old_fd; /* the file before the last rotation; -1: none */
    uint64_t old_offset;
    bool has_old_line_cut; /* the rest of a long line comes first in it */
    uint64_t begin_back;   /* bytes before the end at which reading begins */
    uid_t owner;           /* who named the path; -1: nobody in particular */
    struct wpb_follow_place place;
};

/* One look: what it may still do, and where it reports. */
struct look {
    struct wpb_follow *follow;
    size_t bytes, lines;
    uint64_t behind_bytes;
    char *buffer;
    size_t size;
    void (*line)(void *cookie, struct wpb_slice line);
    void *cookie;
    struct wpb_follow_look *seen;
    struct wpb_err *err;
};

struct wpb_follow *wpb_follow_new(const char *path)
{
    struct wpb_follow *follow = calloc(1, sizeof *follow);

    if (!follow)
        return NULL;
    follow->fd = follow->old_fd = -1;
    follow->owner = (uid_t)-1;
    follow->path = strdup(path);
    if (!follow->path) {
        free(follow);
        return NULL;
    }
    return follow;
}

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void wpb_follow_free(struct wpb_follow *follow)
{
    if (!follow)
        return;
    close_file(&follow->fd);
    close_file(&follow->old_fd);
    free(follow->path);
    free(follow);
}

void wpb_follow_begin_back(struct wpb_follow *follow, uint64_t bytes)
{
    follow->begin_back = bytes;
}

void wpb_follow_for(struct wpb_follow *follow, uid_t owner)
{
    follow->owner = owner;
}

void wpb_follow_resume(struct wpb_follow *follow, const struct wpb_follow_place *place)
{
    follow->place = *place;
    if (follow->place.head_len > WPB_FOLLOW_HEAD_BYTES)
        follow->place = (struct wpb_follow_place){0};
}

const struct wpb_follow_place *wpb_follow_place(const struct wpb_follow *follow)
{
    return &follow->place;
}

/* ---- files ---- */

static ssize_t read_at(int fd, char *buffer, size_t size, uint64_t offset)
{
    ssize_t len;

    do
        len = pread(fd, buffer, size, (off_t)offset);
    while (len < 0 && errno == EINTR);
    return len;
}

/* A hash of the first LEN bytes; false when there are not so many. */
static bool hash_head(int fd, uint32_t len, uint64_t *hash)
{
    char head[WPB_FOLLOW_HEAD_BYTES];

    if (read_at(fd, head, len, 0) != (ssize_t)len)
        return false;
    *hash = wpb_slice_hash(wpb_slice_of(head, len));
    return true;
}

/* Recognise the file by more of its first bytes, now that there are some. */
static void note_head(struct wpb_follow *follow, uint64_t file_size)
{
    struct wpb_follow_place *place = &follow->place;
    uint32_t len =
        file_size < WPB_FOLLOW_HEAD_BYTES ? (uint32_t)file_size : WPB_FOLLOW_HEAD_BYTES;

    if (len > place->head_len && hash_head(follow->fd, len, &place->head))
        place->head_len = len;
}

static bool is_same_head(const struct wpb_follow *follow)
{
    const struct wpb_follow_place *place = &follow->place;
    uint64_t hash;

    return place->head_len == 0 ||
           (hash_head(follow->fd, place->head_len, &hash) && hash == place->head);
}

static void begin_at(struct wpb_follow *follow, uint64_t offset)
{
    follow->place.offset = offset;
    follow->place.is_within_line = false;
}

/* First sight: near the end, and when that is within a line, behind it. */
static void begin_near_end(struct wpb_follow *follow, uint64_t file_size)
{
    uint64_t offset = file_size > follow->begin_back ? file_size - follow->begin_back : 0;
    char last;

    begin_at(follow, offset);
    follow->place.is_within_line =
        offset > 0 && (read_at(follow->fd, &last, 1, offset - 1) != 1 || last != '\n');
}

static void begin_anew(struct look *look)
{
    struct wpb_follow *follow = look->follow;
    off_t data = lseek(follow->fd, 0, SEEK_DATA);

    look->seen->truncations++;
    begin_at(follow, 0);
    follow->place.head_len = 0;
    /* Who writes without O_APPEND leaves a hole where the old lines were. */
    if (data > 0) {
        follow->place.offset = (uint64_t)data;
        look->seen->skipped_bytes += (uint64_t)data;
    }
}

static bool is_file_of(const struct wpb_follow_place *place, const struct stat *status)
{
    return place->device == (uint64_t)status->st_dev &&
           place->inode == (uint64_t)status->st_ino;
}

static int refuse(struct look *look, int errnum)
{
    return wpb_err_errno(look->err, errnum, STAGE, "%s", look->follow->path);
}

/* Who named the path could read STATUS's file himself; else errno says no. */
static bool may_read(const struct wpb_follow *follow, const struct stat *status)
{
    if (follow->owner == (uid_t)-1 || follow->owner == 0 ||
        status->st_uid == follow->owner || (status->st_mode & S_IROTH))
        return true;
    errno = EACCES;
    return false;
}

/* Open the path as the current file. -1 with the reason. */
static int open_file(struct look *look, struct stat *status)
{
    struct wpb_follow *follow = look->follow;

    /* asked first: to open a device can do something */
    if (stat(follow->path, status) != 0)
        return refuse(look, errno);
    if (!S_ISREG(status->st_mode))
        return wpb_err_set(look->err, WPB_E_UNSUPPORTED, STAGE,
                           "%s is no regular file: let the server log to one",
                           follow->path);
    int fd = open(follow->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return refuse(look, errno);
    if (fstat(fd, status) != 0 || !may_read(follow, status)) {
        int errnum = errno;
        close(fd);
        return refuse(look, errnum);
    }
    follow->fd = fd;
    return 0;
}

/* The file that has just been opened is the one that PLACE tells of, is new, or is seen
 * for the first time. */
static void find_place(struct look *look, const struct stat *status)
{
    struct wpb_follow *follow = look->follow;
    struct wpb_follow_place before = follow->place;
    uint64_t file_size = (uint64_t)status->st_size;

    follow->place.is_known = true;
    follow->place.is_absent = false;
    follow->place.device = (uint64_t)status->st_dev;
    follow->place.inode = (uint64_t)status->st_ino;
    if (before.is_known && !before.is_absent && is_file_of(&before, status))
        return; /* truncated in between? check_truncation() finds out */
    follow->place.head_len = 0;
    if (!before.is_known) {
        begin_near_end(follow, file_size);
        return;
    }
    if (!before.is_absent)
        look->seen->rotations++;
    begin_at(follow, 0);
}

/* ---- lines ---- */

static void hand_out(struct look *look, const char *begin, const char *end)
{
    while (begin < end && *begin == '\0')
        begin++;
    if (begin < end && end[-1] == '\r')
        end--;
    look->seen->lines++;
    look->lines--;
    look->line(look->cookie, wpb_slice_of(begin, (size_t)(end - begin)));
}

/* Hand out the whole lines among LEN bytes of the buffer; returns how many bytes that
 * were. */
static size_t hand_out_lines(struct look *look, size_t len, bool *is_within_line)
{
    const char *at = look->buffer, *end = look->buffer + len, *newline;

    if (*is_within_line) {
        newline = memchr(at, '\n', len);
        if (!newline)
            return len;
        at = newline + 1;
        *is_within_line = false;
    }
    while (look->lines > 0 && at < end) {
        newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            break;
        hand_out(look, at, newline);
        at = newline + 1;
    }
    return (size_t)(at - look->buffer);
}

enum progress { PROGRESS_END, PROGRESS_BUDGET, PROGRESS_FAILED };

/* Read FD from *OFFSET on, to its end or that of the budget. */
static enum progress read_lines(struct look *look, int fd, uint64_t *offset,
                                bool *is_within_line)
{
    for (;;) {
        if (look->bytes == 0 || look->lines == 0)
            return PROGRESS_BUDGET;
        ssize_t len = read_at(fd, look->buffer, look->size, *offset);
        if (len < 0) {
            refuse(look, errno);
            return PROGRESS_FAILED;
        }
        bool is_last = (size_t)len < look->size;
        size_t used = hand_out_lines(look, (size_t)len, is_within_line);
        if (used == 0 && !is_last) { /* no newline in a whole buffer */
            look->seen->long_lines++;
            *is_within_line = true;
            used = (size_t)len;
        }
        *offset += used;
        look->seen->bytes += used;
        look->bytes -= used < look->bytes ? used : look->bytes;
        if (is_last && look->lines > 0)
            return PROGRESS_END;
    }
}

/* ---- one look ---- */

static void check_truncation(struct look *look, uint64_t file_size)
{
    struct wpb_follow *follow = look->follow;

    if (file_size < follow->place.offset || !is_same_head(follow))
        begin_anew(look);
    note_head(follow, file_size);
}

static void catch_up(struct look *look, uint64_t file_size)
{
    struct wpb_follow_place *place = &look->follow->place;

    if (look->behind_bytes == 0 || place->offset > file_size ||
        file_size - place->offset <= look->behind_bytes)
        return;
    uint64_t offset = file_size - look->behind_bytes / 2;
    look->seen->skipped_bytes += offset - place->offset;
    place->offset = offset;
    place->is_within_line = true;
}

/* What the writers of a rotated file have added before they opened the new one. */
static enum progress finish_old(struct look *look)
{
    struct wpb_follow *follow = look->follow;
    enum progress progress = PROGRESS_END;

    if (follow->old_fd < 0)
        return PROGRESS_END;
    progress =
        read_lines(look, follow->old_fd, &follow->old_offset, &follow->has_old_line_cut);
    if (progress == PROGRESS_END)
        close_file(&follow->old_fd);
    return progress;
}

static enum progress read_current(struct look *look, const struct stat *status)
{
    struct wpb_follow_place *place = &look->follow->place;

    check_truncation(look, (uint64_t)status->st_size);
    catch_up(look, (uint64_t)status->st_size);
    return read_lines(look, look->follow->fd, &place->offset, &place->is_within_line);
}

/* The current file has been read to its end: does another one stand at the path? */
static bool is_rotated(const struct wpb_follow *follow, const struct stat *status)
{
    struct stat now;

    if (stat(follow->path, &now) == 0)
        return !is_file_of(&follow->place, &now);
    return errno == ENOENT && status->st_nlink == 0;
}

static void set_aside(struct wpb_follow *follow)
{
    close_file(&follow->old_fd);
    follow->old_fd = follow->fd;
    follow->old_offset = follow->place.offset;
    follow->has_old_line_cut = follow->place.is_within_line;
    follow->fd = -1;
}

static enum wpb_follow_status cannot_open(struct look *look)
{
    struct wpb_follow_place *place = &look->follow->place;

    if (look->err->code != WPB_E_NOT_FOUND)
        return WPB_FOLLOW_REFUSED;
    place->is_known = place->is_absent = true;
    begin_at(look->follow, 0);
    place->head_len = 0;
    return WPB_FOLLOW_ABSENT;
}

static enum wpb_follow_status status_of(enum progress progress)
{
    return progress == PROGRESS_END      ? WPB_FOLLOW_CAUGHT_UP
           : progress == PROGRESS_BUDGET ? WPB_FOLLOW_MORE
                                         : WPB_FOLLOW_REFUSED;
}

static enum wpb_follow_status look_on(struct look *look)
{
    struct wpb_follow *follow = look->follow;
    struct stat status;
    enum progress progress = finish_old(look);

    if (progress != PROGRESS_END)
        return status_of(progress);
    if (follow->fd >= 0) {
        if (fstat(follow->fd, &status) != 0) {
            refuse(look, errno);
            return WPB_FOLLOW_REFUSED;
        }
        progress = read_current(look, &status);
        if (progress != PROGRESS_END || !is_rotated(follow, &status))
            return status_of(progress);
        set_aside(follow);
    }
    if (open_file(look, &status))
        return cannot_open(look);
    find_place(look, &status);
    return status_of(read_current(look, &status));
}

enum wpb_follow_status wpb_follow_look(struct wpb_follow *follow,
                                       const struct wpb_follow_budget *budget,
                                       char *buffer, size_t size,
                                       void (*line)(void *cookie, struct wpb_slice line),
                                       void *cookie, struct wpb_follow_look *seen,
                                       struct wpb_err *err)
{
    struct wpb_err unused;
    struct look look = {.follow = follow,
                        .bytes = budget->bytes ? budget->bytes : 1,
                        .lines = budget->lines ? budget->lines : 1,
                        .behind_bytes = budget->behind_bytes,
                        .buffer = buffer,
                        .size = size,
                        .line = line,
                        .cookie = cookie,
                        .seen = seen,
                        .err = err ? err : &unused};

    *seen = (struct wpb_follow_look){0};
    return look_on(&look);
}
