#include "agent/load/alarm.h"

#include <sys/timerfd.h>
#include <unistd.h>

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct wpb_load_alarm *alarm = poll->data;
    uint64_t rung;

    (void)status;
    (void)events;
    /* Nothing to read: it was set anew since. */
    if (read(alarm->fd, &rung, sizeof(rung)) == (ssize_t)sizeof(rung))
        alarm->ring(alarm->cookie);
}

int wpb_load_alarm_init(struct wpb_load_alarm *alarm, uv_loop_t *loop,
                        void (*ring)(void *cookie), void *cookie)
{
    alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (alarm->fd < 0)
        return -1;
    if (uv_poll_init(loop, &alarm->poll, alarm->fd)) {
        close(alarm->fd);
        return -1;
    }
    alarm->poll.data = alarm;
    alarm->ring = ring;
    alarm->cookie = cookie;
    uv_poll_start(&alarm->poll, UV_READABLE, on_ready);
    return 0;
}

void wpb_load_alarm_set(struct wpb_load_alarm *alarm, uint64_t at_us)
{
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(at_us / 1000000u),
                                           .tv_nsec = (long)(at_us % 1000000u) * 1000}};

    timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void wpb_load_alarm_stop(struct wpb_load_alarm *alarm)
{
    struct itimerspec never = {0};

    timerfd_settime(alarm->fd, 0, &never, NULL);
}

static void on_closed(uv_handle_t *handle)
{
    struct wpb_load_alarm *alarm = handle->data;

    close(alarm->fd);
}

void wpb_load_alarm_close(struct wpb_load_alarm *alarm)
{
    uv_poll_stop(&alarm->poll);
    uv_close((uv_handle_t *)&alarm->poll, on_closed);
}
