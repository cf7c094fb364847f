/*
 * compressed.h - a compressed value, expanded as it arrives and examined by an examiner
 * of its own. Inside the examiner only, with its rules.
 */
#ifndef WPB_PHP_COMPRESSED_H
#define WPB_PHP_COMPRESSED_H

#include "probes/php/codec.h"
#include "probes/php/examine.h"

struct wpb_compressed;

/* True when ENCODING is a compression; then *KIND is which. */
bool wpb_compressed_of(enum wpb_php_encoding encoding, enum wpb_codec_kind *kind);

/* For a value of STORED_BYTES. NULL with the reason in ERR, as wpb_codec_new(). */
struct wpb_compressed *wpb_compressed_new(enum wpb_codec_kind kind, uint64_t stored_bytes,
                                          uint32_t version,
                                          const struct wpb_php_limits *limits,
                                          struct wpb_err *err);
void wpb_compressed_free(struct wpb_compressed *compressed);
/* As wpb_examiner_sample_names(); 0 for none. */
void wpb_compressed_sample_names(struct wpb_compressed *compressed, size_t count);
/* As wpb_examiner_feed(). */
int wpb_compressed_feed(struct wpb_compressed *compressed, struct wpb_slice chunk);
/* As wpb_examiner_finish(); fills all of RESULT. */
void wpb_compressed_finish(struct wpb_compressed *compressed, struct wpb_arena *arena,
                           struct wpb_examination *result);

#endif
