/*
 * name_sample.h - a few of a stream's names, drawn by lot.
 *
 * A name's lot is a hash of its bytes, so that the sample depends on the names alone:
 * not on their order, nor on how often one comes. It is a wpb_topk, weighed by the lots;
 * K is the size of the sample.
 */
#ifndef WPB_PHP_NAME_SAMPLE_H
#define WPB_PHP_NAME_SAMPLE_H

#include "agent/base/topk.h"

/* Names of options are at most 191 characters; no longer name is drawn. */
#define WPB_NAME_SAMPLE_BYTES (191 * 4)

/* NAME takes part. The empty name does not. */
void wpb_name_sample_offer(struct wpb_topk *sample, struct wpb_slice name);

#endif
