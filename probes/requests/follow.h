/*
 * follow.h - the lines that are added to a log file, while it is rotated, cut and
 * removed.
 *
 * At first sight of a file that is there, reading begins at its end, or as far before it
 * as its owner has asked for. From then on every whole line is handed out once, in order:
 *   rotation      (renamed, a new file in its place) the old file is read to its end,
 * then the new one from its beginning; once more at the next look the old one, for what
 * its writers still added truncation    (copytruncate) begins anew; also when the file
 * has outgrown the old size since, which its first bytes betray; holes of zeros are
 * passed over absence       is told, and when the file comes back it is new partial line
 * at the end waits for its rest long line     longer than the buffer: passed over and
 * counted Bytes are handed out as they are, but for a "\r" before the newline and zeros
 * in front.
 *
 * A look reads at most its budget, so that it never stalls its caller; it reads from
 * disk, so it belongs on a pool's thread, one look at a time. Between looks it holds one
 * open file (two after a rotation) and no buffer: that is the caller's, shared by
 * followers.
 *
 * The place is plain data that can be stored; a follower that is given it back goes on
 * there, or at the beginning when another file stands at the path.
 */
#ifndef WPB_REQUESTS_FOLLOW_H
#define WPB_REQUESTS_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

/* The first bytes of a file, by which it is recognised. */
#define WPB_FOLLOW_HEAD_BYTES 64

struct wpb_follow_place {
    bool is_known;  /* else: not looked yet */
    bool is_absent; /* looked, and there was no file */
    uint64_t device, inode;
    uint64_t offset; /* of the first byte that is not read yet */
    uint64_t head;   /* a hash of the first head_len bytes */
    uint32_t head_len;
    bool is_within_line; /* what comes up to the next newline is passed over */
};

struct wpb_follow_budget {
    size_t bytes, lines; /* at most, in one look; a buffer's worth is always read */
    /* When more than this has piled up, only the newest half of it is read; 0: no limit.
     */
    uint64_t behind_bytes;
};

enum wpb_follow_status {
    WPB_FOLLOW_CAUGHT_UP, /* read to the end */
    WPB_FOLLOW_MORE,      /* the budget was spent: look again soon */
    WPB_FOLLOW_ABSENT,    /* there is no such file */
    WPB_FOLLOW_REFUSED,   /* it may not be read, or is no file: ERR says why */
};

struct wpb_follow_look {
    uint64_t lines, bytes;
    uint64_t long_lines;
    uint64_t skipped_bytes; /* that were too far behind, or a hole */
    unsigned rotations, truncations;
};

struct wpb_follow;

/* Follow PATH (copied). Opens nothing yet. NULL when memory is out. */
struct wpb_follow *wpb_follow_new(const char *path);
void wpb_follow_free(struct wpb_follow *follow);

/* At first sight begin with the first whole line of the last BYTES; before the first
 * look. */
void wpb_follow_begin_back(struct wpb_follow *follow, uint64_t bytes);
/* The path was named by the user OWNER: refuse a file of another one that not everybody
 * may read. (uid_t)-1 and root: read whatever we may. */
void wpb_follow_for(struct wpb_follow *follow, uid_t owner);

/* Go on at PLACE; before the first look. */
void wpb_follow_resume(struct wpb_follow *follow, const struct wpb_follow_place *place);
/* Where it is: valid until the next look. */
const struct wpb_follow_place *wpb_follow_place(const struct wpb_follow *follow);

/* Hand what was added since the last look to LINE, whose slice is valid during the call.
 * SIZE bytes of BUFFER bound the length of a line (64 KiB is plenty). LOOK says what was
 * met. */
enum wpb_follow_status wpb_follow_look(struct wpb_follow *follow,
                                       const struct wpb_follow_budget *budget,
                                       char *buffer, size_t size,
                                       void (*line)(void *cookie, struct wpb_slice line),
                                       void *cookie, struct wpb_follow_look *look,
                                       struct wpb_err *err);

#endif
