/*
 * test_alert.h - one alert that says it is a test, through every sink of a configuration.
 *
 * Nothing is stored and nothing looked at; runs a loop of its own until all have
 * answered.
 */
#ifndef WPB_DAEMON_TEST_ALERT_H
#define WPB_DAEMON_TEST_ALERT_H

#include "agent/config/config.h"

/* SHOW is told how each sink answered. Returns 0 when all took it, else -1; with ERR when
 * there is nothing to send through, or no memory. */
int wpb_test_alert_send(const struct wpb_conf *config,
                        void (*show)(void *cookie, const char *sink, bool was_delivered,
                                     const char *detail),
                        void *cookie, struct wpb_err *err);

#endif
