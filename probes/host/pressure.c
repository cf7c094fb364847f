#include "probes/host/pressure.h"

#include "probes/host/kernel_text.h"

/* Above these the host is busy. CPU, steal and load: what agents that step back use, and
 * where a web server's own latency suffers. Disk and memory: at half of what makes
 * systemd-oomd kill, since work that waits for them makes both worse. */
#define CPU_SOME_PERCENT 20.0
#define STEAL_PERCENT 5.0
#define LOAD_PER_CORE 2.0
#define IO_FULL_PERCENT 40.0
#define MEMORY_FULL_PERCENT 10.0

/* Calm is below this share of each limit, for so many readings: a host at a limit does
 * not flap. */
#define CALM_SHARE 0.75
#define CALM_READINGS 3u

/* Steal is a share of at least so many ticks of all processors: a second of one. */
#define TICKS_MIN 100u

/* ---- parsing ---- */

bool wpb_pressure_parse_stall(struct wpb_slice text, double *some, double *full)
{
    double some_read, full_read = -1;

    if (!wpb_kernel_take_word(&text, "some avg10=") ||
        !wpb_kernel_take_decimal(&text, 100, &some_read) ||
        !wpb_kernel_take_word(&text, " "))
        return false;
    wpb_kernel_take_line(&text);
    /* of processors, kernels before 5.13 tell no `full` */
    if (wpb_kernel_take_word(&text, "full avg10=") &&
        (!wpb_kernel_take_decimal(&text, 100, &full_read) ||
         !wpb_kernel_take_word(&text, " ")))
        return false;
    *some = some_read;
    *full = full_read;
    return true;
}

bool wpb_pressure_parse_minute(struct wpb_slice text, double *some)
{
    double ten, sixty;

    if (!wpb_kernel_take_word(&text, "some avg10=") ||
        !wpb_kernel_take_decimal(&text, 100, &ten) ||
        !wpb_kernel_take_word(&text, " avg60=") ||
        !wpb_kernel_take_decimal(&text, 100, &sixty) || !wpb_kernel_take_word(&text, " "))
        return false;
    *some = sixty;
    return true;
}

bool wpb_pressure_parse_stat(struct wpb_slice text, struct wpb_pressure *pressure)
{
    enum { IDLE = 3, IOWAIT = 4, STEAL = 7 };
    uint64_t all = 0, busy = 0, ticks = 0;

    if (!wpb_kernel_take_word(&text, "cpu "))
        return false;
    /* user, nice, system, idle, iowait, irq, softirq, steal; guests are in user */
    for (int field = 0; field <= STEAL; field++) {
        while (wpb_kernel_take_word(&text, " "))
            ;
        if (!wpb_kernel_take_whole(&text, &ticks) || all > UINT64_MAX - ticks)
            return false;
        all += ticks;
        if (field != IDLE && field != IOWAIT && field != STEAL)
            busy += ticks;
    }
    if (text.len && text.data[0] != ' ' && text.data[0] != '\n')
        return false;
    pressure->ticks_all = all;
    pressure->ticks_stolen = ticks;
    pressure->ticks_busy = busy;
    return true;
}

bool wpb_pressure_parse_load(struct wpb_slice text, struct wpb_pressure *pressure)
{
    double load1;

    if (!wpb_kernel_take_decimal(&text, 1e6, &load1) || !wpb_kernel_take_word(&text, " "))
        return false;
    pressure->load1 = load1;
    return true;
}

/* ---- judging ---- */

void wpb_pressure_init(struct wpb_pressure *pressure)
{
    *pressure = (struct wpb_pressure){.cpu_some = -1,
                                      .cpu_some_minute = -1,
                                      .io_full = -1,
                                      .memory_full = -1,
                                      .load1 = -1};
}

/* The share of time that others on the same hardware took, in percent, since the last
 * reading that was long enough ago. */
static void note_ticks(struct wpb_pressure_judge *judge,
                       const struct wpb_pressure *pressure)
{
    uint64_t all, stolen;

    if (!judge->has_ticks)
        judge->stolen = -1;
    if (pressure->ticks_all == 0)
        return;
    if (judge->has_ticks && pressure->ticks_all >= judge->ticks_all) {
        all = pressure->ticks_all - judge->ticks_all;
        if (all < TICKS_MIN)
            return;
        /* steal may go back by some ticks when the kernel corrects it */
        stolen = pressure->ticks_stolen > judge->ticks_stolen
                     ? pressure->ticks_stolen - judge->ticks_stolen
                     : 0;
        judge->stolen = stolen < all ? 100.0 * (double)stolen / (double)all : 100.0;
    }
    judge->has_ticks = true;
    judge->ticks_all = pressure->ticks_all;
    judge->ticks_stolen = pressure->ticks_stolen;
}

bool wpb_pressure_judge(struct wpb_pressure_judge *judge,
                        const struct wpb_pressure *pressure)
{
    double worst = 0;

    note_ticks(judge, pressure);
    const struct {
        enum wpb_pressure_cause cause;
        double value, limit;
    } limits[] = {
        {WPB_PRESSURE_CPU, pressure->cpu_some, CPU_SOME_PERCENT},
        {WPB_PRESSURE_STEAL, judge->stolen, STEAL_PERCENT},
        {WPB_PRESSURE_LOAD, pressure->cores ? pressure->load1 : -1,
         LOAD_PER_CORE * pressure->cores},
        {WPB_PRESSURE_IO, pressure->io_full, IO_FULL_PERCENT},
        {WPB_PRESSURE_MEMORY, pressure->memory_full, MEMORY_FULL_PERCENT},
    };
    enum wpb_pressure_cause cause = WPB_PRESSURE_NONE;
    double value = 0;

    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        if (limits[i].value <= 0 || limits[i].value / limits[i].limit <= worst)
            continue;
        worst = limits[i].value / limits[i].limit;
        cause = limits[i].cause;
        value = limits[i].value;
    }
    judge->calm = worst < CALM_SHARE ? judge->calm + 1 : 0;
    if (worst > 1)
        judge->is_busy = true;
    else if (judge->calm >= CALM_READINGS)
        judge->is_busy = false;
    if (worst > CALM_SHARE || !judge->is_busy) {
        judge->cause = judge->is_busy ? cause : WPB_PRESSURE_NONE;
        judge->value = value;
        judge->cores = pressure->cores;
    }
    return judge->is_busy;
}

void wpb_pressure_say(const struct wpb_pressure_judge *judge, struct wpb_buf *out)
{
    switch (judge->cause) {
    case WPB_PRESSURE_NONE:
        break;
    case WPB_PRESSURE_CPU:
        wpb_buf_printf(out, "tasks waited for a processor %.0f %% of the time",
                       judge->value);
        break;
    case WPB_PRESSURE_STEAL:
        wpb_buf_printf(out, "other machines took %.0f %% of the processors",
                       judge->value);
        break;
    case WPB_PRESSURE_LOAD:
        wpb_buf_printf(out, "load %.1f on %u core%s", judge->value, judge->cores,
                       judge->cores == 1 ? "" : "s");
        break;
    case WPB_PRESSURE_IO:
        wpb_buf_printf(out, "everything waited for disks %.0f %% of the time",
                       judge->value);
        break;
    case WPB_PRESSURE_MEMORY:
        wpb_buf_printf(out, "everything waited for memory %.0f %% of the time",
                       judge->value);
        break;
    }
}
