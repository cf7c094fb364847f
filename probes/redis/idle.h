/*
 * idle.h - how long ago a sample of keys was read, by group. Pure; one thread.
 */
#ifndef WPB_REDIS_IDLE_H
#define WPB_REDIS_IDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each costs a command, and a hit in the server's statistics. */
#define WPB_IDLE_SAMPLES_MAX 2000
/* Fewer are no median of a group. */
#define WPB_IDLE_SAMPLES_MIN 5

struct wpb_idle_sample {
    uint32_t group; /* the caller's number */
    uint32_t seconds;
};

struct wpb_idle {
    struct wpb_idle_sample samples[WPB_IDLE_SAMPLES_MAX];
    size_t count;
};

/* Beyond the bound nothing is added. */
void wpb_idle_add(struct wpb_idle *idle, uint32_t group, uint64_t seconds);
/* The median of the samples whose group BELONGS; false when there are too few. */
bool wpb_idle_median(const struct wpb_idle *idle,
                     bool (*belongs)(const void *cookie, uint32_t group),
                     const void *cookie, uint64_t *seconds);

#endif
