#include "probes/php/codec.h"

#include <inttypes.h>
#include <stdlib.h>

#include "probes/php/codec_output.h"

#define STAGE "codec"

struct wpb_codec {
    const struct wpb_codec_kind_ops *ops;
    void *state;
    struct wpb_codec_output output;
    uint64_t fed;
    bool has_failed;
    struct wpb_err failure; /* repeated when fed again */
};

static const struct wpb_codec_kind_ops *const kinds[] = {
#ifdef WPB_HAVE_ZSTD
    [WPB_CODEC_ZSTD] = &wpb_codec_zstd_ops,
#endif
    [WPB_CODEC_LZ4] = &wpb_codec_lz4_ops,
    [WPB_CODEC_LZF] = &wpb_codec_lzf_ops,
};

bool wpb_codec_is_built(enum wpb_codec_kind kind)
{
    return kinds[kind] != NULL;
}

const char *wpb_codec_name(enum wpb_codec_kind kind)
{
    static const char *const names[] = {
        [WPB_CODEC_ZSTD] = "zstd", [WPB_CODEC_LZ4] = "lz4", [WPB_CODEC_LZF] = "lzf"};
    return names[kind];
}

struct wpb_codec *wpb_codec_new(enum wpb_codec_kind kind, uint64_t max_bytes,
                                wpb_codec_sink *sink, void *cookie, struct wpb_err *err)
{
    struct wpb_codec *codec;

    if (!wpb_codec_is_built(kind)) {
        wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                    "encoded with %s, this build cannot read it", wpb_codec_name(kind));
        return NULL;
    }
    codec = calloc(1, sizeof *codec);
    if (!codec)
        goto out;
    codec->ops = kinds[kind];
    codec->output = (struct wpb_codec_output){
        .name = wpb_codec_name(kind), .sink = sink, .cookie = cookie, .max = max_bytes};
    codec->state = codec->ops->open();
    if (codec->state)
        return codec;
    free(codec);
out:
    wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    return NULL;
}

void wpb_codec_free(struct wpb_codec *codec)
{
    if (!codec)
        return;
    codec->ops->close(codec->state);
    free(codec);
}

static int fail(struct wpb_codec *codec, struct wpb_err *err)
{
    codec->has_failed = true;
    if (err)
        *err = codec->failure;
    return -1;
}

int wpb_codec_feed(struct wpb_codec *codec, struct wpb_slice chunk, struct wpb_err *err)
{
    uint64_t at = codec->fed;

    if (codec->has_failed)
        return fail(codec, err);
    codec->fed += chunk.len;
    if (chunk.len &&
        codec->ops->feed(codec->state, &codec->output, chunk, at, &codec->failure) != 0)
        return fail(codec, err);
    return 0;
}

int wpb_codec_finish(struct wpb_codec *codec, struct wpb_err *err)
{
    if (codec->has_failed || codec->ops->finish(codec->state, &codec->output, codec->fed,
                                                &codec->failure) != 0)
        return fail(codec, err);
    return 0;
}

uint64_t wpb_codec_produced(const struct wpb_codec *codec)
{
    return codec->output.produced;
}

bool wpb_codec_declared(const struct wpb_codec *codec, uint64_t *bytes)
{
    *bytes = codec->output.declared;
    return codec->output.has_declared;
}

int wpb_codec_emit(struct wpb_codec_output *output, struct wpb_slice chunk,
                   struct wpb_err *err)
{
    uint64_t room = output->max - output->produced;
    struct wpb_slice part =
        chunk.len > room ? wpb_slice_head(chunk, (size_t)room) : chunk;

    output->produced += part.len;
    if (part.len && output->sink(output->cookie, part) != 0)
        return wpb_err_set(err, WPB_E_CANCELLED, STAGE, "%s: stopped", output->name);
    if (part.len == chunk.len)
        return 0;
    return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                       "%s: expands to more than %" PRIu64 " bytes, the rest is refused",
                       output->name, output->max);
}

/* ---- the window ---- */

int wpb_codec_window_flush(struct wpb_codec_window *window,
                           struct wpb_codec_output *output, struct wpb_err *err)
{
    struct wpb_slice fresh =
        wpb_slice_of(window->bytes + window->emitted, window->end - window->emitted);
    window->emitted = window->end;
    return fresh.len ? wpb_codec_emit(output, fresh, err) : 0;
}

/* Room at the end; what falls out is older than any look back. */
static int make_room(struct wpb_codec_window *window, struct wpb_codec_output *output,
                     struct wpb_err *err)
{
    if (window->end < sizeof window->bytes)
        return 0;
    if (wpb_codec_window_flush(window, output, err) != 0)
        return -1;
    memcpy(window->bytes, window->bytes + WPB_CODEC_HISTORY, WPB_CODEC_HISTORY);
    window->end = window->emitted = WPB_CODEC_HISTORY;
    return 0;
}

int wpb_codec_window_put(struct wpb_codec_window *window, struct wpb_codec_output *output,
                         struct wpb_slice bytes, struct wpb_err *err)
{
    while (bytes.len > 0) {
        if (make_room(window, output, err) != 0)
            return -1;
        struct wpb_slice part = wpb_slice_head(bytes, sizeof window->bytes - window->end);
        memcpy(window->bytes + window->end, part.data, part.len);
        window->end += part.len;
        window->total += part.len;
        bytes = wpb_slice_skip(bytes, part.len);
    }
    return 0;
}

int wpb_codec_window_copy(struct wpb_codec_window *window,
                          struct wpb_codec_output *output, size_t distance, uint64_t len,
                          uint64_t input_at, struct wpb_err *err)
{
    if (distance == 0 || distance > window->total)
        return wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                           "%s: invalid at byte %" PRIu64
                           ": refers %zu bytes back after %" PRIu64,
                           output->name, input_at, distance, window->total);
    while (len > 0) {
        if (make_room(window, output, err) != 0)
            return -1;
        unsigned char *to = window->bytes + window->end;
        const unsigned char *from = to - distance;
        size_t room = sizeof window->bytes - window->end;
        size_t part = len < room ? (size_t)len : room;
        if (distance >= part)
            memcpy(to, from, part);
        else
            for (size_t i = 0; i < part; i++)
                to[i] = from[i];
        window->end += part;
        window->total += part;
        len -= part;
    }
    return 0;
}
