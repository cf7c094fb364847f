/*
 * walker.h - inside of the walker: its state between two bytes.
 *
 * Shared by walk.c (the grammar, one byte after the other, so that any chunk
 * boundary is harmless), walk_steps.c and walk_float.c (what each state does) and
 * walk_run.c (the same pairs of an array or object, read at once when a chunk
 * holds them whole).
 */
#ifndef WPB_PHP_WALKER_H
#define WPB_PHP_WALKER_H

#include "probes/php/walk.h"

#define WPB_PHP_DEFAULT_MAX_BYTES (UINT64_C(1) << 30)
#define WPB_PHP_DEFAULT_MAX_ELEMENTS UINT64_C(100000000)
#define WPB_PHP_DEFAULT_MAX_DEPTH 4096

/* PHP's HT_MAX_SIZE on 64 bits: an array cannot declare as many elements. */
#define WPB_PHP_COUNT_END (UINT64_C(1) << 30)
/* Frames allocated at first; doubled as real input needs more. */
#define WPB_PHP_FRAMES_FIRST 16

/* What the next byte must be. */
enum wpb_walk_state {
    WPB_WALK_VALUE,
    WPB_WALK_KEY,
    WPB_WALK_CLOSE,
    WPB_WALK_COLON,
    WPB_WALK_BOOL,
    WPB_WALK_INT_SIGN,
    WPB_WALK_INT_FIRST,
    WPB_WALK_INT,
    WPB_WALK_FLOAT,
    WPB_WALK_LENGTH_FIRST,
    WPB_WALK_LENGTH,
    WPB_WALK_QUOTE,
    WPB_WALK_BODY,
    WPB_WALK_ESCAPED,
    WPB_WALK_HEX_FIRST,
    WPB_WALK_HEX_SECOND,
    WPB_WALK_BODY_END,
    WPB_WALK_SEMICOLON,
    WPB_WALK_CLASS_COLON,
    WPB_WALK_COUNT_SIGN,
    WPB_WALK_COUNT,
    WPB_WALK_OPEN,
    WPB_WALK_PAYLOAD,
    WPB_WALK_PAYLOAD_END,
    WPB_WALK_DONE,
    WPB_WALK_STATES
};

/* How the element that is being read is called by its parent. */
struct wpb_walk_key {
    bool is_present;
    bool is_int;
    int64_t number;
    uint64_t len;  /* of a string key, whole */
    uint32_t kept; /* of it, in the walker's key_text or in names */
};

/* One open array or object. */
struct wpb_walk_frame {
    uint64_t offset;    /* where its value begins */
    uint64_t count;     /* declared */
    uint64_t left;      /* not yet read */
    uint64_t class_len; /* whole */
    struct wpb_walk_key key;
    uint32_t class_kept;
    size_t names; /* where its key and class name begin in the walker's names */
    enum wpb_php_type type;
    bool has_properties; /* of a class other than stdClass */
};

struct wpb_php_walker {
    enum wpb_walk_state state;
    char tag;     /* the type byte of the token being read */
    bool in_key;  /* ... which is a key */
    uint8_t part; /* of a float: how far its grammar has come */
    bool is_negative;
    bool has_colon;  /* an enum's name has one */
    uint8_t hex;     /* first digit of an escape */
    bool has_custom; /* a C: was met, so that references cannot be checked */
    uint64_t number; /* length, count, reference or absolute integer */
    uint64_t number_offset;
    uint64_t left;     /* bytes of a body not yet read */
    uint64_t text_len; /* whole length of the text in `text` */
    uint32_t text_kept;
    uint64_t value_offset;
    struct wpb_walk_key key;

    uint32_t depth; /* open frames */
    uint32_t frame_capacity;
    struct wpb_walk_frame *frames;
    char *names; /* keys and class names of the open frames */
    size_t names_len, names_capacity;

    uint64_t elements;
    uint64_t hard_references; /* R: takes no number of its own */
    uint64_t base;            /* stream offset of the chunk's first byte */
    const char *chunk;
    struct wpb_php_limits limits;
    wpb_php_visit *visit;
    void *cookie;
    struct wpb_php_event event;
    bool has_failed;
    uint64_t failed_at;
    struct wpb_err err;
    char key_text[WPB_PHP_KEY_MAX];
    char text[WPB_PHP_KEY_MAX]; /* class or enum name */
};

/* A step reads one byte or more from P (P < END) and returns where the next one
 * begins, or NULL after a failure. */
typedef const char *wpb_walk_step(struct wpb_php_walker *walker, const char *p,
                                  const char *end);

struct wpb_walk_row {
    wpb_walk_step *step;
    const char *expected;
};
/* By state. */
extern const struct wpb_walk_row wpb_walk_rows[WPB_WALK_STATES];

static inline uint64_t wpb_walk_position(const struct wpb_php_walker *walker,
                                         const char *p)
{
    return walker->base + (uint64_t)(p - walker->chunk);
}

/* End the walk: NULL, with the walker's sticky error saying "invalid at byte
 * OFFSET: expected EXPECTED". */
const char *wpb_walk_invalid(struct wpb_php_walker *walker, uint64_t offset,
                             const char *expected);
/* The same for a limit: "stopped at byte OFFSET: WHY". */
const char *wpb_walk_stop(struct wpb_php_walker *walker, enum wpb_err_code code,
                          uint64_t offset, const char *why, uint64_t limit);

/* Open a frame for the array or object that was declared; report it. */
int wpb_walk_enter(struct wpb_php_walker *walker, enum wpb_php_type type,
                   uint64_t offset);
/* Close the innermost frame, which ends before OFFSET; report it. */
int wpb_walk_leave(struct wpb_php_walker *walker, uint64_t offset);
/* Report a value without children, which ends before OFFSET. */
int wpb_walk_leaf(struct wpb_php_walker *walker, enum wpb_php_type type, uint64_t length,
                  uint64_t offset);

/* How far the grammar of a float has come: where it begins, and where BYTE leads. */
#define WPB_WALK_FLOAT_START 0
#define WPB_WALK_FLOAT_WRONG 255
uint8_t wpb_walk_float(uint8_t part, char byte);
bool wpb_walk_float_is_complete(uint8_t part);

/* In state WPB_WALK_KEY: read as many whole pairs as the chunk holds. Returns P
 * itself when there is none; the steps go on from there. NULL after a failure. */
const char *wpb_walk_run(struct wpb_php_walker *walker, const char *p, const char *end);

#endif
