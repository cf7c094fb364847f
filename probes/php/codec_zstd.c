#include "probes/php/codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>

#include "probes/php/codec_output.h"

#define STAGE "codec"
#define OUT_BYTES 65536
static const char magic[] = {0x28, (char)0xb5, 0x2f, (char)0xfd};
/* The head of a frame: magic, descriptor, window, dictionary, content size. */
#define HEAD_MAX 18

struct zstd {
    ZSTD_DStream *stream;
    char head[HEAD_MAX];
    size_t head_len;
    bool has_ended;
    char out[OUT_BYTES];
};

static void zstd_close(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

static void *zstd_open(void)
{
    struct zstd *zstd = malloc(sizeof *zstd);
    int window_log = 0;

    if (!zstd)
        return NULL;
    zstd->head_len = 0;
    zstd->has_ended = false;
    zstd->stream = ZSTD_createDStream();
    while (1u << window_log < WPB_CODEC_WINDOW_MAX)
        window_log++;
    if (!zstd->stream || ZSTD_isError(ZSTD_DCtx_setParameter(
                             zstd->stream, ZSTD_d_windowLogMax, window_log))) {
        zstd_close(zstd);
        return NULL;
    }
    return zstd;
}

/* Remember the head until it says how long the content is. The library would read
 * frames of its own past too, which phpredis does not write. */
static int read_head(struct zstd *zstd, struct wpb_codec_output *output,
                     struct wpb_slice chunk, struct wpb_err *err)
{
    struct wpb_slice part = wpb_slice_head(chunk, HEAD_MAX - zstd->head_len);
    unsigned long long size;

    if (zstd->head_len == HEAD_MAX || output->has_declared)
        return 0;
    memcpy(zstd->head + zstd->head_len, part.data, part.len);
    zstd->head_len += part.len;
    if (memcmp(zstd->head, magic,
               zstd->head_len < sizeof magic ? zstd->head_len : sizeof magic) != 0)
        return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                           "zstd: invalid at byte 0: no frame begins here");
    size = ZSTD_getFrameContentSize(zstd->head, zstd->head_len);
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR) {
        output->declared = size;
        output->has_declared = true;
    }
    return 0;
}

/* zstd's own error codes are not part of its stable interface; its names are. */
static int fail(size_t code, uint64_t at, struct wpb_err *err)
{
    const char *name = ZSTD_getErrorName(code);

    if (strstr(name, "too much memory"))
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "zstd: the frame wants a window of more than %u MiB, refused",
                           WPB_CODEC_WINDOW_MAX >> 20);
    return wpb_err_set(err, WPB_E_SYNTAX, STAGE, "zstd: invalid at byte %" PRIu64 ": %s",
                       at, name);
}

static int zstd_feed(void *state, struct wpb_codec_output *output, struct wpb_slice chunk,
                     uint64_t at, struct wpb_err *err)
{
    struct zstd *zstd = state;
    ZSTD_inBuffer in = {chunk.data, chunk.len, 0};
    bool has_more = true; /* what the library holds back */

    if (read_head(zstd, output, chunk, err) != 0)
        return -1;
    while (in.pos < in.size || has_more) {
        ZSTD_outBuffer out = {zstd->out, sizeof zstd->out, 0};
        if (zstd->has_ended && in.pos < in.size)
            return wpb_err_set(
                err, WPB_E_SYNTAX, STAGE,
                "zstd: invalid at byte %" PRIu64 ": bytes follow the frame", at + in.pos);
        if (zstd->has_ended)
            return 0;
        size_t left = ZSTD_decompressStream(zstd->stream, &out, &in);
        if (ZSTD_isError(left))
            return fail(left, at + in.pos, err);
        zstd->has_ended = left == 0;
        has_more = out.pos == out.size;
        if (wpb_codec_emit(output, wpb_slice_of(out.dst, out.pos), err) != 0)
            return -1;
    }
    return 0;
}

static int zstd_finish(void *state, struct wpb_codec_output *output, uint64_t at,
                       struct wpb_err *err)
{
    const struct zstd *zstd = state;

    if (zstd->has_ended)
        return 0;
    return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                       "zstd: ends at byte %" PRIu64 " after %" PRIu64
                       " expanded bytes, before the frame's end",
                       at, output->produced);
}

const struct wpb_codec_kind_ops wpb_codec_zstd_ops = {zstd_open, zstd_close, zstd_feed,
                                                      zstd_finish};
