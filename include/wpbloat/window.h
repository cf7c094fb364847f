/*
 * window.h - the newest samples of one site, by subject: what a rule sees.
 *
 * The window copies what is posted into its own arena and keeps the newest
 * sample per (subject, metric), and what a history says of some of them. It is bounded:
 * past WPB_WINDOW_SUBJECTS_MAX subjects further ones are dropped and counted. One thread.
 */
#ifndef WPBLOAT_WINDOW_H
#define WPBLOAT_WINDOW_H

#include <stdbool.h>

#include "wpbloat/outlook.h"
#include "wpbloat/sample.h"
#include "wpbloat/site.h"
#include "wpbloat/work.h"

#define WPB_WINDOW_SUBJECTS_MAX 20000
/* Two days of minutes. */
#define WPB_WINDOW_WORK_MAX 2880

struct wpb_window;

/* An empty window for SITE, which must outlive it. NOW_MS is the time the rules
 * take as now. Free with wpb_window_free(). */
struct wpb_window *wpb_window_new(const struct wpb_site *site, int64_t now_ms);
void wpb_window_free(struct wpb_window *window);

const struct wpb_site *wpb_window_site(const struct wpb_window *window);
int64_t wpb_window_now_ms(const struct wpb_window *window);
/* The rules take NOW_MS as now from here on. */
void wpb_window_set_now(struct wpb_window *window, int64_t now_ms);
/* Subjects that did not fit. */
uint64_t wpb_window_dropped(const struct wpb_window *window);

/* Copy SAMPLE in; an equal (subject, metric) is replaced by a newer or equal
 * time. Names above 64 KiB are refused (dropped and counted). */
void wpb_window_post(struct wpb_window *window, const struct wpb_sample *sample);

/* The window's own copy of SUBJECT, or NULL when nothing was posted about it. */
const struct wpb_subject *wpb_window_find(const struct wpb_window *window,
                                          const struct wpb_subject *subject);
/* The newest sample, or NULL when unknown. Valid until the window is freed or
 * the same (subject, metric) is posted again. */
const struct wpb_sample *wpb_window_get(const struct wpb_window *window,
                                        const struct wpb_subject *subject,
                                        enum wpb_metric metric);
/* Shorthands: FALLBACK when unknown or of another type. Text is "" (len 0). */
int64_t wpb_window_integer(const struct wpb_window *window,
                           const struct wpb_subject *subject, enum wpb_metric metric,
                           int64_t fallback);
struct wpb_slice wpb_window_text(const struct wpb_window *window,
                                 const struct wpb_subject *subject,
                                 enum wpb_metric metric);

/* Walk the subjects of KIND, in order of first posting: start with
 * *CURSOR = 0; NULL at the end. With PARENT not NULL only its children. */
const struct wpb_subject *wpb_window_next(const struct wpb_window *window,
                                          enum wpb_subject_kind kind,
                                          const struct wpb_subject *parent,
                                          size_t *cursor);

/* Post to WINDOW what FROM holds: samples for which KEEP (NULL: every one) is true, and
 * with them the outlooks of their subjects. */
void wpb_window_carry(struct wpb_window *window, const struct wpb_window *from,
                      bool (*keep)(void *cookie, const struct wpb_sample *sample),
                      void *cookie);

/* Copy OUTLOOK in, in the place of an earlier one of the same metric of SUBJECT; a
 * later one stays. */
void wpb_window_post_outlook(struct wpb_window *window, const struct wpb_subject *subject,
                             const struct wpb_outlook *outlook);
/* The outlook of METRIC of SUBJECT; NULL where there is no history, as in a scan. Valid
 * as a sample of the window is. */
const struct wpb_outlook *wpb_window_outlook(const struct wpb_window *window,
                                             const struct wpb_subject *subject,
                                             enum wpb_metric metric);

/* Copy ROW of POOL in, behind the earlier ones. Beyond WPB_WINDOW_WORK_MAX of all pools
 * the oldest are dropped and counted. Rows are of the turn in which
 * they were read: wpb_window_carry() leaves them behind. */
void wpb_window_post_work(struct wpb_window *window, const struct wpb_subject *pool,
                          const struct wpb_work_row *row);
/* Walk the rows in order of posting: start with *CURSOR = 0; NULL at the end. POOL is set
 * to the window's own subject. Valid until the next row is posted. */
const struct wpb_work_row *wpb_window_next_work(const struct wpb_window *window,
                                                size_t *cursor,
                                                const struct wpb_subject **pool);

#endif
