/*
 * limits.h - what `wpbloat load` never does, whatever it is told.
 *
 * Bounds of the code and not of a configuration: a mistake in a command must not become
 * an attack. They suffice to find the knee of a PHP pool of one host.
 */
#ifndef WPB_LOAD_LIMITS_H
#define WPB_LOAD_LIMITS_H

#define WPB_LOAD_RATE_MAX 200.0 /* requests a second */
#define WPB_LOAD_STEPS_MAX 12
#define WPB_LOAD_STEP_SECONDS_MAX 60
#define WPB_LOAD_SECONDS_MAX 600    /* of all steps */
#define WPB_LOAD_REQUESTS_MAX 20000 /* of all steps */
#define WPB_LOAD_IN_FLIGHT_MAX 256  /* an arrival beyond them is dropped, and counted */
#define WPB_LOAD_URLS_MAX 16
#define WPB_LOAD_TIMEOUT_MS_MAX 30000 /* of a request */
/* Of one answer. More of a body, or of a head, ends the request as a failure. */
#define WPB_LOAD_BODY_BYTES_MAX (8u << 20)
#define WPB_LOAD_HEAD_BYTES_MAX (64u << 10)

/* A generator that begins its requests so late itself (99 of 100 are not later) does not
 * measure the server. */
#define WPB_LOAD_LAG_US_MAX 50000

#endif
