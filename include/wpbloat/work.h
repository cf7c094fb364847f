/*
 * work.h - what the requests of one stretch of time did, in one PHP-FPM pool.
 *
 * A row is such a stretch: some seconds in which requests ended. Probes that read a log
 * post rows (wpb_run_post_work()), oldest first, each once; who keeps them (the work
 * book, agent/analyse/work_book.h) adds what MySQL, Redis and the host did meanwhile and
 * says what follows from all of them. Plain values.
 */
#ifndef WPBLOAT_WORK_H
#define WPBLOAT_WORK_H

#include <stdbool.h>
#include <stdint.h>

/* Room for the route classes of a log (wpbloat/route.h). */
#define WPB_WORK_CLASSES 12
#define WPB_WORK_LENGTH_DEFAULT_S 60

struct wpb_work_row {
    int64_t start_ms; /* Unix time; a multiple of the length */
    uint32_t length_s;
    double requests; /* that ended in it and went to PHP */
    double failed;   /* of them, with a status of 500 or above */
    double timed;    /* of them, those that told how long they took, and of those: */
    double busy_s;   /* seconds in a worker, without what was waited before */
    double busy_squared_s2;
    double seen;         /* E[n^2]/E[n] of those at work at once; 0: not known */
    double cpu_s;        /* user and system; NAN: not told */
    double queue_wait_s; /* seconds before a worker took them, in all; NAN: not known */
    double queued;       /* of the requests, those of which that is known */
    double queries;      /* as a header of the site's tells; NAN: not told */
    /* By route class, in the order of enum wpb_route. */
    float class_requests[WPB_WORK_CLASSES];
    float class_busy_s[WPB_WORK_CLASSES];
};

/* "front_page", "checkout"; "" of what is none. Static. */
const char *wpb_work_class_name(unsigned class_index);

#endif
