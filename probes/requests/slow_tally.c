#include "probes/requests/slow_tally.h"

#include <math.h>
#include <string.h>

#define HOUR_S 3600

/* ---- days ---- */

static void turn_to(struct wpb_slow_day *day, int64_t hour)
{
    for (int i = 0; day->hour < hour && i < WPB_SLOW_HOURS; i++)
        day->hours[++day->hour % WPB_SLOW_HOURS] = 0;
    if (day->hour < hour)
        day->hour = hour;
}

static void count_in(struct wpb_slow_day *day, int64_t at_s)
{
    int64_t hour = at_s / HOUR_S;

    turn_to(day, hour);
    /* before those that are kept: the clock was set back */
    if (day->hour - hour >= WPB_SLOW_HOURS)
        hour = day->hour;
    uint32_t *counted = &day->hours[hour % WPB_SLOW_HOURS];
    if (*counted < UINT32_MAX)
        ++*counted;
}

uint64_t wpb_slow_day_count(const struct wpb_slow_day *day, int64_t now_s)
{
    int64_t now_hour = now_s / HOUR_S;
    uint64_t sum = 0;

    for (int64_t hour = day->hour; hour > day->hour - WPB_SLOW_HOURS && hour >= 0;
         hour--) {
        if (hour > now_hour - WPB_SLOW_HOURS)
            sum += day->hours[hour % WPB_SLOW_HOURS];
    }
    return sum;
}

/* ---- components ---- */

static uint64_t total(const struct wpb_slow_day *day)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < WPB_SLOW_HOURS; i++)
        sum += day->hours[i];
    return sum;
}

static struct wpb_slow_component *component_of(struct wpb_slow_tally *tally,
                                               const char *name)
{
    struct wpb_slow_component *least = &tally->components[0];

    for (size_t i = 0; i < tally->count; i++) {
        struct wpb_slow_component *component = &tally->components[i];
        if (strcmp(component->name, name) == 0)
            return component;
        /* of those met equally often the one that was quiet for longest */
        if (total(&component->day) < total(&least->day) ||
            (total(&component->day) == total(&least->day) &&
             component->day.hour < least->day.hour))
            least = component;
    }
    if (tally->count < WPB_SLOW_COMPONENTS)
        least = &tally->components[tally->count++];
    else
        tally->dropped += total(&least->day);
    memset(least, 0, sizeof *least);
    memcpy(least->name, name, strlen(name));
    return least;
}

/* Weights as they are at HOUR: half of what they were a day before. */
static void fade(struct wpb_slow_component *component, int64_t hour)
{
    if (hour <= component->faded_hour)
        return;
    double left = exp2(-(double)(hour - component->faded_hour) / WPB_SLOW_HOURS);
    for (size_t i = 0; i < WPB_SLOW_PLACES; i++) {
        component->places[i].weight *= left;
        component->doings[i].weight *= left;
    }
    component->faded_hour = hour;
}

/* A place that is new takes that of the one met least, and its weight: one that comes
 * often will not be kept out for ever by those that came before it. */
static void count_place(struct wpb_slow_component *component,
                        const struct wpb_slow_entry *entry)
{
    struct wpb_slow_place *least = &component->places[0];

    for (size_t i = 0; i < WPB_SLOW_PLACES; i++) {
        struct wpb_slow_place *place = &component->places[i];
        if (place->weight > 0 && place->line == entry->line &&
            strcmp(place->file, entry->file) == 0 &&
            strcmp(place->function, entry->function) == 0) {
            place->weight += 1;
            return;
        }
        if (place->weight < least->weight)
            least = place;
    }
    least->weight += 1;
    least->line = entry->line;
    memcpy(least->file, entry->file, sizeof least->file);
    memcpy(least->function, entry->function, sizeof least->function);
}

static void count_doing(struct wpb_slow_component *component,
                        const struct wpb_slow_entry *entry)
{
    struct wpb_slow_doing *least = &component->doings[0];

    for (size_t i = 0; i < WPB_SLOW_PLACES; i++) {
        struct wpb_slow_doing *doing = &component->doings[i];
        if (doing->weight > 0 && strcmp(doing->function, entry->doing) == 0) {
            doing->weight += 1;
            return;
        }
        if (doing->weight < least->weight)
            least = doing;
    }
    least->weight += 1;
    memcpy(least->function, entry->doing, sizeof least->function);
}

void wpb_slow_tally_add(struct wpb_slow_tally *tally, const struct wpb_slow_entry *entry,
                        int64_t at_s)
{
    if (at_s < 0)
        return;
    count_in(&tally->all, at_s);
    if (!entry->component[0])
        return;
    struct wpb_slow_component *component = component_of(tally, entry->component);
    count_in(&component->day, at_s);
    fade(component, at_s / HOUR_S);
    count_place(component, entry);
    count_doing(component, entry);
}

const struct wpb_slow_place *
wpb_slow_component_place(const struct wpb_slow_component *component)
{
    const struct wpb_slow_place *most = &component->places[0];

    for (size_t i = 1; i < WPB_SLOW_PLACES; i++) {
        if (component->places[i].weight > most->weight)
            most = &component->places[i];
    }
    return most;
}

const struct wpb_slow_doing *
wpb_slow_component_doing(const struct wpb_slow_component *component)
{
    const struct wpb_slow_doing *most = &component->doings[0];

    for (size_t i = 1; i < WPB_SLOW_PLACES; i++) {
        if (component->doings[i].weight > most->weight)
            most = &component->doings[i];
    }
    return most;
}
