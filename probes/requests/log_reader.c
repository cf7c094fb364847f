#include "probes/requests/log_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* A longer line is passed over. */
#define BUFFER_BYTES ((size_t)64 * 1024)
/* Of a portion: about a tenth of a second of one processor. */
#define PORTION_BYTES ((size_t)8 << 20)
#define PORTION_LINES 20000
/* More has piled up between two looks: the newest half of it is read. */
#define BEHIND_BYTES (UINT64_C(64) << 20)
#define PATH_BYTES 4096

struct wpb_log_reader {
    char *path;
    uid_t owner;
    uint64_t back_bytes;
    struct wpb_follow *follow;
    struct wpb_follow *before; /* PATH.1 while it is read; NULL: done, or there is none */
    bool has_begun, has_caught_up;
    struct wpb_log_seen seen;    /* of the looks that are over */
    struct wpb_follow_look look; /* of this one */
};

struct wpb_log_reader *wpb_log_reader_new(const char *path, uid_t owner,
                                          uint64_t back_bytes)
{
    struct wpb_log_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return NULL;
    reader->owner = owner;
    reader->back_bytes = back_bytes;
    reader->path = strdup(path);
    reader->follow = wpb_follow_new(path);
    if (reader->path && reader->follow) {
        wpb_follow_for(reader->follow, owner);
        wpb_follow_begin_back(reader->follow, back_bytes);
        return reader;
    }
    wpb_log_reader_free(reader);
    return NULL;
}

void wpb_log_reader_free(struct wpb_log_reader *reader)
{
    if (!reader)
        return;
    wpb_follow_free(reader->before);
    wpb_follow_free(reader->follow);
    free(reader->path);
    free(reader);
}

const char *wpb_log_reader_path(const struct wpb_log_reader *reader)
{
    return reader->path;
}

bool wpb_log_reader_is_back(const struct wpb_log_reader *reader)
{
    return !reader->has_caught_up;
}

struct wpb_log_seen wpb_log_reader_seen(const struct wpb_log_reader *reader)
{
    struct wpb_log_seen seen = reader->seen;

    seen.lines += reader->look.lines;
    seen.bytes += reader->look.bytes;
    seen.long_lines += reader->look.long_lines;
    seen.skipped_bytes += reader->look.skipped_bytes;
    return seen;
}

int32_t wpb_log_local_offset(int64_t unix_ms)
{
    time_t at = (time_t)(unix_ms / 1000);
    struct tm local;

    return localtime_r(&at, &local) ? (int32_t)local.tm_gmtoff : 0;
}

/* First sight: what the current log lacks of the bytes to read back is in the one before
 * it, when that is not too old. */
static void begin(struct wpb_log_reader *reader, struct wpb_moment now)
{
    struct stat status;
    char before[PATH_BYTES];
    uint64_t size;

    size = stat(reader->path, &status) == 0 ? (uint64_t)status.st_size : 0;
    if (size >= reader->back_bytes)
        return;
    snprintf(before, sizeof before, "%s.1", reader->path);
    if (stat(before, &status) != 0 || !S_ISREG(status.st_mode) ||
        now.unix_ms / 1000 - status.st_mtim.tv_sec > WPB_LOG_BACK_S)
        return;
    reader->before = wpb_follow_new(before);
    if (!reader->before)
        return;
    wpb_follow_for(reader->before, reader->owner);
    wpb_follow_begin_back(reader->before, reader->back_bytes - size);
}

static enum wpb_follow_status look_at(struct wpb_log_reader *reader,
                                      struct wpb_follow *follow,
                                      void (*line)(void *cookie, struct wpb_slice line),
                                      void *cookie, struct wpb_err *err)
{
    static const struct wpb_follow_budget budget = {PORTION_BYTES, PORTION_LINES,
                                                    BEHIND_BYTES};
    enum wpb_follow_status status = WPB_FOLLOW_REFUSED;
    char *buffer = malloc(BUFFER_BYTES);

    if (buffer)
        status = wpb_follow_look(follow, &budget, buffer, BUFFER_BYTES, line, cookie,
                                 &reader->look, err);
    else
        wpb_err_set(err, WPB_E_MEMORY, "requests", "no memory to read %s", reader->path);
    free(buffer);
    reader->seen = wpb_log_reader_seen(reader);
    reader->look = (struct wpb_follow_look){0};
    return status;
}

enum wpb_follow_status
wpb_log_reader_look(struct wpb_log_reader *reader, struct wpb_moment now,
                    void (*line)(void *cookie, struct wpb_slice line), void *cookie,
                    struct wpb_err *err)
{
    enum wpb_follow_status status;

    if (!reader->has_begun) {
        reader->has_begun = true;
        begin(reader, now);
    }
    if (reader->before) {
        /* What is wrong with it is no news: the current one is what counts. */
        status = look_at(reader, reader->before, line, cookie, NULL);
        if (status != WPB_FOLLOW_MORE) {
            wpb_follow_free(reader->before);
            reader->before = NULL;
        }
        return WPB_FOLLOW_MORE;
    }
    status = look_at(reader, reader->follow, line, cookie, err);
    reader->has_caught_up |= status != WPB_FOLLOW_MORE;
    return status;
}
