/*
 * sample.h - what mysql.postmeta knows of one site while it samples, shared by the two
 * files of that probe: sample.c finds and reads, sample_post.c says.
 */
#ifndef WPB_MYSQL_SAMPLE_H
#define WPB_MYSQL_SAMPLE_H

#include "probes/mysql/id_ranges.h"
#include "probes/mysql/meta_index.h"
#include "probes/mysql/sampling.h"

/* The keys with the most rows; the others are counted by mysql.builders. */
#define WPB_SAMPLED_KEYS_MAX 12
/* Of a key, unless its rows are fewer: an interval of a heavy tail needs some hundreds.
 */
#define WPB_SAMPLED_VALUES_MAX 1000
#define WPB_SAMPLED_IDS_MAX 2000

struct wpb_sampled_value {
    uint64_t post_id, bytes;
};

struct wpb_sampled_key {
    char name[256 * 4 + 1];
    const struct wpb_builder_name *row;
    uint64_t ids[WPB_SAMPLED_IDS_MAX];
    bool is_by_ranges;      /* its ids are found so */
    uint64_t met;           /* ids found so, of which some are kept */
    size_t id_count, asked; /* ids asked for, from the first on */
    struct wpb_sampled_value values[WPB_SAMPLED_VALUES_MAX];
    uint64_t largest_post;
    uint64_t looked, looked_bytes; /* whose posts were looked up */
    uint64_t revisions, revision_bytes;
    bool has_revisions;
};

/* Compiled CSS of a builder, in meta and options. */
struct wpb_sampled_css {
    uint64_t bytes, sampled;
    bool is_there, is_partial;
};

struct wpb_sampled_site {
    struct wpb_meta_index index;
    struct wpb_sampled_key keys[WPB_SAMPLED_KEYS_MAX];
    struct wpb_sampling sampling[WPB_SAMPLED_KEYS_MAX]; /* of keys[i] */
    size_t key_count, left_out;
    size_t current;            /* the key that is asked about */
    uint64_t pages_max, pages; /* the budget; what is left, by what lengths say */
    uint64_t seed, table_rows, data_bytes;
    struct wpb_sampled_css css[WPB_BUILDERS];
    size_t css_option;
    struct wpb_id_ranges ranges;
    bool needs_ranges;
};

/* Pages that may be read, of a buffer pool of POOL_PAGES; the largest value to expect. */
uint64_t wpb_sample_pages(const struct wpb_rung *rung, uint64_t pool_pages);
uint64_t wpb_sample_tail(const struct wpb_sampled_site *site);

/* Post what has been looked at, whatever ended it. */
void wpb_sample_post(struct wpb_rung *rung);

#endif
