/*
 * worker.h - the one thread for calls that block.
 *
 * Jobs are done one at a time, in the order they were submitted, so that a server is
 * never asked two things at once however many sites lie on it. The thread is made with
 * the first job. All functions are called on the loop's thread.
 */
#ifndef WPB_SCHEDULE_WORKER_H
#define WPB_SCHEDULE_WORKER_H

#include <uv.h>

#include "wpbloat/probe.h"

struct wpb_worker;

/* A worker that calls back on LOOP. It does not keep the loop running but while a job is
 * not done. NULL when memory or handles are out. */
struct wpb_worker *wpb_worker_new(uv_loop_t *loop);

/* `done` of JOB is called from a later turn of the loop; without `work` before it when
 * the thread cannot be made. */
void wpb_worker_submit(struct wpb_worker *worker, struct wpb_job *job);

/* Free what the jobs kept, end the thread, and close the handle: the worker's memory is
 * freed by a later turn of the loop. No job may be left. */
void wpb_worker_close(struct wpb_worker *worker);

#endif
