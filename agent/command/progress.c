#include "agent/command/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

bool wpb_progress_is_wanted(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* "redis.keyspace  41,200 of 77,726 keys (53 %)  98,000/s  normal, 50 keys a batch
 * ETA 1 s" */
static void add_line(struct wpb_buf *out, const struct wpb_progress *progress)
{
    double per_ms =
        progress->elapsed_ms ? (double)progress->done / (double)progress->elapsed_ms : 0;

    wpb_buf_printf(out, "%s  ", progress->probe);
    wpb_text_count(out, progress->done);
    if (progress->total) {
        wpb_buf_text(out, " of ");
        wpb_text_count(out, progress->total);
    }
    wpb_buf_printf(out, " %s", progress->unit);
    if (per_ms > 0) {
        wpb_buf_text(out, "  ");
        wpb_text_count(out, (uint64_t)(per_ms * 1000));
        wpb_buf_text(out, "/s");
    }
    if (progress->pace)
        wpb_buf_printf(out, "  %s", progress->pace);
    if (per_ms > 0 && progress->total > progress->done) {
        wpb_buf_text(out, "  ETA ");
        wpb_text_ttl(
            out,
            (int64_t)((double)(progress->total - progress->done) / per_ms / 1000) + 1);
    }
}

void wpb_progress_draw(void *cookie, const struct wpb_progress *progress)
{
    struct wpb_buf line;

    (void)cookie;
    wpb_buf_init(&line, 512);
    add_line(&line, progress);
    fprintf(stderr, "\r\x1b[K%.*s", (int)(line.len < 79 ? line.len : 79), line.data);
    fflush(stderr);
    wpb_buf_fini(&line);
}

void wpb_progress_clear(void)
{
    fputs("\r\x1b[K", stderr);
    fflush(stderr);
}
