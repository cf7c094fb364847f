/*
 * codec_output.h - what the codecs share: the way out, and the window that lz4 and lzf
 * copy from. Inside probes/php only.
 */
#ifndef WPB_PHP_CODEC_OUTPUT_H
#define WPB_PHP_CODEC_OUTPUT_H

#include "probes/php/codec.h"

/* Where expanded bytes go, and how many may. */
struct wpb_codec_output {
    const char *name;
    wpb_codec_sink *sink;
    void *cookie;
    uint64_t max, produced;
    bool has_declared;
    uint64_t declared;
};

/* Pass CHUNK on, as much of it as the cap allows. */
int wpb_codec_emit(struct wpb_codec_output *output, struct wpb_slice chunk,
                   struct wpb_err *err);

/* lz4 looks back 65,535 bytes, lzf 8,192. */
#define WPB_CODEC_HISTORY 65536

/* History, then room for what has not been passed on yet. */
struct wpb_codec_window {
    unsigned char bytes[2 * WPB_CODEC_HISTORY];
    size_t end, emitted;
    uint64_t total; /* ever put in */
};

/* Append BYTES, or LEN bytes from DISTANCE back (which may overlap what is being
 * written). Copying from before the beginning is WPB_E_SYNTAX, with INPUT_AT in the
 * message. */
int wpb_codec_window_put(struct wpb_codec_window *window, struct wpb_codec_output *output,
                         struct wpb_slice bytes, struct wpb_err *err);
int wpb_codec_window_copy(struct wpb_codec_window *window,
                          struct wpb_codec_output *output, size_t distance, uint64_t len,
                          uint64_t input_at, struct wpb_err *err);
/* Pass on what is there. */
int wpb_codec_window_flush(struct wpb_codec_window *window,
                           struct wpb_codec_output *output, struct wpb_err *err);

/* One codec: its state and what it does with a chunk that begins at byte AT of the
 * stored value. */
struct wpb_codec_kind_ops {
    void *(*open)(void);
    void (*close)(void *state);
    int (*feed)(void *state, struct wpb_codec_output *output, struct wpb_slice chunk,
                uint64_t at, struct wpb_err *err);
    int (*finish)(void *state, struct wpb_codec_output *output, uint64_t at,
                  struct wpb_err *err);
};

#ifdef WPB_HAVE_ZSTD
extern const struct wpb_codec_kind_ops wpb_codec_zstd_ops;
#endif
extern const struct wpb_codec_kind_ops wpb_codec_lz4_ops;
extern const struct wpb_codec_kind_ops wpb_codec_lzf_ops;

#endif
