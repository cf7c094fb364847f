/* host.memory: how much memory and how many processors this machine has. */
#include <stdlib.h>
#include <unistd.h>

#include "probes/host/cpu_quota.h"
#include "probes/host/probes.h"

struct memory {
    struct wpb_run *run;
};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    struct memory *memory = malloc(sizeof(*memory));

    if (!memory) {
        wpb_err_set(err, WPB_E_MEMORY, "host", "out of memory");
        return NULL;
    }
    memory->run = run;
    wpb_run_step_in(run, 0);
    return memory;
}

static const struct wpb_subject host = {
    .kind = WPB_SUBJECT_HOST, .scope = WPB_SLICE(""), .name = WPB_SLICE("")};

static void post(struct wpb_run *run, enum wpb_metric metric, long value)
{
    if (value > 0)
        wpb_run_post(run, NULL, &host, metric, wpb_value_count((uint64_t)value),
                     WPB_EXACT);
}

/* Of a container those it may use, which may be one and a half. */
static void post_cores(struct wpb_run *run)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    struct wpb_cpu_quota quota;

    if (!wpb_cpu_quota_read("", online, &quota))
        post(run, WPB_M_CORES, online);
    else if (quota.cores == (double)(long)quota.cores)
        post(run, WPB_M_CORES, (long)quota.cores);
    else
        wpb_run_post(run, NULL, &host, WPB_M_CORES, wpb_value_double(quota.cores),
                     WPB_EXACT);
}

static void step(void *state)
{
    struct memory *memory = state;
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);

    post_cores(memory->run);
    if (pages > 0 && page_bytes > 0)
        post(memory->run, WPB_M_RAM_BYTES, pages * page_bytes);
    wpb_run_progress(memory->run, 1, 1, NULL);
    wpb_run_end(memory->run, WPB_COVERAGE_OK, "%s", "");
}

/* The step that was asked for ends it. */
static void cancel(void *state)
{
    (void)state;
}

const struct wpb_probe wpb_probe_host_memory = {
    .name = "host.memory",
    .help = "memory and processors of this machine",
    .unit = "hosts",
    .needs = "host",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 1000,
    .max_items = 1,
    .grants = "none",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = free,
};
