/*
 * gate.h - how many may be inside at once; who comes later waits in line.
 *
 * For work that takes much memory while it lasts, wherever it is wanted from. A place is
 * memory of who wants to enter, and stays where it is until it has. One thread.
 */
#ifndef WPB_SCHEDULE_GATE_H
#define WPB_SCHEDULE_GATE_H

#include <stdbool.h>
#include <stddef.h>

struct wpb_gate_place {
    struct wpb_gate_place *next; /* in line */
    /* It is inside now; called by wpb_gate_enter(), or by the wpb_gate_leave() of another
     * one. */
    void (*entered)(struct wpb_gate_place *place);
};

/* Plain memory: `room` to begin, and the rest zero. */
struct wpb_gate {
    size_t room; /* for so many more */
    struct wpb_gate_place *first;
};

/* Go in, or wait in line. */
void wpb_gate_enter(struct wpb_gate *gate, struct wpb_gate_place *place);
/* One that was inside goes, and the first in line comes in. */
void wpb_gate_leave(struct wpb_gate *gate);
/* PLACE waits no longer; false when it does not wait. */
bool wpb_gate_withdraw(struct wpb_gate *gate, struct wpb_gate_place *place);

#endif
