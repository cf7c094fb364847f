/*
 * pressure.h - is this host busy? What the kernel says of waiting for processors, disks
 * and memory, and the judgement whether work that can wait should.
 *
 *   /proc/pressure/{cpu,io,memory}  "some avg10=1.23 avg60=... \n full avg10=..."
 *   /proc/stat      "cpu  user nice system idle iowait irq softirq steal ..."
 *   /proc/loadavg   "0.20 0.18 0.12 1/80 11206"
 *
 * Any of them may be absent (kernels without PSI, containers): what is not known is not
 * busy. Parsing and judging are pure; wpb_pressure_read() reads five small files of
 * /proc, which does not block.
 */
#ifndef WPB_HOST_PRESSURE_H
#define WPB_HOST_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"

struct wpb_pressure {
    /* Share of the last ten seconds, in percent, in which some task waited (`full`: in
     * which all did); below 0: not known. */
    double cpu_some, io_full, memory_full;
    double cpu_some_minute;           /* cpu_some of the last sixty seconds */
    double load1;                     /* tasks that run or wait; below 0: not known */
    unsigned cores;                   /* 0: not known */
    uint64_t ticks_all, ticks_stolen; /* since boot; ticks_all 0: not known */
    uint64_t ticks_busy;              /* of them, those that tasks of this machine used */
};

/* Nothing is known. */
void wpb_pressure_init(struct wpb_pressure *pressure);

/* Take what TEXT, the content of one of the files, says; what is no such text changes
 * nothing. Return whether it was one. */
bool wpb_pressure_parse_stall(struct wpb_slice text, double *some, double *full);
bool wpb_pressure_parse_minute(struct wpb_slice text, double *some);
bool wpb_pressure_parse_stat(struct wpb_slice text, struct wpb_pressure *pressure);
bool wpb_pressure_parse_load(struct wpb_slice text, struct wpb_pressure *pressure);

/* What the host says now. ROOT is put before the files' names: "" but in tests. */
void wpb_pressure_read(const char *root, struct wpb_pressure *pressure);

enum wpb_pressure_cause {
    WPB_PRESSURE_NONE,
    WPB_PRESSURE_CPU,
    WPB_PRESSURE_STEAL,
    WPB_PRESSURE_LOAD,
    WPB_PRESSURE_IO,
    WPB_PRESSURE_MEMORY,
};

/* The judgement, from one reading to the next. Begin with zeros. */
struct wpb_pressure_judge {
    bool is_busy;
    enum wpb_pressure_cause cause; /* the limit that made it busy, or keeps it so */
    double value;                  /* of that, in its unit */
    unsigned cores;
    unsigned calm;                    /* readings well below every limit, in a row */
    uint64_t ticks_all, ticks_stolen; /* of the reading that steal was computed from */
    double stolen;                    /* percent; below 0: not known */
    bool has_ticks;
};

/* Take a reading; returns whether the host is busy. It becomes so at the first reading
 * above a limit, and stops when three in a row are below three quarters of each. */
bool wpb_pressure_judge(struct wpb_pressure_judge *judge,
                        const struct wpb_pressure *pressure);
/* Append why: "load 9.2 on 4 cores". Nothing when it is not busy. */
void wpb_pressure_say(const struct wpb_pressure_judge *judge, struct wpb_buf *out);

#endif
