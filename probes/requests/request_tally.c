#include "probes/requests/request_tally.h"

#include <stdlib.h>

#define SECOND_US INT64_C(1000000)
/* Clocks of hosts that share a log, and the second that FPM's clock resolves. */
#define AHEAD_US (5 * SECOND_US)

struct slot {
    bool is_open;
    struct wpb_request_window window;
};

struct wpb_request_tally {
    uint32_t length_s;
    void (*closed)(void *cookie, const struct wpb_request_window *);
    void *cookie;
    struct wpb_overlap *overlap;
    int64_t closed_until_us; /* windows that begin earlier have been handed out */
    struct wpb_request_tally_left left;
    /* The newest window, and the one before it until its grace is over. */
    struct slot slots[2];
    size_t newest; /* of slots */
};

struct wpb_request_tally *
wpb_request_tally_new(uint32_t length_s,
                      void (*closed)(void *cookie, const struct wpb_request_window *),
                      void *cookie)
{
    struct wpb_request_tally *tally = calloc(1, sizeof *tally);

    if (!tally)
        return NULL;
    tally->length_s = length_s ? length_s : WPB_TALLY_WINDOW_S;
    tally->closed = closed;
    tally->cookie = cookie;
    tally->closed_until_us = INT64_MIN;
    tally->overlap = wpb_overlap_new();
    if (!tally->overlap) {
        free(tally);
        return NULL;
    }
    return tally;
}

void wpb_request_tally_free(struct wpb_request_tally *tally)
{
    if (!tally)
        return;
    wpb_overlap_free(tally->overlap);
    free(tally);
}

struct wpb_request_tally_left
wpb_request_tally_left(const struct wpb_request_tally *tally)
{
    return tally->left;
}

/* ---- windows ---- */

static int64_t length_us(const struct wpb_request_tally *tally)
{
    return tally->length_s * SECOND_US;
}

static struct slot *newest(struct wpb_request_tally *tally)
{
    return &tally->slots[tally->newest];
}

static struct slot *older(struct wpb_request_tally *tally)
{
    return &tally->slots[1 - tally->newest];
}

static void open_window(const struct wpb_request_tally *tally, struct slot *slot,
                        int64_t start_us)
{
    memset(slot, 0, sizeof *slot);
    slot->is_open = true;
    slot->window.start_us = start_us;
    slot->window.length_s = tally->length_s;
}

static void close_window(struct wpb_request_tally *tally, struct slot *slot)
{
    struct wpb_request_window *window = &slot->window;
    int64_t until_us = window->start_us + length_us(tally);

    if (!slot->is_open)
        return;
    slot->is_open = false;
    tally->closed_until_us = until_us;
    if (wpb_overlap_sweep(tally->overlap, window->start_us, until_us, &window->overlap) &&
        window->overlap.is_complete && window->overlap.is_resolved &&
        window->overlap.busy_s > 0)
        window->seen = window->overlap.busy_squared_s / window->overlap.busy_s;
    wpb_overlap_forget(tally->overlap, until_us);
    tally->closed(tally->cookie, window);
}

void wpb_request_tally_finish(struct wpb_request_tally *tally)
{
    close_window(tally, older(tally));
    close_window(tally, newest(tally));
}

/* Nothing that is open or was handed out lies ahead of NOW_US, but when the clock has
 * been set back: then time begins anew. */
static void follow_clock(struct wpb_request_tally *tally, int64_t now_us)
{
    const struct slot *slot = newest(tally);

    if (slot->is_open && slot->window.start_us > now_us + AHEAD_US)
        wpb_request_tally_finish(tally);
    if (tally->closed_until_us > now_us + AHEAD_US) {
        wpb_request_tally_finish(tally);
        tally->closed_until_us = INT64_MIN;
    }
}

void wpb_request_tally_advance(struct wpb_request_tally *tally, int64_t now_us)
{
    int64_t over_us = now_us - WPB_TALLY_GRACE_S * SECOND_US - length_us(tally);

    follow_clock(tally, now_us);
    if (older(tally)->is_open && older(tally)->window.start_us <= over_us)
        close_window(tally, older(tally));
    if (newest(tally)->is_open && newest(tally)->window.start_us <= over_us)
        wpb_request_tally_finish(tally);
}

/* Make the window that begins at START_US the newest. */
static void move_on(struct wpb_request_tally *tally, int64_t start_us)
{
    close_window(tally, older(tally));
    if (newest(tally)->is_open &&
        newest(tally)->window.start_us != start_us - length_us(tally))
        close_window(tally, newest(tally));
    tally->newest = 1 - tally->newest;
    open_window(tally, newest(tally), start_us);
}

/* The open window that END_US lies in; NULL when it is over. */
static struct wpb_request_window *window_at(struct wpb_request_tally *tally,
                                            int64_t end_us)
{
    int64_t start_us = end_us - end_us % length_us(tally);

    if (start_us < tally->closed_until_us)
        return NULL;
    if (!newest(tally)->is_open || start_us > newest(tally)->window.start_us)
        move_on(tally, start_us);
    if (start_us == newest(tally)->window.start_us)
        return &newest(tally)->window;
    if (start_us != newest(tally)->window.start_us - length_us(tally))
        return NULL;
    if (!older(tally)->is_open)
        open_window(tally, older(tally), start_us);
    return &older(tally)->window;
}

/* ---- requests ---- */

static void count_duration(struct wpb_request_window *window,
                           struct wpb_request_class *class, double seconds)
{
    window->timed++;
    window->busy_s += seconds;
    class->timed++;
    class->busy_s += seconds;
    class->busy_squared_s2 += seconds * seconds;
}

static void count(struct wpb_request_window *window,
                  const struct wpb_request_line *request, struct wpb_request_class *class)
{
    bool has_status = request->known & WPB_LINE_STATUS;
    unsigned digit = has_status ? request->status / 100 : 0;

    window->requests++;
    window->statuses[digit < 6 ? digit : 0]++;
    class->requests++;
    if (has_status && request->status >= 500)
        class->failed++;
    if (request->known & WPB_LINE_CPU) {
        class->with_cpu++;
        class->cpu_s += (double)request->cpu_us / 1e6;
        class->cpu_busy_s += (double)request->duration_us / 1e6;
    }
    if (request->known & WPB_LINE_QUERIES) {
        class->with_queries++;
        class->queries += request->queries;
    }
    if (request->known & WPB_LINE_MEMORY)
        wpb_memory_histogram_add(&class->memory, request->memory_bytes);
}

void wpb_request_tally_add(struct wpb_request_tally *tally,
                           const struct wpb_request_line *request, enum wpb_route route,
                           int64_t now_us)
{
    bool is_dated = request->known & WPB_LINE_END;
    int64_t end_us = is_dated ? request->end_us : now_us;
    uint32_t unit_us = is_dated ? request->end_unit_us : WPB_OVERLAP_UNIT_MAX_US;
    bool is_web = request->known & WPB_LINE_UPSTREAM;
    uint64_t duration_us = is_web ? request->upstream_us : request->duration_us;

    if (is_web && !request->is_upstream) {
        tally->left.not_php++;
        return;
    }
    if (end_us > now_us + AHEAD_US || end_us < 0) {
        tally->left.misdated++;
        return;
    }
    follow_clock(tally, now_us);
    struct wpb_request_window *window = window_at(tally, end_us);
    if (!window) {
        tally->left.late++;
        return;
    }
    struct wpb_request_class *class =
        &window->classes[route < WPB_ROUTES ? route : WPB_ROUTE_OTHER];
    if (unit_us > window->end_unit_us)
        window->end_unit_us = unit_us;
    count(window, request, class);
    if (is_web || request->known & WPB_LINE_DURATION) {
        count_duration(window, class, (double)duration_us / 1e6);
        wpb_overlap_add(tally->overlap, end_us, duration_us, unit_us);
    }
    if (older(tally)->is_open &&
        end_us >= newest(tally)->window.start_us + WPB_TALLY_GRACE_S * SECOND_US)
        close_window(tally, older(tally));
}
