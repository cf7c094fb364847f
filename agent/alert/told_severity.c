#include "agent/alert/told_severity.h"

#include <stdlib.h>
#include <string.h>

void wpb_told_severity_fini(struct wpb_told_severity *told)
{
    free(told->told);
    *told = (struct wpb_told_severity){NULL, 0, 0};
}

static size_t find(const struct wpb_told_severity *told, const struct wpb_alert *alert)
{
    size_t i = 0;

    while (i < told->count && strcmp(told->told[i].fingerprint, alert->fingerprint) != 0)
        i++;
    return i;
}

bool wpb_told_severity_of(const struct wpb_told_severity *told,
                          const struct wpb_alert *alert, enum wpb_severity *severity)
{
    size_t i = find(told, alert);

    if (i == told->count)
        return false;
    *severity = told->told[i].severity;
    return true;
}

static bool grow(struct wpb_told_severity *told)
{
    size_t capacity = told->capacity ? told->capacity * 2 : 16;
    void *larger;

    if (told->count < told->capacity)
        return true;
    if (told->count >= WPB_TOLD_MAX)
        return false;
    larger = realloc(told->told, capacity * sizeof(*told->told));
    if (!larger)
        return false;
    told->told = larger;
    told->capacity = capacity;
    return true;
}

void wpb_told_severity_note(struct wpb_told_severity *told, const struct wpb_alert *alert)
{
    size_t i = find(told, alert);

    if (alert->status == WPB_ALERT_RESOLVED) {
        if (i < told->count)
            told->told[i] = told->told[--told->count];
        return;
    }
    if (i == told->count) {
        if (!grow(told))
            return;
        memcpy(told->told[i].fingerprint, alert->fingerprint,
               sizeof(told->told[i].fingerprint));
        told->count++;
    }
    told->told[i].severity = alert->severity;
}
