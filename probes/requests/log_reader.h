/*
 * log_reader.h - a log that is followed (follow.h) and, at first sight, read back: of
 * what is there already the last bytes, those of the log before it (PATH.1) first, so
 * that a single look has a day to tell of. In portions that end soon, and with a buffer
 * of its own only while it looks.
 *
 * Reads from disk: a pool's thread, one look at a time.
 */
#ifndef WPB_REQUESTS_LOG_READER_H
#define WPB_REQUESTS_LOG_READER_H

#include "agent/base/clock.h"
#include "probes/requests/follow.h"

/* How far back a log is of interest. */
#define WPB_LOG_BACK_S (24 * 3600)

struct wpb_log_reader;

/* Since the reader was made. */
struct wpb_log_seen {
    uint64_t lines, bytes;
    uint64_t long_lines;
    uint64_t skipped_bytes;
};

/* Read PATH, which OWNER has named (follow.h), from BACK_BYTES before its end on. NULL
 * when memory is out. */
struct wpb_log_reader *wpb_log_reader_new(const char *path, uid_t owner,
                                          uint64_t back_bytes);
void wpb_log_reader_free(struct wpb_log_reader *reader);

/* Hand the lines of one portion to LINE. WPB_FOLLOW_MORE: look again soon. */
enum wpb_follow_status
wpb_log_reader_look(struct wpb_log_reader *reader, struct wpb_moment now,
                    void (*line)(void *cookie, struct wpb_slice line), void *cookie,
                    struct wpb_err *err);

/* As far as it is now, also during a look: bytes that were passed over count before the
 * first line behind them. */
struct wpb_log_seen wpb_log_reader_seen(const struct wpb_log_reader *reader);
/* Are the lines of this look from before the first one? */
bool wpb_log_reader_is_back(const struct wpb_log_reader *reader);
const char *wpb_log_reader_path(const struct wpb_log_reader *reader);

/* Local time minus UTC at UNIX_MS, for lines that do not tell their zone. */
int32_t wpb_log_local_offset(int64_t unix_ms);

#endif
