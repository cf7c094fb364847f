/*
 * alarm.h - a call at a moment, to the microsecond.
 *
 * libuv's timers go by milliseconds, which is as long as a cached page takes. Loop's
 * thread only.
 */
#ifndef WPB_LOAD_ALARM_H
#define WPB_LOAD_ALARM_H

#include <stdint.h>
#include <uv.h>

/* Memory of the caller, until it is closed. */
struct wpb_load_alarm {
    uv_poll_t poll;
    int fd;
    void (*ring)(void *cookie);
    void *cookie;
};

/* Make ALARM, which calls RING. -1 when the kernel has no timer for it. */
int wpb_load_alarm_init(struct wpb_load_alarm *alarm, uv_loop_t *loop,
                        void (*ring)(void *cookie), void *cookie);
/* Ring at AT_US of CLOCK_MONOTONIC, at once when that is over; once. */
void wpb_load_alarm_set(struct wpb_load_alarm *alarm, uint64_t at_us);
void wpb_load_alarm_stop(struct wpb_load_alarm *alarm);
/* The memory is the caller's again after the loop's next turn. */
void wpb_load_alarm_close(struct wpb_load_alarm *alarm);

#endif
