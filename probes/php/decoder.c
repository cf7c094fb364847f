#include "probes/php/decoder.h"

#include <stdlib.h>

#include "probes/php/igbinary.h"
#include "probes/php/json.h"

struct wpb_decoder {
    enum wpb_php_decoder kind;
    struct wpb_php_walker *serialize;
    struct wpb_php_igbinary *igbinary;
    struct wpb_php_json *json;
};

bool wpb_decoder_of(enum wpb_php_encoding encoding, enum wpb_php_decoder *decoder)
{
    switch (encoding) {
    case WPB_PHP_SERIALIZE:
        *decoder = WPB_PHP_UNSERIALIZE;
        return true;
    case WPB_PHP_IGBINARY:
        *decoder = WPB_PHP_IGBINARY_UNSERIALIZE;
        return true;
    case WPB_PHP_JSON:
        *decoder = WPB_PHP_JSON_DECODE;
        return true;
    default:
        return false;
    }
}

struct wpb_decoder *wpb_decoder_new(enum wpb_php_decoder kind,
                                    const struct wpb_php_limits *limits,
                                    wpb_php_visit *visit, void *cookie)
{
    struct wpb_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return NULL;
    decoder->kind = kind;
    switch (kind) {
    case WPB_PHP_UNSERIALIZE:
        decoder->serialize = wpb_php_walker_new(limits, visit, cookie);
        break;
    case WPB_PHP_IGBINARY_UNSERIALIZE:
        decoder->igbinary = wpb_php_igbinary_new(limits, visit, cookie);
        break;
    case WPB_PHP_JSON_DECODE:
        decoder->json = wpb_php_json_new(limits, visit, cookie);
        break;
    }
    if (decoder->serialize || decoder->igbinary || decoder->json)
        return decoder;
    free(decoder);
    return NULL;
}

void wpb_decoder_free(struct wpb_decoder *decoder)
{
    if (!decoder)
        return;
    wpb_php_walker_free(decoder->serialize);
    wpb_php_igbinary_free(decoder->igbinary);
    wpb_php_json_free(decoder->json);
    free(decoder);
}

int wpb_decoder_feed(struct wpb_decoder *decoder, struct wpb_slice chunk,
                     struct wpb_err *err)
{
    switch (decoder->kind) {
    case WPB_PHP_IGBINARY_UNSERIALIZE:
        return wpb_php_igbinary_feed(decoder->igbinary, chunk, err);
    case WPB_PHP_JSON_DECODE:
        return wpb_php_json_feed(decoder->json, chunk, err);
    default:
        return wpb_php_walker_feed(decoder->serialize, chunk, err);
    }
}

int wpb_decoder_finish(struct wpb_decoder *decoder, struct wpb_err *err)
{
    switch (decoder->kind) {
    case WPB_PHP_IGBINARY_UNSERIALIZE:
        return wpb_php_igbinary_finish(decoder->igbinary, err);
    case WPB_PHP_JSON_DECODE:
        return wpb_php_json_finish(decoder->json, err);
    default:
        return wpb_php_walker_finish(decoder->serialize, err);
    }
}

uint64_t wpb_decoder_elements(const struct wpb_decoder *decoder)
{
    switch (decoder->kind) {
    case WPB_PHP_IGBINARY_UNSERIALIZE:
        return wpb_php_igbinary_elements(decoder->igbinary);
    case WPB_PHP_JSON_DECODE:
        return wpb_php_json_elements(decoder->json);
    default:
        return wpb_php_walker_elements(decoder->serialize);
    }
}

uint64_t wpb_decoder_bytes(const struct wpb_decoder *decoder)
{
    switch (decoder->kind) {
    case WPB_PHP_IGBINARY_UNSERIALIZE:
        return wpb_php_igbinary_bytes(decoder->igbinary);
    case WPB_PHP_JSON_DECODE:
        return wpb_php_json_bytes(decoder->json);
    default:
        return wpb_php_walker_bytes(decoder->serialize);
    }
}

uint64_t wpb_decoder_unknown(const struct wpb_decoder *decoder)
{
    return decoder->igbinary ? wpb_php_igbinary_unknown(decoder->igbinary) : 0;
}
