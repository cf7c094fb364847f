#include "agent/load/clients.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "agent/alert/curl_loop.h"
#include "agent/load/request.h"

/* Connections are kept for the next step, like those of a browser. */
#define IDLE_MS (5 * 1000)

struct slot {
    struct wpb_curl_transfer transfer; /* first: its address is the slot's */
    struct wpb_load_request request;
    struct wpb_load_clients *clients;
    struct slot *next_free;
    uint64_t scheduled_us, sent_us;
    bool is_made, is_in_flight;
};

struct wpb_load_clients {
    struct wpb_curl_loop *curl;
    uint64_t timeout_ms;
    const char *user_agent;
    void (*on_answer)(void *cookie, const struct wpb_load_answer *answer);
    void *cookie;
    struct slot slots[WPB_LOAD_IN_FLIGHT_MAX];
    struct slot *free;
    size_t in_flight;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

uint64_t wpb_load_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* ---- the end of a request */

static void end(struct slot *slot, enum wpb_load_outcome outcome)
{
    struct wpb_load_clients *clients = slot->clients;
    uint64_t now_us = wpb_load_now_us();
    struct wpb_load_answer answer = {.outcome = outcome,
                                     .response_us = now_us - slot->scheduled_us,
                                     .service_us = now_us - slot->sent_us,
                                     .body_bytes = slot->request.body_bytes};

    slot->is_in_flight = false;
    slot->next_free = clients->free;
    clients->free = slot;
    clients->in_flight--;
    clients->on_answer(clients->cookie, &answer);
}

static void on_transferred(struct wpb_curl_transfer *transfer, CURLcode result)
{
    struct slot *slot = (struct slot *)transfer;

    end(slot, wpb_load_request_outcome(&slot->request, result));
}

void wpb_load_clients_cut_off(struct wpb_load_clients *clients)
{
    for (size_t i = 0; i < WPB_LOAD_IN_FLIGHT_MAX; i++) {
        struct slot *slot = &clients->slots[i];
        if (!slot->is_in_flight)
            continue;
        wpb_curl_loop_cancel(clients->curl, &slot->transfer);
        end(slot, WPB_LOAD_CUT_OFF);
    }
}

/* ---- its beginning */

/* Slots are made when they are first used: most runs need a few. */
static int make(struct slot *slot)
{
    struct wpb_load_clients *clients = slot->clients;

    if (slot->is_made)
        return 0;
    slot->is_made = true;
    if (wpb_load_request_init(&slot->request, clients->timeout_ms, clients->user_agent)) {
        wpb_load_request_fini(&slot->request);
        slot->is_made = false;
        return -1;
    }
    slot->transfer =
        (struct wpb_curl_transfer){.easy = slot->request.easy, .done = on_transferred};
    return 0;
}

bool wpb_load_clients_send(struct wpb_load_clients *clients,
                           const struct wpb_load_target *target, uint64_t scheduled_us)
{
    struct slot *slot = clients->free;

    if (!slot || make(slot) || wpb_load_request_aim(&slot->request, target, target->url))
        return false;
    slot->scheduled_us = scheduled_us;
    slot->sent_us = wpb_load_now_us();
    if (wpb_curl_loop_start(clients->curl, &slot->transfer))
        return false;
    clients->free = slot->next_free;
    slot->is_in_flight = true;
    clients->in_flight++;
    return true;
}

size_t wpb_load_clients_in_flight(const struct wpb_load_clients *clients)
{
    return clients->in_flight;
}

size_t wpb_load_clients_older(const struct wpb_load_clients *clients, uint64_t before_us)
{
    size_t older = 0;

    for (size_t i = 0; i < WPB_LOAD_IN_FLIGHT_MAX; i++)
        older +=
            clients->slots[i].is_in_flight && clients->slots[i].scheduled_us < before_us;
    return older;
}

/* ---- all of them */

struct wpb_load_clients *wpb_load_clients_new(
    uv_loop_t *loop, uint64_t timeout_ms, const char *user_agent,
    void (*on_answer)(void *cookie, const struct wpb_load_answer *answer), void *cookie)
{
    struct wpb_load_clients *clients = calloc(1, sizeof(*clients));

    if (!clients)
        return NULL;
    clients->curl = wpb_curl_loop_new(loop, IDLE_MS);
    if (!clients->curl) {
        free(clients);
        return NULL;
    }
    clients->timeout_ms = timeout_ms;
    clients->user_agent = user_agent;
    clients->on_answer = on_answer;
    clients->cookie = cookie;
    for (size_t i = WPB_LOAD_IN_FLIGHT_MAX; i-- > 0;) {
        clients->slots[i].clients = clients;
        clients->slots[i].next_free = clients->free;
        clients->free = &clients->slots[i];
    }
    return clients;
}

static void on_curl_closed(void *cookie)
{
    struct wpb_load_clients *clients = cookie;
    void (*closed)(void *) = clients->closed;
    void *closed_cookie = clients->closed_cookie;

    free(clients);
    closed(closed_cookie);
}

void wpb_load_clients_close(struct wpb_load_clients *clients,
                            void (*closed)(void *cookie), void *cookie)
{
    assert(clients->in_flight == 0);
    clients->closed = closed;
    clients->closed_cookie = cookie;
    for (size_t i = 0; i < WPB_LOAD_IN_FLIGHT_MAX; i++) {
        if (clients->slots[i].is_made)
            wpb_load_request_fini(&clients->slots[i].request);
    }
    wpb_curl_loop_close(clients->curl, on_curl_closed, clients);
}
