#include "agent/schedule/gate.h"

static struct wpb_gate_place **find(struct wpb_gate *gate,
                                    const struct wpb_gate_place *place)
{
    struct wpb_gate_place **link = &gate->first;

    while (*link && *link != place)
        link = &(*link)->next;
    return link;
}

void wpb_gate_enter(struct wpb_gate *gate, struct wpb_gate_place *place)
{
    place->next = NULL;
    if (gate->room == 0) {
        *find(gate, NULL) = place;
        return;
    }
    gate->room--;
    place->entered(place);
}

void wpb_gate_leave(struct wpb_gate *gate)
{
    struct wpb_gate_place *place = gate->first;

    if (!place) {
        gate->room++;
        return;
    }
    gate->first = place->next;
    place->entered(place);
}

bool wpb_gate_withdraw(struct wpb_gate *gate, struct wpb_gate_place *place)
{
    struct wpb_gate_place **link = find(gate, place);

    if (!*link)
        return false;
    *link = place->next;
    return true;
}
