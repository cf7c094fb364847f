/*
 * agent_numbers.h - what the agent knows of itself, for monitoring.
 *
 * The daemon fills it when somebody asks for its metrics; a scan has none. Plain numbers,
 * nothing owned: counters are since the agent started and never fall, all else is the
 * state of now. What is not known yet is 0.
 */
#ifndef WPB_OUTPUT_AGENT_NUMBERS_H
#define WPB_OUTPUT_AGENT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row a type of sink, not one a sink: several of a type are added up. */
#define WPB_AGENT_SINKS_MAX 5

struct wpb_sink_numbers {
    const char *type;      /* "file", "webhook": each at most once; static */
    uint64_t delivered;    /* counter: states of alerts that arrived */
    uint64_t failed;       /* counter: attempts that will be made again */
    uint64_t dead_letters; /* counter: states that the receiver will never take */
    uint64_t queued;       /* states that wait for their delivery */
};

struct wpb_agent_numbers {
    int64_t started_ms;      /* Unix time */
    int64_t last_success_ms; /* Unix time of the last look that measured something */
    uint64_t looks;          /* counter: at the sites, one an interval */
    uint64_t looks_skipped;  /* counter: their time had passed before they could begin */

    uint64_t alerts_pending, alerts_firing;
    uint64_t alerts_suppressed; /* would fire, but for an alert they follow from, or the
                                   limit of a site */

    struct wpb_sink_numbers sinks[WPB_AGENT_SINKS_MAX];
    size_t sink_count;

    uint64_t history_bytes;   /* on disk, its journal included */
    bool history_is_degraded; /* kept in memory only: the disk is full, or the file bad */

    uint64_t redis_commands;   /* counter: sent, to all servers */
    uint64_t mysql_statements; /* counter */
    uint64_t targets_paused;   /* servers left alone for a while, since they failed */
    bool config_is_current;    /* the file was good when it was last read */

    uint64_t resident_bytes; /* of this process */
    uint64_t cpu_ms;         /* counter: user and system time of this process */
};

#endif
