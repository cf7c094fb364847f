/*
 * inhibit.h - which alerts are only the shadow of another.
 *
 * A row says: while ROOT is there and at least as severe, DERIVED is told by it already.
 * Each row has its reason. No row may close a circle. Const data, any thread.
 */
#ifndef WPB_ALERT_INHIBIT_H
#define WPB_ALERT_INHIBIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the two must have in common. */
enum wpb_inhibit_tie {
    WPB_TIE_SUBJECT, /* they are about the same */
    WPB_TIE_PART,    /* the derived one is about a part of what the root is about */
    WPB_TIE_SCOPE,   /* the same database of the same site */
    WPB_TIE_SITE,    /* the same site */
};

struct wpb_inhibit {
    const char *root, *derived; /* codes of rules */
    enum wpb_inhibit_tie tie;
    bool must_be_worse; /* the root more severe, not just as severe */
    const char *reason;
};

/* Ended by a NULL root; fewer than 64. */
extern const struct wpb_inhibit wpb_inhibits[];

/* The rows in which CODE is root, and those in which it is derived; bit by row. */
uint64_t wpb_inhibit_as_root(const char *code);
uint64_t wpb_inhibit_as_derived(const char *code);

#endif
