/*
 * book.h - the entries of the book of alerts, for lifecycle.c and what belongs to it.
 *
 * Entries stand in order of fingerprint. What an entry keeps of a finding it keeps as its
 * own copy: hashes to compare by, names to show, and, while it fires, the half of its
 * JSON that tells the finding. Members under "this evaluation" mean nothing between two
 * calls of wpb_alert_book_judge(). One thread.
 */
#ifndef WPB_ALERT_BOOK_H
#define WPB_ALERT_BOOK_H

#include "agent/alert/lifecycle.h"
#include "agent/base/buf.h"

/* Of a finding that several share; further ones are not asked about. */
#define WPB_ENTRY_SITES_MAX 8
#define WPB_ENTRY_CODE_BYTES_MAX 64
/* Of a site's name and its folder. */
#define WPB_ENTRY_NAME_BYTES_MAX 1024

struct wpb_alert_entry {
    char fingerprint[WPB_FINGERPRINT_LEN + 1];
    enum wpb_alert_phase phase;
    int severity; /* that fires; of what is pending the worst it may fire with */
    struct wpb_hysteresis hysteresis;
    uint64_t seq; /* of its last state; 0: it never fired */
    char id[WPB_ULID_TEXT];
    int64_t first_seen_ms, starts_at_ms, updated_at_ms, ends_at_ms;

    uint64_t subject, parent, scope; /* hashes (fingerprint.h) */
    uint64_t sites[WPB_ENTRY_SITES_MAX];
    uint8_t site_count;       /* at least 1 */
    char *code, *site, *path; /* one block, that begins with code */
    uint64_t roots, derived;  /* rows of inhibit.h */
    char *body;               /* while it fires */
    size_t body_len;
    uint64_t saved; /* hash of the state last handed over; 0: none was */

    /* This evaluation. */
    const struct wpb_finding *finding, *relaxed; /* worst of each; NULL: none */
    int target;               /* severity it is to fire with; WPB_NOT_SEEN: none */
    enum wpb_alert_end end;   /* why it ends */
    bool is_dead;             /* to be taken out */
    enum wpb_alert_hold hold; /* stays until the next one */
    const char *root;         /* of WPB_ALERT_HAS_ROOT; static */
};

struct wpb_alert_book {
    struct wpb_alert_entry **entries;
    size_t count, capacity;
    char (*forgotten)[WPB_FINGERPRINT_LEN + 1]; /* not yet handed over */
    size_t forgotten_count, forgotten_capacity;
    uint64_t last_seq;
    uint64_t dropped;
};

/* NULL when there is none. */
struct wpb_alert_entry *wpb_alert_book_find(const struct wpb_alert_book *book,
                                            const char *fingerprint);
/* A new pending entry for FINDING, for which a lesser one may have to go; NULL when all
 * others are worth more, or memory is out. */
struct wpb_alert_entry *wpb_alert_book_add(struct wpb_alert_book *book,
                                           const char *fingerprint,
                                           const struct wpb_finding *finding,
                                           int64_t now_ms);
/* Put ENTRY, of which nothing else is in the book, in its place; -1 when memory is out.
 */
int wpb_alert_book_insert(struct wpb_alert_book *book, struct wpb_alert_entry *entry);
/* Take out what is dead. */
void wpb_alert_book_sweep(struct wpb_alert_book *book);

/* The names and hashes of ENTRY; 0, or -1 when memory is out and it is as before. */
int wpb_alert_entry_name(struct wpb_alert_entry *entry, struct wpb_slice code,
                         struct wpb_slice site, struct wpb_slice path);
/* What FINDING says of its sites; they may change while the fingerprint does not. */
int wpb_alert_entry_refresh(struct wpb_alert_entry *entry,
                            const struct wpb_finding *finding);
/* Keep BODY (empty: none); -1 when memory is out and the old one is kept. */
int wpb_alert_entry_keep_body(struct wpb_alert_entry *entry, struct wpb_slice body);
void wpb_alert_entry_free(struct wpb_alert_entry *entry);

#endif
