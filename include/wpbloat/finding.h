/*
 * finding.h - a diagnosed problem, as a rule says it.
 *
 * Findings are plain values whose texts live in the arena of the cycle. They
 * hold raw names: escaping and masking belong to the outputs. Order and
 * meaning of the fields are those of the published schema
 * (docs/report.schema.json).
 */
#ifndef WPBLOAT_FINDING_H
#define WPBLOAT_FINDING_H

#include <stdbool.h>

#include "wpbloat/outlook.h"
#include "wpbloat/sample.h"

enum wpb_severity { WPB_INFO, WPB_WARNING, WPB_CRITICAL };

/* "info", "warning", "critical"; static. */
const char *wpb_severity_name(enum wpb_severity severity);

/* One flat fact: the name carries the unit. WPB_VALUE_NONE is JSON null. */
struct wpb_evidence {
    const char *name;
    struct wpb_value value;
    enum wpb_provenance provenance;
};

/* A family of names inside the subject, and who asks for it. */
struct wpb_family_cause {
    struct wpb_slice template_name; /* "kestrel_tariff_v2_<hex>" */
    uint64_t names;
    double share_ratio;
    bool has_source;            /* the four below are meaningful */
    bool was_searched;          /* false: nobody looked */
    struct wpb_slice component; /* "plugin:kestrel-pricing" */
    struct wpb_slice file;      /* relative to the site's folder */
    uint64_t line;
    struct wpb_slice excerpt;
    uint64_t matches; /* places that hold the literal part; 0 when none */
};

/* A part of the whole, and whose it is. */
struct wpb_component_cause {
    struct wpb_slice name; /* "plugin:kestrel-pricing", or names' prefix: "kestrel_*" */
    uint64_t bytes;        /* unless share_of says otherwise */
    uint64_t options;
    double share_ratio;    /* of the bytes of the whole */
    const char *share_of;  /* "the slow requests": of those, not of bytes; NULL */
    struct wpb_slice file; /* where it was seen, relative to the site's folder; "" */
    uint64_t line;
};

struct wpb_cause {
    const char *kind;       /* "option_families"; NULL: no cause known */
    const char *confidence; /* "likely", "possible", "unknown" */
    const struct wpb_family_cause *families;
    size_t family_count;
    const struct wpb_component_cause *components; /* heaviest first */
    size_t component_count;
    const char *note; /* a sentence for the reader, or "" */
};

struct wpb_remedy {
    const char *summary;
    const char *const *now;      /* shell-ready commands; NULL-terminated lists */
    const char *const *for_good; /* sentences or commands */
    const char *const *verify;
    const char *doc; /* "docs/remedies/CODE.md" */
};

/* When the problem becomes a failure, as the history has it; or why nobody can say. What
 * a rule tells of an outlook. Texts are never NULL. */
struct wpb_finding_forecast {
    enum wpb_metric metric;         /* what is forecast, ... */
    enum wpb_outlook_answer answer; /* ... and whether a time is said */
    double target;                  /* what must not be reached, in the metric's unit */
    double level;                   /* the newest value; NaN: there is none */
    bool has_slope;
    double per_day, per_day_low, per_day_high; /* units of the metric a day */
    /* Of WPB_OUTLOOK_ETA: earliest <= median <= latest, Unix time. */
    int64_t earliest_ms, median_ms, latest_ms;
    double confidence;        /* of that interval, such as 0.9 */
    const char *refused;      /* code, such as "no_trend"; "" when it is not */
    const char *reason;       /* why no time is said, a sentence; "" */
    uint32_t scored, covered; /* earlier forecasts of this series, and how many held */
    const char *flush_period; /* "flushed every ~10 days, ..."; "" */
};

struct wpb_finding {
    const char *code; /* "cache.notoptions_bloat" */
    enum wpb_severity severity;
    const struct wpb_site *site;
    /* Further sites that it concerns just as much, since it is about what they share: it
     * is said once, and the site has no part in what identifies it. */
    const struct wpb_site *const *other_sites;
    size_t other_site_count;
    const struct wpb_subject *subject;
    const char *title;
    const char *summary; /* one to three sentences, plain words */
    const struct wpb_evidence *evidence;
    size_t evidence_count;
    struct wpb_cause cause;
    struct wpb_remedy remedy;
    const struct wpb_finding_forecast *forecast; /* NULL: none was asked for */
};

/* The order of every output: severity (worst first), code, site, subject. */
int wpb_finding_compare(const struct wpb_finding *a, const struct wpb_finding *b);

#endif
