#include "probes/redis/churn_post.h"

#include <stdlib.h>

#include "probes/redis/frequency.h"
#include "probes/wordpress/site_of_key.h"

/* Of what MEMORY USAGE says, a fifth may be slack of the allocator, and so much an entry
 * of the table, the key's object and its headers. */
#define ENTRY_BYTES 96
#define SLACK_PART 5

struct wpb_churn_counts {
    const struct wpb_site *const *sites;
    size_t site_count;
    struct wpb_frequency *keys;
    struct wpb_frequency *groups; /* "{site's number}:{group}": writes; made at the end */
    struct wpb_buf group;         /* reused */
};

struct wpb_churn_counts *wpb_churn_counts_new(const struct wpb_site *const *sites,
                                              size_t count)
{
    struct wpb_churn_counts *counts = calloc(1, sizeof *counts);

    if (!counts)
        return NULL;
    counts->sites = sites;
    counts->site_count = count;
    wpb_buf_init(&counts->group, 0);
    counts->keys = wpb_frequency_new();
    counts->groups = wpb_frequency_new();
    if (counts->keys && counts->groups)
        return counts;
    wpb_churn_counts_free(counts);
    return NULL;
}

void wpb_churn_counts_free(struct wpb_churn_counts *counts)
{
    if (!counts)
        return;
    wpb_frequency_free(counts->keys);
    wpb_frequency_free(counts->groups);
    wpb_buf_fini(&counts->group);
    free(counts);
}

void wpb_churn_count(struct wpb_churn_counts *counts, struct wpb_slice key)
{
    wpb_frequency_add(counts->keys, key, 1);
}

size_t wpb_churn_worst(struct wpb_churn_counts *counts,
                       struct wpb_churn_key worst[WPB_CHURN_WORST_MAX])
{
    size_t count, n = 0;
    const struct wpb_frequency_item *items = wpb_frequency_sorted(counts->keys, &count);

    for (size_t i = 0; i < count && n < WPB_CHURN_WORST_MAX; i++) {
        struct wpb_churn_key *key = &worst[n];
        if (items[i].count < WPB_CHURN_WRITES_MIN)
            break;
        *key = (struct wpb_churn_key){.name = items[i].name, .changes = items[i].count};
        key->site =
            wpb_site_by_prefix(counts->sites, counts->site_count, key->name, &key->parts);
        n += key->site < counts->site_count;
    }
    return n;
}

/* ---- posting ---- */

struct post {
    struct wpb_run *run;
    const struct wpb_redis_scope *scope;
    struct wpb_churn_counts *counts;
    const struct wpb_churn_facts *facts;
    const struct wpb_churn_key *worst;
    size_t count;
};

static bool has_prefix_of(const struct wpb_site *a, const struct wpb_site *b)
{
    return b->has_key_prefix &&
           wpb_slice_equal(wpb_slice_of(a->key_prefix, a->key_prefix_len),
                           wpb_slice_of(b->key_prefix, b->key_prefix_len));
}

/* To the site of that number and to those whose keys cannot be told from its own. */
static void post(const struct post *to, size_t site, const struct wpb_subject *subject,
                 enum wpb_metric metric, struct wpb_value value,
                 enum wpb_provenance provenance)
{
    for (size_t i = 0; i < to->counts->site_count; i++)
        if (has_prefix_of(to->counts->sites[site], to->counts->sites[i]))
            wpb_run_post(to->run, to->counts->sites[i], subject, metric, value,
                         provenance);
}

static void post_rate(const struct post *to, size_t site,
                      const struct wpb_subject *subject, enum wpb_metric metric,
                      double amount)
{
    post(to, site, subject, metric, wpb_value_double(amount / to->facts->seconds),
         WPB_ESTIMATED);
}

static uint64_t writes_of(const struct post *to, uint64_t changes)
{
    return wpb_churn_writes(changes, &to->facts->before, &to->facts->after);
}

/* False where the writes may have been to a key of another database. */
static bool is_told(const struct post *to, const struct wpb_churn_key *key)
{
    return key->is_here && !(to->facts->has_other_databases && key->is_elsewhere);
}

static double written_bytes(const struct post *to, const struct wpb_churn_key *key)
{
    uint64_t overhead = ENTRY_BYTES + key->name.len;
    uint64_t bytes = key->bytes > overhead ? key->bytes - overhead : 0;
    return (double)(bytes - bytes / SLACK_PART) * (double)writes_of(to, key->changes);
}

static void post_key(const struct post *to, const struct wpb_churn_key *key)
{
    struct wpb_subject subject = wpb_redis_scope_key(to->scope, key->name);
    uint64_t writes = writes_of(to, key->changes);

    if (!is_told(to, key) || writes < WPB_CHURN_WRITES_MIN)
        return;
    post_rate(to, key->site, &subject, WPB_M_WRITES_PER_SECOND, (double)writes);
    if (key->has_bytes) {
        post_rate(to, key->site, &subject, WPB_M_WRITTEN_BYTES_PER_SECOND,
                  written_bytes(to, key));
        post(to, key->site, &subject, WPB_M_MEMORY_BYTES, wpb_value_count(key->bytes),
             WPB_EXACT);
    }
    if (key->parts.role != WPB_KEY_PLAIN)
        post(to, key->site, &subject, WPB_M_KEY_ROLE,
             wpb_value_text(wpb_slice_cstr(wpb_key_role_name(key->parts.role))),
             WPB_EXACT);
    if (key->parts.group.len)
        post(to, key->site, &subject, WPB_M_GROUP, wpb_value_text(key->parts.group),
             WPB_EXACT);
}

/* The name under which a group of a site is counted; "" when there is none. */
static struct wpb_slice group_name(struct wpb_churn_counts *counts, size_t site,
                                   struct wpb_slice group)
{
    wpb_buf_clear(&counts->group);
    if (group.len == 0)
        return wpb_slice_of("", 0);
    wpb_buf_printf(&counts->group, "%zu:", site);
    wpb_group_fold(group, &counts->group);
    return wpb_buf_failed(&counts->group) ? wpb_slice_of("", 0)
                                          : wpb_buf_view(&counts->group);
}

static void count_group(const struct post *to, size_t site, struct wpb_slice group,
                        uint64_t changes)
{
    struct wpb_slice name = group_name(to->counts, site, group);
    uint64_t writes = writes_of(to, changes);

    if (name.len && writes)
        wpb_frequency_add(to->counts->groups, name, writes);
}

/* Where other databases have keys, only of the worst is it known whose they are. */
static void count_groups(const struct post *to)
{
    struct wpb_churn_counts *counts = to->counts;
    struct wpb_key_parts parts;
    size_t count;
    const struct wpb_frequency_item *items = wpb_frequency_sorted(counts->keys, &count);

    for (size_t i = 0; i < to->count && to->facts->has_other_databases; i++)
        if (is_told(to, &to->worst[i]))
            count_group(to, to->worst[i].site, to->worst[i].parts.group,
                        to->worst[i].changes);
    for (size_t i = 0; i < count && !to->facts->has_other_databases; i++) {
        size_t site =
            wpb_site_by_prefix(counts->sites, counts->site_count, items[i].name, &parts);
        if (site < counts->site_count)
            count_group(to, site, parts.group, items[i].count);
    }
}

static void post_group(const struct post *to, const struct wpb_frequency_item *item)
{
    size_t site = strtoul(item->name.data, NULL, 10);
    const char *colon = memchr(item->name.data, ':', item->name.len);
    struct wpb_slice name =
        wpb_slice_skip(item->name, (size_t)(colon - item->name.data) + 1);
    struct wpb_subject subject = wpb_redis_scope_group(to->scope, name);
    double bytes = 0;
    bool has_bytes = false;

    for (size_t i = 0; i < to->count; i++) {
        const struct wpb_churn_key *key = &to->worst[i];
        if (key->has_bytes && key->site == site && is_told(to, key) &&
            wpb_slice_equal(group_name(to->counts, site, key->parts.group), item->name)) {
            bytes += written_bytes(to, key);
            has_bytes = true;
        }
    }
    post_rate(to, site, &subject, WPB_M_WRITES_PER_SECOND, (double)item->count);
    if (has_bytes)
        post_rate(to, site, &subject, WPB_M_WRITTEN_BYTES_PER_SECOND, bytes);
}

static uint64_t count_seldom(const struct post *to)
{
    size_t count;
    const struct wpb_frequency_item *items =
        wpb_frequency_sorted(to->counts->keys, &count);
    uint64_t seldom = 0;

    for (size_t i = count;
         i > 0 && writes_of(to, items[i - 1].count) < WPB_CHURN_WRITES_MIN; i--)
        seldom++;
    return seldom;
}

uint64_t wpb_churn_post(struct wpb_run *run, const struct wpb_redis_scope *scope,
                        struct wpb_churn_counts *counts,
                        const struct wpb_churn_key *worst, size_t count,
                        const struct wpb_churn_facts *facts)
{
    struct post to = {run, scope, counts, facts, worst, count};
    const struct wpb_frequency_item *items;
    size_t groups;

    for (size_t i = 0; i < count; i++)
        post_key(&to, &worst[i]);
    count_groups(&to);
    items = wpb_frequency_sorted(counts->groups, &groups);
    for (size_t i = 0; i < groups && items[i].count >= WPB_CHURN_WRITES_MIN; i++)
        post_group(&to, &items[i]);
    return count_seldom(&to);
}
