/*
 * web_log.h - the access log of nginx or Apache, by the format it is configured with.
 *
 *   nginx's log_format: { literal byte | "$" name | "${" name "}" }
 *     msec time_iso8601 time_local    end        request_time   duration, to the last
 * byte request request_uri request_method args query_string uri document_uri status host
 * http_host server_name pid request_filename upstream_response_time          "0.1, 0.2 :
 * 0.3", one a try; "-" or "": not to PHP upstream_cache_status           what nginx's own
 * cache did every other name is passed over Apache's LogFormat: { literal byte | "%%" |
 * "%" { "<" | ">" | "!" | digit | "," } [ "{" argument "}" ] directive } t
 * {sec,msec,usec,msec_frac,usec_frac,strftime; begin:,end:}   start, or end D  T
 * {s,ms,us}                  duration   r U q m s f v V P  {Host}i every other directive
 * is passed over; \" and \\ are taken as in the configuration
 *
 * Upstream time minus FPM's duration is the wait in the accept queue. Where the server
 * escapes quotes (nginx: unless escape=none; Apache: always) a text in quotes can hold
 * anything; elsewhere its end must be proven (line_format.h).
 *
 * Pure; memory of the caller; any thread.
 */
#ifndef WPB_REQUESTS_WEB_LOG_H
#define WPB_REQUESTS_WEB_LOG_H

#include "probes/requests/line_format.h"

/* What both call "combined", and what we recommend in its place. */
#define WPB_NGINX_COMBINED                                                               \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "   \
    "\"$http_referer\" \"$http_user_agent\""
#define WPB_NGINX_FORMAT                                                                 \
    "$msec $request_time $status $request_method \"$request_uri\" \"$host\" "            \
    "\"$upstream_response_time\" \"$upstream_cache_status\""
#define WPB_APACHE_COMBINED                                                              \
    "%h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\""
#define WPB_APACHE_FORMAT WPB_APACHE_COMBINED " %D"

enum wpb_nginx_escape { WPB_NGINX_DEFAULT, WPB_NGINX_JSON, WPB_NGINX_NONE };

/* Compile TEXT, the strings of a log_format one after the other and without their quotes,
 * or the string of a LogFormat. -1 with the reason in ERR. */
int wpb_web_log_nginx(struct wpb_line_format *format, struct wpb_slice text,
                      enum wpb_nginx_escape escape, struct wpb_err *err);
int wpb_web_log_apache(struct wpb_line_format *format, struct wpb_slice text,
                       struct wpb_err *err);

#endif
