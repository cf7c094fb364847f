/* The looks into things: who is asked for what, and how many at once. */
#include <stdlib.h>
#include <string.h>

#include "agent/schedule/turn_state.h"

#define CHOICES_MAX 128

/* What an examiner is sent to a target for; it waits before the gate, or has passed it.
 */
struct wpb_turn_sending {
    struct wpb_gate_place place; /* first: the gate knows it by this */
    struct wpb_turn_sending *next;
    struct wpb_turn *turn;
    const struct wpb_probe *probe;
    const struct wpb_target *target;
    const struct wpb_request *requests;
    size_t count;
};

static bool is_asked(const struct wpb_turn *turn, size_t site,
                     const struct wpb_subject *subject)
{
    for (size_t i = 0; i < turn->asked_count; i++) {
        if (turn->asked[i].site == site &&
            wpb_subject_equal(turn->asked[i].subject, subject))
            return true;
    }
    return false;
}

static bool note_asked(struct wpb_turn *turn, size_t site,
                       const struct wpb_subject *subject)
{
    if (turn->asked_count == turn->asked_capacity) {
        size_t capacity = turn->asked_capacity ? turn->asked_capacity * 2 : 32;
        void *grown = realloc(turn->asked, capacity * sizeof(*turn->asked));
        if (!grown)
            return false;
        turn->asked = grown;
        turn->asked_capacity = capacity;
    }
    turn->asked[turn->asked_count].site = site;
    turn->asked[turn->asked_count++].subject = subject;
    return true;
}

/* The wishes for one site in this round: first what was asked for by hand. */
static size_t wishes_of(struct wpb_turn *turn, size_t site, struct wpb_choice *choices)
{
    size_t count = 0, kept = 0;

    if (turn->rounds == 1) {
        for (size_t i = 0; i < turn->wish_count && count < CHOICES_MAX; i++) {
            if (turn->wish_sites[i] == site)
                choices[count++] = turn->wishes[i];
        }
    }
    if (count < CHOICES_MAX && turn->options.examine)
        count += wpb_choose(turn->windows[site], &turn->options.limits, choices + count,
                            CHOICES_MAX - count);
    for (size_t i = 0; i < count; i++) {
        if (!is_asked(turn, site, choices[i].request.subject) &&
            note_asked(turn, site, choices[i].request.subject))
            choices[kept++] = choices[i];
    }
    return kept;
}

/* A post or an option is one site's, also where several have their tables in one
 * schema. */
static bool has_request(const struct wpb_request *requests, size_t count,
                        const struct wpb_request *request, bool is_shared)
{
    for (size_t i = 0; i < count; i++) {
        if (wpb_subject_equal(requests[i].subject, request->subject) &&
            (is_shared || requests[i].site == request->site))
            return true;
    }
    return false;
}

/* The members' choices that PROBE can look into on TARGET, in REQUESTS, which has room
 * for all; two sites that share a key ask for it once. */
static size_t gather(struct wpb_turn *turn, const struct wpb_probe *probe,
                     const struct wpb_target *target,
                     struct wpb_choice choices[][CHOICES_MAX], const size_t *counts,
                     struct wpb_request *requests)
{
    bool is_shared = strcmp(probe->needs, "mysql") != 0;
    size_t count = 0;

    for (size_t m = 0; m < target->count; m++) {
        size_t site = target->members[m];
        for (size_t i = 0; i < counts[site]; i++) {
            struct wpb_choice *choice = &choices[site][i];
            choice->request.site = &turn->sites[site];
            if (choice->examines == probe->examines &&
                !has_request(requests, count, &choice->request, is_shared))
                requests[count++] = choice->request;
        }
    }
    return count;
}

static void unlink_sending(struct wpb_turn_sending *sending)
{
    struct wpb_turn_sending **link = &sending->turn->waiting;

    while (*link != sending)
        link = &(*link)->next;
    *link = sending->next;
}

static void on_entered(struct wpb_gate_place *place)
{
    struct wpb_turn_sending *sending = (struct wpb_turn_sending *)place;
    struct wpb_turn *turn = sending->turn;

    unlink_sending(sending);
    if (!wpb_turn_start_run(turn, sending->probe, sending->target, sending->requests,
                            sending->count))
        wpb_gate_leave(turn->gate);
}

static void send_examiner(struct wpb_turn *turn, const struct wpb_probe *probe,
                          const struct wpb_target *target,
                          const struct wpb_request *requests, size_t count)
{
    struct wpb_turn_sending *sending = wpb_arena_alloc(turn->arena, sizeof(*sending));
    struct wpb_request *kept = wpb_arena_alloc(turn->arena, count * sizeof(*kept));

    memcpy(kept, requests, count * sizeof(*kept));
    *sending = (struct wpb_turn_sending){.place = {.entered = on_entered},
                                         .next = turn->waiting,
                                         .turn = turn,
                                         .probe = probe,
                                         .target = target,
                                         .requests = kept,
                                         .count = count};
    turn->waiting = sending;
    wpb_gate_enter(turn->gate, &sending->place);
}

void wpb_turn_examine(struct wpb_turn *turn)
{
    struct wpb_choice(*choices)[CHOICES_MAX] = calloc(turn->site_count, sizeof(*choices));
    size_t *counts = calloc(turn->site_count, sizeof(*counts));
    struct wpb_request *requests =
        calloc(turn->site_count, CHOICES_MAX * sizeof(*requests));
    bool has_room = choices && counts && requests;

    for (size_t s = 0; has_room && s < turn->site_count; s++)
        counts[s] = wishes_of(turn, s, choices[s]);
    for (size_t t = 0; has_room && t < turn->target_count; t++) {
        for (size_t p = 0; turn->options.probes[p]; p++) {
            const struct wpb_probe *probe = turn->options.probes[p];
            const struct wpb_target *target = &turn->targets[t];
            size_t count;
            if (probe->look != WPB_LOOK_EXAMINE ||
                strcmp(probe->needs, target->needs) != 0)
                continue;
            count = gather(turn, probe, target, choices, counts, requests);
            if (count)
                send_examiner(turn, probe, target, requests, count);
        }
    }
    free(choices);
    free(counts);
    free(requests);
}

void wpb_turn_examine_no_more(struct wpb_turn *turn)
{
    while (turn->waiting) {
        struct wpb_turn_sending *sending = turn->waiting;
        wpb_gate_withdraw(turn->gate, &sending->place);
        turn->waiting = sending->next;
        wpb_turn_record_skipped(turn, sending->target, sending->probe,
                                "the look was ended before");
    }
}
