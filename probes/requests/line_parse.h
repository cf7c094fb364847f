/*
 * line_parse.h - a line of a log, read with the format that it was written in.
 *
 * What stands before the first TEXT of the format is read from the left. Of the texts
 * every possible end is looked at: where there are two, a visitor may have sent what
 * looks like the rest of the line, so neither the texts nor what stands between them is
 * told. Lines that the server has cut (PHP-FPM: at 1,024 bytes, with a NUL) tell what
 * stands before the first text, and that text.
 *
 * A visitor whose bytes reach a log unescaped can also send a newline, and so a line of
 * his own: FPM's %r and %f are decoded. WPB_ACCESS_FORMAT logs %{REQUEST_URI}e instead.
 *
 * Pure; any thread; linear in the line's length for each text of the format.
 */
#ifndef WPB_REQUESTS_LINE_PARSE_H
#define WPB_REQUESTS_LINE_PARSE_H

#include "probes/requests/line_format.h"
#include "probes/requests/request_line.h"

/* No server's buffer is smaller: shorter lines are never cut. */
#define WPB_LINE_CUT_MIN 1023
/* Longer than any request takes: such a line was not written by the server. */
#define WPB_LINE_DURATION_MAX_US (86400 * UINT64_C(1000000))

enum wpb_line_match {
    WPB_LINE_READ,
    WPB_LINE_AMBIGUOUS, /* read, but for its texts */
    WPB_LINE_CUT,       /* read as far as it goes */
    WPB_LINE_NO_MATCH,  /* not written in this format; REQUEST knows nothing */
};

/* Read LINE, without its newline, into REQUEST, whose texts are slices of it. */
enum wpb_line_match wpb_line_parse(const struct wpb_line_format *format,
                                   struct wpb_slice line,
                                   struct wpb_request_line *request);

#endif
