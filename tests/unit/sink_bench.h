/*
 * sink_bench.h - one sink on a loop of its own, and alerts to send through it.
 */
#ifndef SINK_BENCH_H
#define SINK_BENCH_H

#include <uv.h>

#include "wpbloat/sink.h"

struct sink_bench {
    uv_loop_t loop;
    const struct wpb_sink_type *type;
    void *sink;
    struct wpb_delivery delivery; /* the last */
    unsigned deliveries;
    bool is_waiting, is_closed;
};

/* Open a sink of TYPE; fails the test when that fails. */
void sink_bench_open(struct sink_bench *bench, const struct wpb_sink_type *type,
                     const struct wpb_sink_settings *settings);
/* Send ALERT and run until it is done. */
enum wpb_delivery_status sink_bench_send(struct sink_bench *bench,
                                         const struct wpb_alert *alert);
/* Send ALERT, do not wait. */
void sink_bench_begin(struct sink_bench *bench, const struct wpb_alert *alert);
/* Run until there were so many deliveries since it was opened. */
void sink_bench_wait(struct sink_bench *bench, unsigned deliveries);
/* Run for so long. */
void sink_bench_run_ms(struct sink_bench *bench, uint64_t ms);
void sink_bench_close(struct sink_bench *bench);

/* An alert with BODY: number 1, firing, as if from a lifecycle. */
struct wpb_alert sink_bench_alert(const char *body);

/* Descriptors that this process has open. */
unsigned sink_bench_descriptors(void);

/* A new folder below /tmp, and its end. */
char *sink_bench_folder(void);
void sink_bench_remove_folder(char *folder);

/* The content of PATH, with a NUL; the caller frees it. */
char *sink_bench_read(const char *path);

#endif
