#include "probes/php/codec.h"

#include <inttypes.h>
#include <stdlib.h>

#include "probes/php/codec_output.h"

#define STAGE "codec"
#define HEAD_BYTES 5
/* Of the four bits that begin a length: bytes of 255 follow until a smaller one. */
#define MORE 15
#define COPY_MIN 4

enum step { HEAD, TOKEN, RUN_LENGTH, RUN, DISTANCE, COPY_LENGTH };

struct lz4 {
    enum step step;
    unsigned char head[HEAD_BYTES];
    size_t head_len;
    uint64_t run;  /* bytes of it left */
    uint64_t copy; /* its length */
    size_t distance;
    bool has_low; /* the first byte of the distance */
    struct wpb_codec_window window;
};

unsigned wpb_codec_lz4_check(const unsigned char *length)
{
    unsigned crc = 0xff;
    for (size_t i = 0; i < 4; i++) {
        crc ^= length[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x80 ? crc << 1 ^ 0x31 : crc << 1) & 0xff;
    }
    return crc;
}

static void *lz4_open(void)
{
    struct lz4 *lz4 = malloc(sizeof *lz4);
    if (!lz4)
        return NULL;
    lz4->step = HEAD;
    lz4->head_len = 0;
    lz4->window.end = lz4->window.emitted = 0;
    lz4->window.total = 0;
    return lz4;
}

static int take_head(struct lz4 *lz4, struct wpb_codec_output *output, unsigned byte,
                     struct wpb_err *err)
{
    lz4->head[lz4->head_len++] = (unsigned char)byte;
    if (lz4->head_len < HEAD_BYTES)
        return 0;
    if (wpb_codec_lz4_check(lz4->head + 1) != lz4->head[0])
        return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                           "lz4: invalid at byte 0: the check byte is not that of the "
                           "length");
    for (size_t i = HEAD_BYTES - 1; i > 0; i--)
        output->declared = output->declared << 8 | lz4->head[i];
    output->has_declared = true;
    lz4->step = TOKEN;
    return 0;
}

/* LEN more bytes would come out. */
static int check_length(const struct lz4 *lz4, const struct wpb_codec_output *output,
                        uint64_t len, uint64_t input_at, struct wpb_err *err)
{
    if (len <= output->declared - lz4->window.total)
        return 0;
    return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                       "lz4: invalid at byte %" PRIu64
                       ": expands to more than the %" PRIu64 " bytes it declares",
                       input_at, output->declared);
}

static int copy(struct lz4 *lz4, struct wpb_codec_output *output, uint64_t input_at,
                struct wpb_err *err)
{
    lz4->step = TOKEN;
    if (check_length(lz4, output, lz4->copy, input_at, err) != 0)
        return -1;
    return wpb_codec_window_copy(&lz4->window, output, lz4->distance, lz4->copy, input_at,
                                 err);
}

static int take_run(struct lz4 *lz4, struct wpb_codec_output *output,
                    struct wpb_slice *chunk, struct wpb_err *err)
{
    struct wpb_slice part =
        lz4->run < chunk->len ? wpb_slice_head(*chunk, (size_t)lz4->run) : *chunk;

    *chunk = wpb_slice_skip(*chunk, part.len);
    lz4->run -= part.len;
    if (lz4->run == 0)
        lz4->step = DISTANCE;
    return wpb_codec_window_put(&lz4->window, output, part, err);
}

/* The length of a run is known. */
static int begin_run(struct lz4 *lz4, const struct wpb_codec_output *output,
                     uint64_t input_at, struct wpb_err *err)
{
    lz4->step = lz4->run ? RUN : DISTANCE;
    lz4->has_low = false;
    return check_length(lz4, output, lz4->run, input_at, err);
}

static int take_byte(struct lz4 *lz4, struct wpb_codec_output *output, unsigned byte,
                     uint64_t input_at, struct wpb_err *err)
{
    switch (lz4->step) {
    case HEAD:
        return take_head(lz4, output, byte, err);
    case TOKEN:
        lz4->run = byte >> 4;
        lz4->copy = (byte & MORE) + COPY_MIN;
        lz4->step = RUN_LENGTH;
        return lz4->run == MORE ? 0 : begin_run(lz4, output, input_at, err);
    case RUN_LENGTH:
        lz4->run += byte;
        return byte == 255 ? check_length(lz4, output, lz4->run, input_at, err)
                           : begin_run(lz4, output, input_at, err);
    case DISTANCE:
        lz4->distance = lz4->has_low ? lz4->distance | (size_t)byte << 8 : byte;
        if (!lz4->has_low) {
            lz4->has_low = true;
            return 0;
        }
        lz4->step = COPY_LENGTH;
        return lz4->copy == MORE + COPY_MIN ? 0 : copy(lz4, output, input_at, err);
    default: /* COPY_LENGTH */
        lz4->copy += byte;
        return byte == 255 ? check_length(lz4, output, lz4->copy, input_at, err)
                           : copy(lz4, output, input_at, err);
    }
}

static int expand(struct lz4 *lz4, struct wpb_codec_output *output,
                  struct wpb_slice chunk, uint64_t at, struct wpb_err *err)
{
    const char *begin = chunk.data;

    while (chunk.len > 0) {
        if (lz4->step == RUN) {
            if (take_run(lz4, output, &chunk, err) != 0)
                return -1;
            continue;
        }
        unsigned byte = (unsigned char)chunk.data[0];
        uint64_t input_at = at + (uint64_t)(chunk.data - begin);
        chunk = wpb_slice_skip(chunk, 1);
        if (take_byte(lz4, output, byte, input_at, err) != 0)
            return -1;
    }
    return 0;
}

/* What came before a flaw is passed on all the same, whatever the chunks; meeting the
 * cap with it comes first, too. */
static int lz4_feed(void *state, struct wpb_codec_output *output, struct wpb_slice chunk,
                    uint64_t at, struct wpb_err *err)
{
    struct lz4 *lz4 = state;
    struct wpb_err late;
    int result = expand(lz4, output, chunk, at, err);

    if (wpb_codec_window_flush(&lz4->window, output, &late) == 0)
        return result;
    *err = late;
    return -1;
}

/* A block ends with a run. */
static int lz4_finish(void *state, struct wpb_codec_output *output, uint64_t at,
                      struct wpb_err *err)
{
    const struct lz4 *lz4 = state;

    if (lz4->step != DISTANCE || lz4->has_low)
        return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                           "lz4: ends at byte %" PRIu64 " in the middle of a sequence",
                           at);
    if (lz4->window.total != output->declared)
        return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                           "lz4: expands to %" PRIu64 " of the %" PRIu64
                           " bytes it declares",
                           lz4->window.total, output->declared);
    return 0;
}

const struct wpb_codec_kind_ops wpb_codec_lz4_ops = {lz4_open, free, lz4_feed,
                                                     lz4_finish};
