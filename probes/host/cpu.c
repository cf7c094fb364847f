/* host.cpu: processor time in use on this machine, taken from it, and waited for.
 *
 * Where a container's quota binds, the times are the container's: what it used, and how
 * long it was kept waiting although it had work, in the place of what a hypervisor gave
 * to others. Both say the same to a reader: measured then, the site looks slower than
 * it is. */
#include <stdlib.h>
#include <unistd.h>

#include "probes/host/cpu_quota.h"
#include "probes/host/pressure.h"
#include "probes/host/probes.h"

struct cpu {
    struct wpb_run *run;
};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    struct cpu *cpu = malloc(sizeof(*cpu));

    if (!cpu) {
        wpb_err_set(err, WPB_E_MEMORY, "host", "out of memory");
        return NULL;
    }
    cpu->run = run;
    wpb_run_step_in(run, 0);
    return cpu;
}

static void post(struct wpb_run *run, enum wpb_metric metric, double value,
                 enum wpb_provenance provenance)
{
    static const struct wpb_subject host = {
        .kind = WPB_SUBJECT_HOST, .scope = WPB_SLICE(""), .name = WPB_SLICE("")};

    wpb_run_post(run, NULL, &host, metric, wpb_value_double(value), provenance);
}

/* False when the kernel tells neither of its times. */
static bool post_times(struct wpb_run *run, const struct wpb_pressure *pressure)
{
    double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    struct wpb_cpu_quota quota;

    if (wpb_cpu_quota_read("", (long)pressure->cores, &quota)) {
        post(run, WPB_M_CPU_BUSY_SECONDS, quota.used_s, WPB_EXACT);
        post(run, WPB_M_CPU_STOLEN_SECONDS, quota.throttled_s, WPB_ESTIMATED);
        return true;
    }
    if (pressure->ticks_all == 0 || ticks_per_s <= 0)
        return false;
    post(run, WPB_M_CPU_BUSY_SECONDS, (double)pressure->ticks_busy / ticks_per_s,
         WPB_EXACT);
    post(run, WPB_M_CPU_STOLEN_SECONDS, (double)pressure->ticks_stolen / ticks_per_s,
         WPB_EXACT);
    return true;
}

static void step(void *state)
{
    struct cpu *cpu = state;
    struct wpb_pressure pressure;
    bool has_times, has_waits;

    wpb_pressure_read("", &pressure);
    has_times = post_times(cpu->run, &pressure);
    has_waits = pressure.cpu_some_minute >= 0;
    if (has_waits)
        post(cpu->run, WPB_M_CPU_WAIT_RATIO, pressure.cpu_some_minute / 100, WPB_EXACT);
    wpb_run_progress(cpu->run, has_times || has_waits, 1, NULL);
    if (!has_times && !has_waits)
        wpb_run_end(cpu->run, WPB_COVERAGE_UNAVAILABLE,
                    "neither /proc/stat nor /proc/pressure/cpu can be read");
    else if (!has_times)
        wpb_run_end(cpu->run, WPB_COVERAGE_PARTIAL, "/proc/stat cannot be read");
    else if (!has_waits)
        wpb_run_end(cpu->run, WPB_COVERAGE_PARTIAL,
                    "this kernel does not tell how long tasks wait for a processor: "
                    "/proc/pressure/cpu is not there (boot it with psi=1)");
    else
        wpb_run_end(cpu->run, WPB_COVERAGE_OK, "%s", "");
}

/* The step that was asked for ends it. */
static void cancel(void *state)
{
    (void)state;
}

const struct wpb_probe wpb_probe_host_cpu = {
    .name = "host.cpu",
    .help = "processor time used on this machine, taken from it, and waited for",
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
