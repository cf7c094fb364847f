/*
 * sink_webhook.h - each alert POSTed to a URL, as the line of JSON that it is.
 *
 * With the headers of Standard Webhooks: webhook-id (the alert's, by which receivers
 * dedup), webhook-timestamp, and webhook-signature when there is a secret. With
 * cloudevents, also those of a CloudEvent 1.0 in binary mode: the body is the same. Rules
 * of sinks: include/wpbloat/sink.h.
 */
#ifndef WPB_ALERT_SINK_WEBHOOK_H
#define WPB_ALERT_SINK_WEBHOOK_H

#include "wpbloat/sink.h"

extern const struct wpb_sink_type wpb_sink_webhook;

#endif
