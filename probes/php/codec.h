/*
 * codec.h - what phpredis has compressed, expanded as it arrives.
 *
 * Feed the stored bytes in chunks of any size; the expanded bytes come in chunks to a
 * sink. Never more than the cap comes out, whatever the input claims, and nothing is
 * allocated by a length that the input declares: a zstd frame may ask for a window of
 * WPB_CODEC_WINDOW_MAX at most, lz4 and lzf look back 64 KiB at most. Framings as
 * phpredis 5.3 and 6 write them (library.c, redis_compress()):
 *
 *   zstd = one frame
 *   lz4  = check:8 length:32le block     check is a crc8 of the length's four bytes
 *   lzf  = (run | copy)*                 no head; the expanded length is not stored
 *
 * zstd needs libzstd, which a build may lack; lz4 blocks and lzf are read here, because
 * their libraries want the whole input and the whole output in memory. Pure; one thread
 * at a time, may move between two feeds.
 */
#ifndef WPB_PHP_CODEC_H
#define WPB_PHP_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

/* zstd's own recommendation for readers; its levels up to 19 stay within. */
#define WPB_CODEC_WINDOW_MAX (8u << 20)

enum wpb_codec_kind { WPB_CODEC_ZSTD, WPB_CODEC_LZ4, WPB_CODEC_LZF };

/* Return 0 to go on, anything else to stop (WPB_E_CANCELLED). CHUNK is valid during
 * the call. */
typedef int wpb_codec_sink(void *cookie, struct wpb_slice chunk);

struct wpb_codec;

/* Can this build expand KIND? */
bool wpb_codec_is_built(enum wpb_codec_kind kind);
/* "zstd", "lz4", "lzf"; static. */
const char *wpb_codec_name(enum wpb_codec_kind kind);

/* A codec that lets at most MAX_BYTES out. NULL with WPB_E_UNSUPPORTED when the build
 * lacks it ("encoded with zstd, this build cannot read it"), or WPB_E_MEMORY. */
struct wpb_codec *wpb_codec_new(enum wpb_codec_kind kind, uint64_t max_bytes,
                                wpb_codec_sink *sink, void *cookie, struct wpb_err *err);
void wpb_codec_free(struct wpb_codec *codec);

/* Expand a further CHUNK; all that it yields has been passed on at return. On -1 err
 * says "lz4: invalid at byte N: ..." (WPB_E_SYNTAX; N counts stored bytes), that the
 * cap was met after MAX_BYTES were passed on, or that the window is too large
 * (WPB_E_BUDGET), or WPB_E_CANCELLED; the codec accepts nothing more. */
int wpb_codec_feed(struct wpb_codec *codec, struct wpb_slice chunk, struct wpb_err *err);
/* No more input: -1 when the stored bytes end too early. */
int wpb_codec_finish(struct wpb_codec *codec, struct wpb_err *err);

/* Bytes passed on so far. */
uint64_t wpb_codec_produced(const struct wpb_codec *codec);
/* The expanded length that the head declares; false when none was seen. */
bool wpb_codec_declared(const struct wpb_codec *codec, uint64_t *bytes);

/* The check byte that phpredis puts before an lz4 LENGTH (four bytes). */
unsigned wpb_codec_lz4_check(const unsigned char *length);

/* The first bytes of the lzf stream STORED, expanded: at most CAPACITY, fewer when it
 * is shorter or malformed. Returns how many. */
size_t wpb_codec_lzf_head(struct wpb_slice stored, unsigned char *out, size_t capacity);

#endif
