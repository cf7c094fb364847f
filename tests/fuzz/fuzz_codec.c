#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "probes/php/codec.h"
#include "tests/fuzz/fuzz.h"

/* The first byte chooses the codec, the second how the value is cut; the rest is the
 * value. Whole and in pieces it must expand alike, and never above the cap. */

#define CAP (1u << 20)

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static int collect(void *cookie, struct wpb_slice chunk)
{
    wpb_buf_slice(cookie, chunk);
    return 0;
}

static int expand(enum wpb_codec_kind kind, struct wpb_slice value, size_t step,
                  struct wpb_buf *out, struct wpb_err *err)
{
    struct wpb_codec *codec = wpb_codec_new(kind, CAP, collect, out, err);
    int result = 0;
    must(codec != NULL);
    for (size_t at = 0; at < value.len && result == 0; at += step) {
        struct wpb_slice part = wpb_slice_head(wpb_slice_skip(value, at), step);
        char *chunk = malloc(part.len); /* a look past the chunk must be seen */
        must(chunk != NULL);
        memcpy(chunk, part.data, part.len);
        result = wpb_codec_feed(codec, wpb_slice_of(chunk, part.len), err);
        free(chunk);
    }
    if (result == 0)
        result = wpb_codec_finish(codec, err);
    must(wpb_codec_produced(codec) == out->len);
    wpb_codec_free(codec);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum wpb_codec_kind kind = (enum wpb_codec_kind)(data[0] % 3);
    struct wpb_slice value = wpb_slice_of(data + 2, size - 2);
    struct wpb_buf whole, cut;
    struct wpb_err a = {0}, b = {0};
    unsigned char head[64];

    if (!wpb_codec_is_built(kind))
        return 0;
    wpb_buf_init(&whole, 0);
    wpb_buf_init(&cut, 0);
    int result = expand(kind, value, value.len + 1, &whole, &a);
    int cut_result = expand(kind, value, 1u + data[1] % 37, &cut, &b);
    must(whole.len <= CAP && cut.len <= CAP);
    must(result == cut_result);
    /* What zstd had passed on when it met a flaw depends on the chunks. */
    if (kind != WPB_CODEC_ZSTD) {
        must(a.code == b.code && strcmp(a.message, b.message) == 0);
        must(wpb_slice_equal(wpb_buf_view(&whole), wpb_buf_view(&cut)));
    }
    if (result == 0)
        must(wpb_slice_equal(wpb_buf_view(&whole), wpb_buf_view(&cut)));
    if (kind == WPB_CODEC_LZF && result == 0)
        must(wpb_codec_lzf_head(value, head, sizeof head) ==
                 (whole.len < sizeof head ? whole.len : sizeof head) &&
             memcmp(head, whole.data,
                    whole.len < sizeof head ? whole.len : sizeof head) == 0);
    wpb_buf_fini(&whole);
    wpb_buf_fini(&cut);
    return 0;
}
