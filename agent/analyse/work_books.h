/*
 * work_books.h - the books of all pools, and what they say, as samples of windows.
 *
 * Rules see windows: what the requests of a pool say (work_verdict.h, work_routes.h) is
 * posted to the window of each site that the pool serves, about the pool itself and about
 * its resources, quantities and routes. The rates are told each time; the rest is
 * computed anew when a twenty-fourth of the rows is new, when the pool or the host has
 * another size, and when the rows have ended. Pure; one thread.
 */
#ifndef WPB_ANALYSE_WORK_BOOKS_H
#define WPB_ANALYSE_WORK_BOOKS_H

#include "agent/analyse/work_book.h"

/* More pools of one host are not followed. */
#define WPB_WORK_BOOKS_MAX 64
/* Who says what is posted here. */
#define WPB_WORK_PROBE "requests.work"

struct wpb_work_books;

/* Empty. NULL when memory is out. */
struct wpb_work_books *wpb_work_books_new(void);
void wpb_work_books_free(struct wpb_work_books *books);

/* Take what READ, the window of a turn, has of rows, with the counters of KNOWN, what is
 * known of the same site; and post to KNOWN what follows at NOW_MS. The two may be one
 * window. */
void wpb_work_books_note(struct wpb_work_books *books, const struct wpb_window *read,
                         struct wpb_window *known, int64_t now_ms);

/* The clock was set back to NOW_MS. */
void wpb_work_books_set_back(struct wpb_work_books *books, int64_t now_ms);

#endif
