#include "probes/php/codec.h"

#include <inttypes.h>
#include <stdlib.h>

#include "probes/php/codec_output.h"

/* A control byte below RUN_MAX begins a run of so many bytes and one; others begin a
 * copy: length in the upper three bits, distance in the lower five and the byte after. */
#define RUN_MAX 32
#define LONG_COPY 7

enum step { CONTROL, RUN, LENGTH, DISTANCE };

struct lzf {
    enum step step;
    size_t run;    /* bytes of it left */
    size_t length; /* of the copy */
    size_t high;   /* of its distance */
    struct wpb_codec_window window;
};

static void *lzf_open(void)
{
    struct lzf *lzf = malloc(sizeof *lzf);
    if (!lzf)
        return NULL;
    lzf->step = CONTROL;
    lzf->window.end = lzf->window.emitted = 0;
    lzf->window.total = 0;
    return lzf;
}

static void begin(struct lzf *lzf, unsigned control)
{
    lzf->run = control + 1;
    lzf->length = (control >> 5) + 2;
    lzf->high = (size_t)(control & 31) << 8;
    lzf->step = control < RUN_MAX ? RUN : control >> 5 == LONG_COPY ? LENGTH : DISTANCE;
}

/* The bytes of a run that CHUNK holds. */
static int take_run(struct lzf *lzf, struct wpb_codec_output *output,
                    struct wpb_slice *chunk, struct wpb_err *err)
{
    struct wpb_slice part = wpb_slice_head(*chunk, lzf->run);

    *chunk = wpb_slice_skip(*chunk, part.len);
    lzf->run -= part.len;
    if (lzf->run == 0)
        lzf->step = CONTROL;
    return wpb_codec_window_put(&lzf->window, output, part, err);
}

static int expand(struct lzf *lzf, struct wpb_codec_output *output,
                  struct wpb_slice chunk, uint64_t at, struct wpb_err *err)
{
    const char *begin_of_chunk = chunk.data;

    while (chunk.len > 0) {
        if (lzf->step == RUN) {
            if (take_run(lzf, output, &chunk, err) != 0)
                return -1;
            continue;
        }
        unsigned byte = (unsigned char)chunk.data[0];
        uint64_t input_at = at + (uint64_t)(chunk.data - begin_of_chunk);
        chunk = wpb_slice_skip(chunk, 1);
        if (lzf->step == CONTROL) {
            begin(lzf, byte);
        } else if (lzf->step == LENGTH) {
            lzf->length += byte;
            lzf->step = DISTANCE;
        } else {
            lzf->step = CONTROL;
            if (wpb_codec_window_copy(&lzf->window, output, (lzf->high | byte) + 1,
                                      lzf->length, input_at, err) != 0)
                return -1;
        }
    }
    return 0;
}

/* What came before a flaw is passed on all the same, whatever the chunks; meeting the
 * cap with it comes first, too. */
static int lzf_feed(void *state, struct wpb_codec_output *output, struct wpb_slice chunk,
                    uint64_t at, struct wpb_err *err)
{
    struct lzf *lzf = state;
    struct wpb_err late;
    int result = expand(lzf, output, chunk, at, err);

    if (wpb_codec_window_flush(&lzf->window, output, &late) == 0)
        return result;
    *err = late;
    return -1;
}

static int lzf_finish(void *state, struct wpb_codec_output *output, uint64_t at,
                      struct wpb_err *err)
{
    const struct lzf *lzf = state;

    if (lzf->step == CONTROL && lzf->window.total > 0)
        return 0;
    return wpb_err_set(err, WPB_E_SYNTAX, "codec",
                       "%s: ends at byte %" PRIu64 " in the middle of a %s", output->name,
                       at, lzf->step == RUN ? "run" : "copy");
}

const struct wpb_codec_kind_ops wpb_codec_lzf_ops = {lzf_open, free, lzf_feed,
                                                     lzf_finish};

size_t wpb_codec_lzf_head(struct wpb_slice stored, unsigned char *out, size_t capacity)
{
    const unsigned char *in = (const unsigned char *)stored.data;
    size_t at = 0, n = 0;

    while (at < stored.len && n < capacity) {
        unsigned control = in[at++];
        if (control < RUN_MAX) {
            for (size_t run = control + 1; run > 0 && at < stored.len && n < capacity;
                 run--)
                out[n++] = in[at++];
            continue;
        }
        size_t length = (control >> 5) + 2;
        if (control >> 5 == LONG_COPY && at < stored.len)
            length += in[at++];
        if (at == stored.len)
            break;
        size_t distance = ((size_t)(control & 31) << 8 | in[at++]) + 1;
        if (distance > n)
            break;
        for (; length > 0 && n < capacity; length--, n++)
            out[n] = out[n - distance];
    }
    return n;
}
