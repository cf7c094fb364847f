/*
 * clients.h - visitors: requests in flight on the loop, up to a bound.
 *
 * Each has a slot of its own; nothing is queued here. Loop's thread only. The process
 * must ignore SIGPIPE.
 */
#ifndef WPB_LOAD_CLIENTS_H
#define WPB_LOAD_CLIENTS_H

#include <uv.h>

#include "agent/load/step.h"
#include "agent/load/target.h"

struct wpb_load_clients;

struct wpb_load_answer {
    enum wpb_load_outcome outcome;
    uint64_t response_us; /* since it was scheduled */
    uint64_t service_us;  /* since it was sent */
    uint64_t body_bytes;
};

/* Microseconds of a clock that never steps; those of schedules and answers. */
uint64_t wpb_load_now_us(void);

/* ON_ANSWER is called from a later turn of the loop than the request was sent in; it may
 * send another. NULL when memory is out. */
struct wpb_load_clients *wpb_load_clients_new(
    uv_loop_t *loop, uint64_t timeout_ms, const char *user_agent,
    void (*on_answer)(void *cookie, const struct wpb_load_answer *answer), void *cookie);
/* Nothing may be in flight. CLOSED is called from a later turn, when all is freed. */
void wpb_load_clients_close(struct wpb_load_clients *clients,
                            void (*closed)(void *cookie), void *cookie);

/* Send a request for TARGET's URL, scheduled for SCHEDULED_US. False, and nothing is
 * sent, when WPB_LOAD_IN_FLIGHT_MAX are in flight or it cannot be begun. */
bool wpb_load_clients_send(struct wpb_load_clients *clients,
                           const struct wpb_load_target *target, uint64_t scheduled_us);

size_t wpb_load_clients_in_flight(const struct wpb_load_clients *clients);
/* Of those in flight, how many were scheduled before BEFORE_US. */
size_t wpb_load_clients_older(const struct wpb_load_clients *clients, uint64_t before_us);

/* End all of them now: ON_ANSWER is called for each, as WPB_LOAD_CUT_OFF, before this
 * returns. Not from within ON_ANSWER. */
void wpb_load_clients_cut_off(struct wpb_load_clients *clients);

#endif
