#include "probes/mysql/sample.h"

#include <stdio.h>

#include "probes/mysql/rung.h"

/* Of the 2,500 pages of a scan: the rest is for options, indexes and orphans. */
#define PAGES_LOW 500
#define PAGES_NORMAL 1800
#define PAGES_FULL 20000
/* Of a small pool no more than this part, which is what passing readers may take: InnoDB
 * keeps three eighths of it for pages that are read once (the old sublist), and some
 * free.
 */
#define POOL_SHARE 0.5
#define PAGES_MIN 300

static uint64_t budget_pages(const struct wpb_rung *rung)
{
    switch (wpb_run_budget(wpb_rung_run(rung))) {
    case WPB_BUDGET_LOW:
        return PAGES_LOW;
    case WPB_BUDGET_FULL:
        return PAGES_FULL;
    case WPB_BUDGET_NORMAL:
        break;
    }
    return PAGES_NORMAL;
}

uint64_t wpb_sample_pages(const struct wpb_rung *rung, uint64_t pool_pages)
{
    uint64_t pages = budget_pages(rung);
    uint64_t share = (uint64_t)((double)pool_pages * POOL_SHARE);

    if (pool_pages == 0 || wpb_run_budget(wpb_rung_run(rung)) == WPB_BUDGET_FULL)
        return pages;
    if (share < PAGES_MIN)
        share = PAGES_MIN;
    return pages < share ? pages : share;
}

uint64_t wpb_sample_tail(const struct wpb_sampled_site *postmeta)
{
    uint64_t tail = WPB_SAMPLING_TAIL_BYTES;

    for (size_t i = 0; i < postmeta->key_count; i++) {
        if (postmeta->sampling[i].largest > tail)
            tail = postmeta->sampling[i].largest;
    }
    return tail;
}

static void post(struct wpb_rung *rung, const struct wpb_subject *subject,
                 enum wpb_metric metric, uint64_t count, uint64_t sampled, bool is_exact)
{
    if (is_exact)
        wpb_rung_post_count(rung, subject, metric, count);
    else
        wpb_run_post_sampled(wpb_rung_run(rung), wpb_rung_site(rung), subject, metric,
                             wpb_value_count(count), sampled);
}

static void post_revisions(struct wpb_rung *rung, const struct wpb_subject *subject,
                           const struct wpb_sampled_key *key, uint64_t rows,
                           uint64_t bytes)
{
    bool is_exact = key->looked == rows;
    double looked_bytes = key->looked_bytes ? (double)key->looked_bytes : 1;
    double revisions = (double)rows * (double)key->revisions / (double)key->looked;
    double revision_bytes = (double)bytes * (double)key->revision_bytes / looked_bytes;

    post(rung, subject, WPB_M_REVISIONS,
         is_exact ? key->revisions : (uint64_t)(revisions + 0.5), key->looked, is_exact);
    post(rung, subject, WPB_M_REVISION_BYTES,
         is_exact ? key->revision_bytes : (uint64_t)revision_bytes, key->looked,
         is_exact);
}

/* That there is such a post: for who chooses which to take apart. */
static void post_largest(struct wpb_rung *rung, uint64_t id, struct wpb_slice name)
{
    struct wpb_subject post =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_POST, name);

    if (id)
        wpb_rung_post_count(rung, &post, WPB_M_POST_ID, id);
}

static void post_key(struct wpb_rung *rung, size_t i, struct wpb_sampled_css *css)
{
    const struct wpb_sampled_site *postmeta = wpb_rung_state(rung);
    const struct wpb_sampling *sampling = &postmeta->sampling[i];
    const struct wpb_sampled_key *key = &postmeta->keys[i];
    struct wpb_sampling_total total =
        wpb_sampling_total(sampling, wpb_sample_tail(postmeta));
    struct wpb_subject subject = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_META_KEY, wpb_slice_cstr(key->name));
    char largest[24];

    /* No key is larger than the table, by a dictionary that may be a little old; one that
     * knows of less than this key is very old. */
    if (total.bytes <= postmeta->data_bytes && total.high / 5 > postmeta->data_bytes / 4)
        total.high = postmeta->data_bytes / 4 * 5;
    post(rung, &subject, WPB_M_ROW_BYTES, total.bytes, sampling->count, total.is_exact);
    if (!total.is_exact) {
        post(rung, &subject, WPB_M_ROW_BYTES_LOW, total.low, sampling->count, false);
        post(rung, &subject, WPB_M_ROW_BYTES_HIGH, total.high, sampling->count, false);
    }
    post(rung, &subject, WPB_M_LARGEST_BYTES, sampling->largest, sampling->count,
         total.is_exact);
    snprintf(largest, sizeof(largest), "%llu", (unsigned long long)key->largest_post);
    wpb_rung_post(rung, &subject, WPB_M_LARGEST_NAME,
                  wpb_value_text(wpb_slice_cstr(largest)), WPB_EXACT);
    post_largest(rung, key->largest_post, wpb_slice_cstr(largest));
    if (key->has_revisions)
        post_revisions(rung, &subject, key, sampling->rows, total.bytes);
    if (key->row->role == WPB_BUILDER_CSS) {
        css->is_there = true;
        css->bytes += total.bytes;
        css->sampled += sampling->count;
        css->is_partial |= !total.is_exact;
    }
}

static void post_css(struct wpb_rung *rung, size_t builder,
                     const struct wpb_sampled_css *css)
{
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    wpb_buf_printf(&name, "builder:%s", wpb_builder((enum wpb_builder_id)builder)->slug);
    struct wpb_subject subject = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_COMPONENT, wpb_buf_view(&name));
    post(rung, &subject, WPB_M_CSS_BYTES, css->bytes, css->sampled, !css->is_partial);
    wpb_buf_fini(&name);
}

void wpb_sample_post(struct wpb_rung *rung)
{
    struct wpb_sampled_site *postmeta = wpb_rung_state(rung);

    for (size_t i = 0; i < postmeta->key_count; i++) {
        const struct wpb_sampling *sampling = &postmeta->sampling[i];
        if (sampling->count < WPB_SAMPLING_MIN && sampling->count < sampling->rows)
            postmeta->left_out++;
        else if (sampling->count > 0)
            post_key(rung, i, &postmeta->css[postmeta->keys[i].row->builder]);
    }
    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        if (postmeta->css[i].is_there)
            post_css(rung, i, &postmeta->css[i]);
    }
    if (postmeta->left_out)
        wpb_rung_note(rung,
                      "%zu meta keys of page builders are counted and not sampled: "
                      "%llu pages are read at most; --budget full reads more, --deep all",
                      postmeta->left_out, (unsigned long long)postmeta->pages_max);
}
