/*
 * ranking.h - the few subjects that weigh most, in an order that does not depend on
 * who was posted first.
 *
 * Heaviest first; those of equal weight in order of subject. Lives on the stack of a
 * rule and points into the window. Pure.
 */
#ifndef WPB_RULES_RANKING_H
#define WPB_RULES_RANKING_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/arena.h"
#include "wpbloat/subject.h"

#define WPB_RANKING_MAX 10

struct wpb_site;

struct wpb_ranked {
    const struct wpb_subject *subject;
    const struct wpb_site *site; /* whose it is, or NULL */
    uint64_t weight;
};

struct wpb_ranking {
    size_t capacity, count;
    struct wpb_ranked items[WPB_RANKING_MAX];
    uint64_t added; /* subjects, those that found no place included */
    bool has_sites; /* of more than one site */
};

/* Keep the CAPACITY heaviest, at most WPB_RANKING_MAX. */
void wpb_ranking_init(struct wpb_ranking *ranking, size_t capacity);
/* A weight of 0 is left out. */
void wpb_ranking_add(struct wpb_ranking *ranking, const struct wpb_subject *subject,
                     uint64_t weight);
/* The same of SITE, where there may be several: then its name is said, too. */
void wpb_ranking_add_of(struct wpb_ranking *ranking, const struct wpb_site *site,
                        const struct wpb_subject *subject, uint64_t weight);

/* "posts (58.0 MiB), terms (20.0 MiB)", the weights being bytes; "" for none. */
const char *wpb_ranking_say_bytes(const struct wpb_ranking *ranking,
                                  struct wpb_arena *arena);
/* The same with weights that are counts: "posts (1,200), terms (30)". */
const char *wpb_ranking_say_counts(const struct wpb_ranking *ranking,
                                   struct wpb_arena *arena);
/* The names alone. */
const char *wpb_ranking_say_names(const struct wpb_ranking *ranking,
                                  struct wpb_arena *arena);

#endif
