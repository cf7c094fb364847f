/*
 * sink.h - where alerts go: what a kind of receiver is, and how a delivery ends.
 *
 * A sink sends one state of one alert when asked and says how that went; when to send,
 * what to send again and what to give up is the pump's business (agent/alert/pump.h).
 * Everything happens on the loop's thread; nothing here may block it.
 */
#ifndef WPBLOAT_SINK_H
#define WPBLOAT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/alert.h"
#include "wpbloat/err.h"

struct uv_loop_s;

/* What a [sink NAME] says, with its secrets read. Texts are NULL when not set and live as
 * long as the sink. */
struct wpb_sink_settings {
    const char *name;        /* "webhook pager" */
    const char *path;        /* file */
    const char *const *urls; /* webhook: one; alertmanager: every peer */
    size_t url_count;
    const char *secret; /* webhook: signs; never printed */
    const char *ca_file, *cert_file, *key_file;
    const char *const *labels; /* alertmanager: "name=value", beside our own */
    size_t label_count;
    bool is_cloudevents;
    uint64_t timeout_ms; /* of one attempt, connecting included */
    uint64_t resend_ms;  /* alertmanager: how often what fires is told again */
};

enum wpb_delivery_status {
    WPB_DELIVERED,
    WPB_DELIVERY_FAILED,   /* worth another try, not before `retry_after_ms` */
    WPB_DELIVERY_REJECTED, /* the receiver will never take it: a dead letter */
};

struct wpb_delivery {
    enum wpb_delivery_status status;
    int64_t retry_after_ms; /* as the receiver asked; -1: it did not */
    char detail[256];       /* for the log and --test-alert: what was tried, on what host,
                               what came back; no secret, no path of a URL */
};

/* Called once, from a later turn of the loop. */
typedef void wpb_sink_done(void *cookie, const struct wpb_delivery *delivery);

struct wpb_sink_type {
    const char *name; /* as in the configuration */
    /* The sink of SETTINGS (which outlive it), or NULL with ERR. A receiver that cannot
     * be reached now is no error. */
    void *(*open)(struct uv_loop_s *loop, const struct wpb_sink_settings *settings,
                  struct wpb_err *err);
    /* Deliver ALERT, whose texts live until DONE is called. At most one at a time. */
    void (*send)(void *sink, const struct wpb_alert *alert, wpb_sink_done *done,
                 void *cookie);
    /* NULL, or: tell the receiver again what fires now, and what was resolved in the last
     * five minutes (it forgets by itself). */
    void (*resend)(void *sink, const struct wpb_alert *const *firing, size_t count);
    /* NULL, or: open files again (SIGHUP). */
    void (*reopen)(void *sink);
    /* End what is under way (its DONE is called, as failed) and free the sink; CLOSED is
     * called from a later turn of the loop. */
    void (*close)(void *sink, void (*closed)(void *cookie), void *cookie);
};

/* All types, ended by NULL (agent/alert/sinks.c). */
extern const struct wpb_sink_type *const wpb_sink_types[];

#endif
