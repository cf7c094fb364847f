/*
 * alert_json.h - an alert as one line of JSON, schema wpbloat.alert/1.
 *
 * A line has two halves: the state (id, seq, status, times) and the finding. What is said
 * when an alert resolves is what was found while it fired, so that who keeps alerts keeps
 * the half of the finding as text and writes the other anew. docs/alert.schema.json
 * describes both. Pure; texts live in the arena.
 */
#ifndef WPB_ALERT_ALERT_JSON_H
#define WPB_ALERT_ALERT_JSON_H

#include "wpbloat/alert.h"
#include "wpbloat/arena.h"

/* Most bytes of the half of the finding; the other fits into the rest of
 * WPB_ALERT_BYTES_MAX. */
#define WPB_ALERT_FINDING_BYTES_MAX 6656

/* Who speaks. */
struct wpb_alert_origin {
    const char *host;     /* its name; for people */
    const char *version;  /* of wpbloat */
    const char *instance; /* of this installation: the same after a restart */
};

enum wpb_alert_end {
    WPB_ALERT_GOES_ON,
    WPB_ALERT_GONE,      /* the problem was looked for and is not there */
    WPB_ALERT_INHIBITED, /* another alert says why it is there */
    WPB_ALERT_DISPLACED, /* worse problems of the site take its place */
    WPB_ALERT_UNWATCHED, /* its site or its rule is no longer watched */
};

struct wpb_alert_resolution {
    enum wpb_alert_end end;
    const char *root; /* code of that other alert; NULL */
};

/* "gone", "inhibited", "displaced", "unwatched"; "" of what goes on. Static. */
const char *wpb_alert_end_name(enum wpb_alert_end end);

/* FINDING as members of JSON, with SEVERITY for its own. */
struct wpb_slice wpb_alert_json_finding(const struct wpb_finding *finding,
                                        enum wpb_severity severity,
                                        struct wpb_arena *arena);
/* The whole line, without a newline: at most WPB_ALERT_BYTES_MAX. ALERT's body is not
 * read. */
struct wpb_slice wpb_alert_json(const struct wpb_alert *alert,
                                const struct wpb_alert_origin *origin,
                                const struct wpb_alert_resolution *resolution,
                                struct wpb_slice finding, struct wpb_arena *arena);

#endif
