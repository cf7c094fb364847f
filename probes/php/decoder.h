/*
 * decoder.h - one of the three walkers, chosen by the encoding.
 *
 * Serialize, igbinary and JSON behind the same calls; walk.h says what they mean.
 */
#ifndef WPB_PHP_DECODER_H
#define WPB_PHP_DECODER_H

#include "probes/php/memory.h"

struct wpb_decoder;

/* True when values of ENCODING can be walked; then *DECODER is what PHP reads them
 * with. */
bool wpb_decoder_of(enum wpb_php_encoding encoding, enum wpb_php_decoder *decoder);

/* NULL when memory is out. */
struct wpb_decoder *wpb_decoder_new(enum wpb_php_decoder decoder,
                                    const struct wpb_php_limits *limits,
                                    wpb_php_visit *visit, void *cookie);
void wpb_decoder_free(struct wpb_decoder *decoder);
int wpb_decoder_feed(struct wpb_decoder *decoder, struct wpb_slice chunk,
                     struct wpb_err *err);
/* May call the visitor (JSON). */
int wpb_decoder_finish(struct wpb_decoder *decoder, struct wpb_err *err);
uint64_t wpb_decoder_elements(const struct wpb_decoder *decoder);
uint64_t wpb_decoder_bytes(const struct wpb_decoder *decoder);
/* Names that the value gives by number and that are no longer remembered. */
uint64_t wpb_decoder_unknown(const struct wpb_decoder *decoder);

#endif
