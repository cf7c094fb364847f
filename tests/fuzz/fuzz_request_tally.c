/*
 * Every eight bytes are a request: how its end and the clock move, how long it took, what
 * it tells. Windows come in order of closing, each within its bounds, and every request
 * is in one of them or told as left out.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/requests/request_tally.h"
#include "tests/fuzz/fuzz.h"

#define BEGIN_US INT64_C(1795981440000000)

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void take_window(void *cookie, const struct wpb_request_window *window)
{
    uint64_t *counted = cookie, requests = 0, statuses = 0;

    check(window->start_us % (window->length_s * INT64_C(1000000)) == 0);
    check(window->requests > 0 && window->timed <= window->requests);
    for (size_t i = 0; i < WPB_ROUTES; i++) {
        const struct wpb_request_class *class = &window->classes[i];
        requests += class->requests;
        check(class->timed <= class->requests && class->failed <= class->requests);
        check(class->memory.count <= class->requests);
        check(wpb_memory_histogram_quantile(&class->memory, 0.1) <=
              class->memory.most_bytes);
    }
    for (size_t i = 0; i < 6; i++)
        statuses += window->statuses[i];
    check(requests == window->requests && statuses == window->requests);
    check(window->seen == 0 ||
          (window->seen > 0.999 && window->seen <= window->overlap.most + 1e-6));
    check(window->overlap.busy_s <= window->length_s * (double)WPB_OVERLAP_MAX);
    *counted += window->requests;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t units[] = {1, 1000, 1000000, 60000000};
    uint64_t counted = 0, added = 0;
    int64_t now_us = BEGIN_US, end_us = BEGIN_US;
    struct wpb_request_tally *tally = wpb_request_tally_new(60, take_window, &counted);

    check(tally != NULL);
    for (; size >= 8; size -= 8, data += 8) {
        struct wpb_request_line line = {.known = data[5] | (uint32_t)data[6] << 8};
        uint32_t duration;
        now_us += (int8_t)data[0] * INT64_C(700000);
        end_us = now_us - (int8_t)data[1] * INT64_C(900000);
        memcpy(&duration, data + 2, 3);
        duration &= 0xffffff;
        line.end_us = end_us;
        line.end_unit_us = units[data[7] % 4];
        line.duration_us = line.upstream_us = (uint64_t)duration * (1 + data[7] % 16);
        line.is_upstream = data[7] & 16;
        line.status = data[5] * 4u;
        line.memory_bytes = (uint64_t)duration << (data[7] & 31);
        wpb_request_tally_add(tally, &line, (enum wpb_route)(data[7] % (WPB_ROUTES + 1)),
                              now_us);
        added++;
        if (data[6] & 128)
            wpb_request_tally_advance(tally, now_us);
    }
    wpb_request_tally_finish(tally);
    struct wpb_request_tally_left left = wpb_request_tally_left(tally);
    check(counted + left.late + left.misdated + left.not_php == added);
    wpb_request_tally_free(tally);
    return 0;
}
