/*
 * access_format.h - PHP-FPM's access.format, compiled.
 *
 *   format: { literal byte | "%%" | "%" [ "{" argument "}" ] conversion }
 *   conversion                                                       told as
 *     T {strftime}  t {strftime}      written at the end, accepted   end of the request
 *     d {seconds,milli,micro...}      time in the worker             duration
 *     C {user,system,total}           CPU, percent of the duration   CPU
 *     M {bytes,kilo,mega...}          peak memory                    memory
 *     n  p  m  s                      pool, pid, method, status
 *     r [Q q]                         the script's URI               path (rewritten),
 * query f                               script file                    script e {NAME}
 * REQUEST_URI, HTTP_HOST, SERVER_NAME, SCRIPT_NAME, QUERY_STRING, REQUEST_METHOD,
 * SCRIPT_FILENAME, HTTP_USER_AGENT; others are passed over o {Header}  one whose name
 * ends in "queries" counts them; others are passed over l  P  R  u passed over: bytes of
 * the body, master, client, user
 *
 * As in FPM's own code modifiers are spelled in any case, "mili" and "milli" alike. What
 * FPM would refuse to start with is refused. A backslash before a quote, as a pool file
 * writes it, is taken out.
 *
 * FPM escapes nothing, and its %r is SCRIPT_NAME, decoded: with permalinks it says
 * /index.php for every page, and %0A in a URI begins a new line of the log. Hence
 * %{REQUEST_URI}e in the format that we recommend, which is the undecoded request. Texts
 * come last in it, since lines are cut at 1,024 bytes; the longest comes first of them.
 *
 * Pure; memory of the caller; any thread.
 */
#ifndef WPB_REQUESTS_ACCESS_FORMAT_H
#define WPB_REQUESTS_ACCESS_FORMAT_H

#include "probes/requests/line_format.h"

/* What we recommend, as FPM sees it (a pool file writes \" for each "). */
#define WPB_ACCESS_FORMAT                                                                \
    "%{%s}T %n %p %m %s %{micro}d %{bytes}M %{user}C %{system}C %l "                     \
    "\"%{REQUEST_URI}e\" \"%{HTTP_HOST}e\" \"%f\""
/* FPM's own, when access.log is set and access.format is not. */
#define WPB_ACCESS_FORMAT_DEFAULT "%R - %u %t \"%m %r\" %s"

/* Compile TEXT into FORMAT. -1 with the reason, for the administrator, in ERR. */
int wpb_access_format(struct wpb_line_format *format, struct wpb_slice text,
                      struct wpb_err *err);

#endif
