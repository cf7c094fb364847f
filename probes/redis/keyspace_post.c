#include "probes/redis/keyspace_post.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/base/mysql_address.h"
#include "probes/wordpress/grammar.h"

/* Families of ids, of one site. */
#define FAMILIES_POSTED 64

struct post {
    struct wpb_run *run;
    const struct wpb_redis_scope *scope;
    struct wpb_tally *tally;
    const struct wpb_keyspace_facts *facts;
    const struct wpb_site *site; /* NULL: all */
};

static void number(const struct post *post, const struct wpb_subject *subject,
                   enum wpb_metric metric, uint64_t value, enum wpb_provenance provenance)
{
    wpb_run_post(post->run, post->site, subject, metric, wpb_value_count(value),
                 provenance);
}

/* How far bytes are to be trusted where counts are trusted so far. */
static enum wpb_provenance of_bytes(const struct post *post,
                                    enum wpb_provenance provenance)
{
    return post->facts->is_modelled ? WPB_ESTIMATED : provenance;
}

static void counts(const struct post *post, const struct wpb_subject *subject,
                   const struct wpb_tally_counts *of)
{
    enum wpb_provenance whole = post->facts->is_complete ? WPB_EXACT : WPB_ESTIMATED;
    enum wpb_provenance part = post->facts->is_sampled ? WPB_ESTIMATED : whole;

    number(post, subject, WPB_M_KEYS, of->keys, whole);
    if (post->facts->has_bytes)
        number(post, subject, WPB_M_MEMORY_BYTES, of->bytes, of_bytes(post, whole));
    if (post->facts->has_ttl)
        number(post, subject, WPB_M_TTLLESS_KEYS, of->ttlless_keys, part);
    if (post->facts->has_ttl && post->facts->has_bytes)
        number(post, subject, WPB_M_TTLLESS_BYTES, of->ttlless_bytes,
               of_bytes(post, part));
}

/* Where not all stamped keys could be judged, the orphans are as many at least. */
static void orphans(const struct post *post, const struct wpb_subject *subject,
                    const struct wpb_orphan_counts *of)
{
    enum wpb_provenance whole = post->facts->is_complete ? WPB_EXACT : WPB_ESTIMATED;
    enum wpb_provenance judged =
        of->judged_keys == of->stamped_keys ? whole : WPB_ESTIMATED;

    if (of->stamped_keys == 0)
        return;
    number(post, subject, WPB_M_STAMPED_KEYS, of->stamped_keys, whole);
    if (of->judged_keys == 0)
        return;
    number(post, subject, WPB_M_ORPHAN_KEYS, of->orphan_keys, judged);
    if (post->facts->has_bytes)
        number(post, subject, WPB_M_ORPHAN_BYTES, of->orphan_bytes,
               of_bytes(post, judged));
}

static void sizes(const struct post *post, const struct wpb_subject *subject,
                  const struct wpb_tally_counts *of)
{
    static const enum wpb_metric metrics[WPB_TALLY_SIZES] = {
        WPB_M_KEYS_TO_1K, WPB_M_KEYS_TO_16K, WPB_M_KEYS_TO_256K, WPB_M_KEYS_ABOVE_256K};
    enum wpb_provenance whole = post->facts->is_complete ? WPB_EXACT : WPB_ESTIMATED;

    for (size_t i = 0; post->facts->has_bytes && i < WPB_TALLY_SIZES; i++)
        number(post, subject, metrics[i], of->sizes[i], of_bytes(post, whole));
}

/* A part of the keys is no estimate of how many there are, and a sample is worse
 * than INFO's own count: those are left to redis.server. */
static void totals(struct post *post)
{
    const struct wpb_subject *database = &post->scope->database;
    struct wpb_tally_counts total = wpb_tally_total(post->tally);
    enum wpb_provenance part = post->facts->is_sampled ? WPB_ESTIMATED : WPB_EXACT;

    post->site = NULL;
    number(post, database, WPB_M_OWN_HITS, post->facts->own_hits, WPB_EXACT);
    if (!post->facts->is_complete)
        return;
    number(post, database, WPB_M_KEYS, total.keys, WPB_EXACT);
    number(post, database, WPB_M_NAME_BYTES, wpb_tally_name_bytes(post->tally),
           WPB_EXACT);
    if (post->facts->has_bytes)
        number(post, database, WPB_M_MEMORY_BYTES, total.bytes,
               of_bytes(post, WPB_EXACT));
    if (post->facts->has_ttl && !post->facts->is_sampled)
        number(post, database, WPB_M_TTLLESS_KEYS, total.ttlless_keys, WPB_EXACT);
    if (post->facts->has_ttl && post->facts->has_bytes)
        number(post, database, WPB_M_TTLLESS_BYTES, total.ttlless_bytes,
               of_bytes(post, part));
}

/* The keys show one site, and so it is this one. */
static void learnt(const struct post *post, const struct wpb_votes_candidate *site)
{
    const struct wpb_subject *database = &post->scope->database;
    struct wpb_slice flavour = wpb_slice_cstr(wpb_flavour_name(site->flavour));

    wpb_run_post(post->run, post->site, database, WPB_M_KEY_PREFIX,
                 wpb_value_text(site->prefix), WPB_EXACT);
    wpb_run_post(post->run, post->site, database, WPB_M_FLAVOUR, wpb_value_text(flavour),
                 WPB_EXACT);
    wpb_run_post(post->run, post->site, database, WPB_M_MULTISITE,
                 wpb_value_integer(site->is_multisite), WPB_EXACT);
}

/* Of a site that has no prefix: what the votes say, and how they went. */
static void votes(const struct post *post)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    struct wpb_votes *cast = wpb_tally_votes(post->tally);
    struct wpb_buf text;
    bool is_all;

    if (post->site->has_key_prefix || !cast)
        return;
    size_t count = wpb_votes_candidates(cast, post->site->flavour, found, &is_all);
    if (count == 1 && is_all)
        learnt(post, &found[0]);
    wpb_buf_init(&text, 0);
    wpb_votes_text(cast, &text);
    if (text.len && !wpb_buf_failed(&text))
        wpb_run_post(post->run, post->site, &post->scope->database, WPB_M_SHAPE_VOTES,
                     wpb_value_text(wpb_buf_view(&text)), WPB_EXACT);
    wpb_buf_fini(&text);
}

static void groups(const struct post *post, size_t index)
{
    size_t capacity = WPB_TALLY_GROUPS_MAX + 3;
    struct wpb_tally_group *found = calloc(capacity, sizeof *found);
    uint64_t idle;

    if (!found)
        return;
    size_t n = wpb_tally_groups(post->tally, index, found, capacity);
    for (size_t i = 0; i < n; i++) {
        struct wpb_subject subject = wpb_redis_scope_group(post->scope, found[i].name);
        counts(post, &subject, &found[i].counts);
        sizes(post, &subject, &found[i].counts);
        orphans(post, &subject, &found[i].counts.orphans);
        if (wpb_tally_idle_median(post->tally, index, found[i].name, &idle))
            number(post, &subject, WPB_M_IDLE_SECONDS, idle, WPB_SAMPLED);
    }
    free(found);
}

static void families(const struct post *post, size_t index)
{
    struct wpb_tally_family found[FAMILIES_POSTED];
    size_t n = wpb_tally_families(post->tally, index, found, FAMILIES_POSTED);
    bool is_exact = post->facts->is_complete && wpb_tally_families_are_exact(post->tally);
    enum wpb_provenance whole = is_exact ? WPB_EXACT : WPB_ESTIMATED;
    enum wpb_provenance part = post->facts->is_sampled ? WPB_ESTIMATED : whole;
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    for (size_t i = 0; i < n; i++) {
        wpb_buf_clear(&name);
        wpb_buf_slice(&name, found[i].group);
        wpb_buf_char(&name, ':');
        wpb_buf_slice(&name, found[i].template_name);
        struct wpb_subject subject =
            wpb_redis_scope_family(post->scope, wpb_buf_view(&name));
        if (wpb_buf_failed(&name))
            break;
        number(post, &subject, WPB_M_KEYS, found[i].keys, whole);
        if (post->facts->has_bytes)
            number(post, &subject, WPB_M_MEMORY_BYTES, found[i].bytes,
                   of_bytes(post, whole));
        if (post->facts->has_ttl)
            number(post, &subject, WPB_M_TTLLESS_KEYS, found[i].ttlless_keys, part);
    }
    wpb_buf_fini(&name);
}

/* Sites whose keys cannot be told apart. */
static void sharing(const struct post *post, size_t index)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(post->run, &count);
    const struct wpb_subject *database = &post->scope->database;
    size_t next = 0, sharers = wpb_tally_sharers(post->tally, index, &next);
    struct wpb_buf names;

    if (sharers < 2)
        return;
    wpb_buf_init(&names, 0);
    while (next != SIZE_MAX) {
        wpb_buf_printf(&names, "%s%s", names.len ? ", " : "", sites[next++]->name);
        wpb_tally_sharers(post->tally, index, &next);
    }
    number(post, database, WPB_M_PREFIX_SITES, sharers, WPB_EXACT);
    if (!wpb_buf_failed(&names))
        wpb_run_post(post->run, post->site, database, WPB_M_PREFIX_SITE_NAMES,
                     wpb_value_text(wpb_buf_view(&names)), WPB_EXACT);
    wpb_buf_fini(&names);
}

/* The entry holds all meta of a post: so says the key, and of the post, that there is
 * one to look at in the site's database. */
static void meta_of_post(const struct post *post, const struct wpb_subject *key,
                         const struct wpb_key_parts *parts)
{
    struct wpb_mysql_post in_mysql;
    uint64_t id;

    if (!wpb_key_post(parts, &id))
        return;
    number(post, key, WPB_M_POST_ID, id, WPB_EXACT);
    if (!post->site || !post->site->has_mysql)
        return;
    wpb_mysql_post_init(&in_mysql, &post->site->mysql, id);
    number(post, &in_mysql.subject, WPB_M_POST_ID, id, WPB_EXACT);
    wpb_mysql_post_fini(&in_mysql);
}

static void key(const struct post *post, size_t index, const struct wpb_topk_item *item)
{
    struct wpb_subject subject = wpb_redis_scope_key(post->scope, item->name);
    struct wpb_key_parts parts;

    if (!wpb_tally_parse(post->tally, index, item->name, &parts))
        return;
    if (post->facts->has_bytes)
        wpb_run_post(post->run, post->site, &subject, WPB_M_MEMORY_BYTES,
                     wpb_value_count(item->weight), of_bytes(post, WPB_EXACT));
    if (item->tag != INT64_MIN)
        wpb_run_post(post->run, post->site, &subject, WPB_M_TTL_SECONDS,
                     wpb_value_integer(item->tag < 0 ? -1 : item->tag / 1000), WPB_EXACT);
    if (parts.role != WPB_KEY_PLAIN)
        wpb_run_post(post->run, post->site, &subject, WPB_M_KEY_ROLE,
                     wpb_value_text(wpb_slice_cstr(wpb_key_role_name(parts.role))),
                     WPB_EXACT);
    if (parts.group.len)
        wpb_run_post(post->run, post->site, &subject, WPB_M_GROUP,
                     wpb_value_text(parts.group), WPB_EXACT);
    meta_of_post(post, &subject, &parts);
}

static void keys(const struct post *post, size_t index, struct wpb_topk *top)
{
    size_t count;
    const struct wpb_topk_item *items = wpb_topk_sorted(top, &count);
    for (size_t i = 0; i < count; i++)
        key(post, index, &items[i]);
}

void wpb_keyspace_post(struct wpb_run *run, const struct wpb_redis_scope *scope,
                       struct wpb_tally *tally, const struct wpb_keyspace_facts *facts)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct post post = {run, scope, tally, facts, NULL};

    totals(&post);
    for (size_t i = 0; i < count; i++) {
        post.site = sites[i];
        votes(&post);
        sharing(&post, i);
        groups(&post, i);
        families(&post, i);
        keys(&post, i, wpb_tally_top(tally, i));
        keys(&post, i, wpb_tally_roles(tally));
    }
}

/* The prefixes among which somebody has to choose for SITE. */
static void note_candidates(const struct wpb_site *site, struct wpb_votes *cast,
                            struct wpb_buf *out)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    size_t count = wpb_votes_candidates(cast, site->flavour, found, &is_all);

    if (count <= 1 && is_all)
        return;
    wpb_buf_printf(out,
                   "%sthe key prefix of site %s is not known and the keys show %zu%s: ",
                   out->len ? "; " : "", site->name, count, is_all ? "" : " or more");
    for (size_t c = 0; c < count && c < 4; c++) {
        struct wpb_slice text = wpb_slice_head(found[c].prefix, 48);
        wpb_buf_printf(out, "%s\"%.*s\"", c ? ", " : "", (int)text.len, text.data);
    }
    wpb_buf_text(out, "; choose one with --prefix");
}

void wpb_keyspace_notes(struct wpb_run *run, struct wpb_tally *tally, struct wpb_buf *out)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct wpb_votes *cast = wpb_tally_votes(tally);

    for (size_t i = 0; i < count; i++) {
        if (!sites[i]->has_key_prefix && cast)
            note_candidates(sites[i], cast, out);
        else if (wpb_tally_total(tally).keys > 0 && wpb_tally_owned(tally, i) == 0)
            wpb_buf_printf(out, "%sno key carries the prefix of site %s",
                           out->len ? "; " : "", sites[i]->name);
    }
}
