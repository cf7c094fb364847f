#include "agent/load/run.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/load/alarm.h"
#include "agent/load/clients.h"
#include "agent/load/judge.h"

#define STAGE "load"
#define SECOND_US 1000000u
#define RESTLESS_US 1000000u
/* An arrival that we come to so late is not sent any more: a burst of them would be our
 * doing and not the visitors'. */
#define TOO_LATE_US 1000000u
/* Exponential arrivals may be a few more than planned; never many. */
#define REQUESTS_MOST (WPB_LOAD_REQUESTS_MAX + WPB_LOAD_REQUESTS_MAX / 10)

/* Sums of a second, for demand.h. */
struct window {
    uint64_t begun_us;
    struct wpb_load_counters host;
    double requests, busy;
    unsigned looks;
};

struct run {
    const struct wpb_load_plan *plan;
    struct wpb_load_sensors *sensors;
    struct wpb_load_result *result;
    uv_loop_t loop;
    struct wpb_load_clients *clients;
    struct wpb_load_alarm alarm;
    uv_timer_t pulse;
    uv_signal_t interrupt, terminate;
    bool is_interrupted;
    size_t next_target;
    uint64_t sent; /* in all steps */

    /* The step under way. */
    struct wpb_load_step *step;
    struct wpb_load_schedule schedule;
    uint64_t begun_us, planned_us;
    uint64_t step_sent, refused, slow; /* refused: too many were in flight */
    bool is_arriving, has_half;
    struct window window;
    double busy_sum, queue_sum;
    unsigned looks, busy_looks;
};

/* ---- arrivals */

static void end_arrivals(struct run *run, uint64_t elapsed_us)
{
    run->is_arriving = false;
    run->step->lasted_s = (double)elapsed_us / SECOND_US;
    run->step->in_flight_end = wpb_load_clients_in_flight(run->clients);
    wpb_load_alarm_stop(&run->alarm);
}

static void arrive(struct run *run, uint64_t at_us, uint64_t now_us)
{
    const struct wpb_load_plan *plan = run->plan;
    const struct wpb_load_target *target = &plan->targets[run->next_target];
    struct wpb_load_step *step = run->step;
    bool is_sent = false;

    run->next_target = (run->next_target + 1) % plan->target_count;
    step->offered++;
    wpb_latency_add(&step->lag, now_us - at_us);
    if (now_us - at_us < TOO_LATE_US && run->sent < REQUESTS_MOST) {
        is_sent = wpb_load_clients_send(run->clients, target, at_us);
        run->refused += !is_sent;
    }
    run->sent += is_sent;
    run->step_sent += is_sent;
    step->dropped += !is_sent;
}

static void on_alarm(void *cookie)
{
    struct run *run = cookie;

    while (run->is_arriving) {
        uint64_t now_us = wpb_load_now_us();
        uint64_t due_us = wpb_load_schedule_at_us(&run->schedule);
        if (due_us > run->planned_us)
            due_us = run->planned_us;
        if (run->begun_us + due_us > now_us) {
            wpb_load_alarm_set(&run->alarm, run->begun_us + due_us);
            return;
        }
        if (due_us == run->planned_us) {
            end_arrivals(run, run->planned_us);
            return;
        }
        arrive(run, run->begun_us + due_us, now_us);
        wpb_load_schedule_step(&run->schedule);
    }
}

static void on_answer(void *cookie, const struct wpb_load_answer *answer)
{
    struct run *run = cookie;
    struct wpb_load_step *step = run->step;

    step->outcomes[answer->outcome]++;
    step->body_bytes += answer->body_bytes;
    if (answer->response_us > run->plan->stop.slow_us)
        run->slow++;
    if (answer->outcome == WPB_LOAD_ANSWERED) {
        wpb_latency_add(&step->service, answer->service_us);
        if (run->is_arriving) {
            step->in_time++;
            run->window.requests++;
        }
    }
    /* A failure may be fast, which must not make the others look better. */
    if (answer->outcome == WPB_LOAD_ANSWERED || answer->outcome == WPB_LOAD_TIMED_OUT ||
        answer->outcome == WPB_LOAD_CUT_OFF)
        wpb_latency_add(&step->response, answer->response_us);
}

/* ---- several times a second */

static void begin_window(struct run *run, uint64_t now_us)
{
    run->window = (struct window){.begun_us = now_us};
    wpb_load_sensors_read_host(run->sensors, &run->window.host);
}

static void end_window(struct run *run, uint64_t now_us)
{
    struct wpb_load_result *result = run->result;
    struct wpb_demand_window *kept = &result->windows[result->window_count];
    double seconds = (double)(now_us - run->window.begun_us) / SECOND_US;
    struct wpb_load_counters host;

    if (result->window_count == WPB_LOAD_WINDOWS_MAX)
        return;
    wpb_load_sensors_read_host(run->sensors, &host);
    result->window_count++;
    *kept =
        (struct wpb_demand_window){.seconds = seconds, .requests = run->window.requests};
    for (size_t i = 0; i < WPB_RESOURCES; i++)
        kept->busy_s[i] = NAN;
    kept->busy_s[WPB_RESOURCE_CPU] =
        host.values[WPB_LOAD_CPU_BUSY_S] - run->window.host.values[WPB_LOAD_CPU_BUSY_S];
    if (run->window.looks)
        kept->busy_s[WPB_RESOURCE_WORKERS] =
            run->window.busy / run->window.looks * seconds;
}

/* Look at the pool. Returns how many wait for a worker; 0 where that is not known. */
static uint32_t look(struct run *run)
{
    struct wpb_load_use *use = &run->step->use;
    struct wpb_load_pool_look seen;

    if (!wpb_load_sensors_look(run->sensors, &seen))
        return 0;
    run->looks++;
    run->queue_sum += seen.queue;
    use->queue_most = fmax(use->queue_most, seen.queue);
    if (seen.has_busy) {
        run->busy_looks++;
        run->busy_sum += seen.busy;
        run->window.looks++;
        run->window.busy += seen.busy;
        use->workers_busy_most = fmax(use->workers_busy_most, seen.busy);
    }
    return seen.queue;
}

static void stop_step(struct run *run, enum wpb_load_stop stop)
{
    if (run->is_arriving) {
        run->step->stop = stop;
        end_arrivals(run, wpb_load_now_us() - run->begun_us);
    }
    wpb_load_clients_cut_off(run->clients);
}

static struct wpb_load_pulse pulse_of(const struct run *run, uint32_t queue)
{
    const struct wpb_load_step *step = run->step;
    uint64_t slow_us = run->plan->stop.slow_us, now_us = wpb_load_now_us();

    return (struct wpb_load_pulse){
        .sent = run->step_sent,
        .ended = wpb_load_step_ended(step),
        .server_errors = step->outcomes[WPB_LOAD_SERVER_ERROR],
        .timeouts = step->outcomes[WPB_LOAD_TIMED_OUT],
        .failures = wpb_load_step_failed(step),
        .slow = run->slow + (now_us > slow_us
                                 ? wpb_load_clients_older(run->clients, now_us - slow_us)
                                 : 0),
        .dropped = run->refused,
        .queue = queue};
}

static void on_pulse(uv_timer_t *timer)
{
    struct run *run = timer->data;
    uint64_t now_us = wpb_load_now_us();
    struct wpb_load_pulse pulse;
    enum wpb_load_stop stop;

    if (!run->is_arriving)
        return;
    if (!run->has_half && now_us - run->begun_us >= run->planned_us / 2) {
        run->has_half = true;
        run->step->in_flight_half = wpb_load_clients_in_flight(run->clients);
    }
    pulse = pulse_of(run, look(run));
    if (now_us - run->window.begun_us >= SECOND_US) {
        end_window(run, now_us);
        begin_window(run, now_us);
    }
    stop = wpb_load_stop_of(&pulse, &run->plan->stop);
    if (stop != WPB_LOAD_NOT_STOPPED)
        stop_step(run, stop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;

    (void)number;
    run->is_interrupted = true;
    if (run->step)
        stop_step(run, WPB_LOAD_STOP_INTERRUPTED);
}

/* ---- a step */

static void begin_step(struct run *run, struct wpb_load_step *step, double rate,
                       double seconds, uint64_t seed)
{
    memset(step, 0, sizeof(*step));
    step->rate = rate;
    step->planned_s = seconds;
    run->step = step;
    run->step_sent = run->refused = run->slow = 0;
    run->busy_sum = run->queue_sum = 0;
    run->looks = run->busy_looks = 0;
    run->has_half = false;
    run->is_arriving = true;
    run->begun_us = wpb_load_now_us();
    run->planned_us = (uint64_t)(seconds * SECOND_US);
    wpb_load_schedule_begin(&run->schedule, run->plan->arrivals, rate, seed);
    begin_window(run, run->begun_us);
    on_alarm(run);
}

static void end_step(struct run *run)
{
    struct wpb_load_use *use = &run->step->use;

    use->workers_busy = run->busy_looks ? run->busy_sum / run->busy_looks : NAN;
    use->queue = run->looks ? run->queue_sum / run->looks : NAN;
    if (!run->busy_looks)
        use->workers_busy_most = NAN;
    if (!run->looks)
        use->queue_most = NAN;
    run->step = NULL;
}

static void run_step(struct run *run, struct wpb_load_step *step, double rate,
                     double seconds, uint64_t seed,
                     const struct wpb_load_background *background)
{
    struct wpb_load_counters before, after;

    wpb_load_sensors_read(run->sensors, &before);
    begin_step(run, step, rate, seconds, seed);
    uv_update_time(&run->loop);
    uv_timer_start(&run->pulse, on_pulse, WPB_LOAD_PULSE_MS, WPB_LOAD_PULSE_MS);
    while (run->is_arriving || wpb_load_clients_in_flight(run->clients))
        uv_run(&run->loop, UV_RUN_ONCE);
    uv_timer_stop(&run->pulse);
    end_step(run);
    wpb_load_sensors_read(run->sensors, &after);
    wpb_load_work_of(&before, &after, background, (double)wpb_load_step_ended(step),
                     &step->work, &step->use);
}

static void on_quiet_over(uv_timer_t *timer)
{
    bool *is_over = timer->data;

    *is_over = true;
}

/* What goes on without us. */
static void watch_quietly(struct run *run, struct wpb_load_background *background)
{
    struct wpb_load_counters readings[3];
    bool is_over = false;

    wpb_load_sensors_read(run->sensors, &readings[0]);
    wpb_load_sensors_read(run->sensors, &readings[1]);
    run->pulse.data = &is_over;
    uv_update_time(&run->loop);
    /* Again and again: a turn that finds it over would else wait for ever. */
    uv_timer_start(&run->pulse, on_quiet_over, (uint64_t)(run->plan->quiet_s * 1000),
                   WPB_LOAD_PULSE_MS);
    while (!is_over && !run->is_interrupted)
        uv_run(&run->loop, UV_RUN_ONCE);
    uv_timer_stop(&run->pulse);
    run->pulse.data = run;
    wpb_load_sensors_read(run->sensors, &readings[2]);
    wpb_load_background_of(readings, background);
}

/* The warm-up's windows and step are thrown away, unless it was stopped. False then. */
static bool warm_up(struct run *run, const struct wpb_load_background *background,
                    wpb_load_begins *begins, void *cookie)
{
    const struct wpb_load_plan *plan = run->plan;
    struct wpb_load_step *step = &run->result->steps[0];

    if (!(plan->warmup_s > 0))
        return true;
    begins(cookie, 0, plan->rates[0]);
    run_step(run, step, plan->rates[0], plan->warmup_s, ~plan->seed, background);
    run->result->window_count = 0;
    run->result->is_stopped_warming =
        step->stop != WPB_LOAD_NOT_STOPPED && step->stop != WPB_LOAD_STOP_INTERRUPTED;
    run->result->step_count = run->result->is_stopped_warming;
    return !run->result->is_stopped_warming;
}

static void run_steps(struct run *run, wpb_load_begins *begins, void *cookie)
{
    const struct wpb_load_plan *plan = run->plan;
    struct wpb_load_result *result = run->result;
    struct wpb_load_background background;

    watch_quietly(run, &background);
    if (run->is_interrupted || !warm_up(run, &background, begins, cookie))
        return;
    for (size_t i = 0; i < plan->step_count && !run->is_interrupted; i++) {
        struct wpb_load_step *step = &result->steps[result->step_count++];
        begins(cookie, i + 1, plan->rates[i]);
        run_step(run, step, plan->rates[i], plan->step_s, plan->seed + i, &background);
        if (step->stop != WPB_LOAD_NOT_STOPPED ||
            wpb_load_verdict_is_broken(wpb_load_verdict_of(step, plan->slo_s)))
            return;
    }
}

/* ---- life */

/* The loop has then nothing left to wait for. */
static void on_clients_closed(void *cookie)
{
    (void)cookie;
}

static void watch_signal(struct run *run, uv_signal_t *handle, int number)
{
    uv_signal_init(&run->loop, handle);
    handle->data = run;
    uv_signal_start(handle, on_signal, number);
    uv_unref((uv_handle_t *)handle);
}

static void close_all(struct run *run)
{
    wpb_load_alarm_close(&run->alarm);
    uv_close((uv_handle_t *)&run->pulse, NULL);
    uv_close((uv_handle_t *)&run->interrupt, NULL);
    uv_close((uv_handle_t *)&run->terminate, NULL);
    wpb_load_clients_close(run->clients, on_clients_closed, run);
    uv_run(&run->loop, UV_RUN_DEFAULT);
}

/* A generator that waits for a processor behind the server it loads measures itself.
 * Where we may (root), we go first: it takes us a few percent of one. A nice value would
 * not do, which the kernel compares only within a session (sched(7), autogroup). Should
 * we ever not rest for RESTLESS_US, the kernel ends us. */
static void go_first(void)
{
    const struct rlimit restless = {RESTLESS_US, RESTLESS_US};
    const struct sched_param least = {.sched_priority = 1};

    if (setrlimit(RLIMIT_RTTIME, &restless) == 0)
        (void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &least);
}

static void go_as_others(void)
{
    const struct sched_param none = {0};

    (void)sched_setscheduler(0, SCHED_OTHER, &none);
}

static int open_all(struct run *run)
{
    run->clients = wpb_load_clients_new(&run->loop, run->plan->timeout_ms,
                                        run->plan->user_agent, on_answer, run);
    if (!run->clients)
        return -1;
    if (wpb_load_alarm_init(&run->alarm, &run->loop, on_alarm, run)) {
        wpb_load_clients_close(run->clients, on_clients_closed, run);
        uv_run(&run->loop, UV_RUN_DEFAULT);
        return -1;
    }
    uv_timer_init(&run->loop, &run->pulse);
    run->pulse.data = run;
    watch_signal(run, &run->interrupt, SIGINT);
    watch_signal(run, &run->terminate, SIGTERM);
    return 0;
}

int wpb_load_run(const struct wpb_load_plan *plan, struct wpb_load_sensors *sensors,
                 wpb_load_begins *begins, void *cookie, struct wpb_load_result *result,
                 struct wpb_err *err)
{
    struct run *run = calloc(1, sizeof(*run));

    memset(result, 0, sizeof(*result));
    if (!run || uv_loop_init(&run->loop)) {
        free(run);
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no loop can be made");
    }
    run->plan = plan;
    run->sensors = sensors;
    run->result = result;
    if (open_all(run)) {
        uv_loop_close(&run->loop);
        free(run);
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for clients");
    }
    go_first();
    run_steps(run, begins, cookie);
    go_as_others();
    result->is_interrupted = run->is_interrupted;
    close_all(run);
    uv_loop_close(&run->loop);
    free(run);
    return 0;
}
