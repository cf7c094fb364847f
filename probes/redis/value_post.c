#include "probes/redis/value_post.h"

#include <stdio.h>

#include "probes/wordpress/site_of_key.h"

/* Names of a notoptions that are looked up in the database. */
#define NAMES_DRAWN 60

struct post {
    struct wpb_run *run;
    const struct wpb_site *site;
    const struct wpb_subject *subject;
    enum wpb_provenance provenance;
};

static void put(const struct post *post, enum wpb_metric metric, struct wpb_value value)
{
    wpb_run_post(post->run, post->site, post->subject, metric, value, post->provenance);
}

static void put_count(const struct post *post, enum wpb_metric metric, uint64_t count)
{
    put(post, metric, wpb_value_count(count));
}

static void put_text(const struct post *post, enum wpb_metric metric, const char *text)
{
    put(post, metric, wpb_value_text(wpb_slice_cstr(text)));
}

static void put_costs(struct post post, enum wpb_key_role role,
                      const struct wpb_value_facts *facts,
                      const struct wpb_examination *examination)
{
    const struct wpb_site *site = post.site;
    uint64_t fails_at;

    if (!examination->has_cost)
        return;
    if (post.provenance == WPB_EXACT)
        post.provenance = examination->cost.provenance;
    put_count(&post, WPB_M_PHP_VALUE_BYTES, examination->cost.value_bytes);
    put_count(&post, WPB_M_PHP_READ_PEAK_BYTES, examination->cost.read_peak_bytes);
    put_count(&post, WPB_M_PHP_REWRITE_PEAK_BYTES, examination->cost.rewrite_peak_bytes);
    if (role != WPB_KEY_NOTOPTIONS || !site)
        return;
    /* Of a compressed value the expanded length decides; it is stored in proportion. */
    bool is_expanded = examination->decoded_bytes > 0;
    uint64_t length = is_expanded ? examination->decoded_bytes : facts->length;
    fails_at =
        wpb_php_notoptions_fails_at(length, examination->entries, examination->encoding,
                                    site->php_version, site->memory_limit_bytes, 0);
    if (is_expanded)
        fails_at = (uint64_t)((double)fails_at * (double)facts->length / (double)length);
    post.provenance = WPB_ESTIMATED;
    if (fails_at)
        put_count(&post, WPB_M_FAILS_AT_BYTES, fails_at);
}

static void put_paths(struct post post, const struct wpb_examination *examination)
{
    const struct wpb_subject *key = post.subject;

    for (size_t i = 0; i < examination->path_count; i++) {
        const struct wpb_examination_path *path = &examination->paths[i];
        struct wpb_subject subject = {.kind = WPB_SUBJECT_PATH,
                                      .scope = key->scope,
                                      .name = path->path,
                                      .parent = key};
        post.subject = &subject;
        put_count(&post, WPB_M_VALUE_BYTES, path->bytes);
        put_count(&post, WPB_M_ENTRIES, path->count);
        put_text(&post, WPB_M_TYPE, wpb_php_type_name(path->type));
    }
}

static void put_families(struct post post, const struct wpb_examination *examination)
{
    const struct wpb_subject *key = post.subject;
    double all = (double)examination->family_names;

    for (size_t i = 0; i < examination->family_count && all > 0; i++) {
        const struct wpb_family *family = &examination->families[i];
        struct wpb_subject subject = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                      .scope = key->scope,
                                      .name = family->template_name,
                                      .parent = key};
        post.subject = &subject;
        put_count(&post, WPB_M_NAMES, family->names);
        put(&post, WPB_M_SHARE_RATIO, wpb_value_double((double)family->names / all));
    }
}

/* Some of the names that a notoptions calls absent. */
static void put_names(struct post post, const struct wpb_examination *examination)
{
    const struct wpb_subject *key = post.subject;

    for (size_t i = 0; i < examination->name_count; i++) {
        struct wpb_subject subject = {.kind = WPB_SUBJECT_OPTION,
                                      .scope = key->scope,
                                      .name = examination->names[i],
                                      .parent = key};
        post.subject = &subject;
        put_count(&post, WPB_M_IN_NOTOPTIONS, 1);
    }
}

/* Do the value's outermost keys name options? */
static bool holds_options(const struct wpb_key_parts *parts)
{
    return wpb_slice_is(parts->group, "options") ||
           wpb_slice_is(parts->group, "site-options");
}

static void put_examination(struct post post, const struct wpb_key_parts *parts,
                            const struct wpb_value_facts *facts,
                            const struct wpb_examination *examination)
{
    char encoding[WPB_EXAMINE_ENCODING_MAX];

    wpb_examination_encoding(examination, encoding);
    put_text(&post, WPB_M_ENCODING, encoding);
    post.provenance = examination->provenance;
    if (facts->has_changed || facts->is_cut_short)
        post.provenance = WPB_ESTIMATED;
    if (examination->decoded_bytes)
        put_count(&post, WPB_M_DECODED_BYTES, examination->decoded_bytes);
    if (examination->wrapper != WPB_WRAPPER_NONE)
        put_text(&post, WPB_M_WRAPPER, wpb_wrapper_name(examination->wrapper));
    if (examination->entries)
        put_count(&post, WPB_M_ENTRIES, examination->entries);
    /* Chunks of two values do not fit together, and that is no fault of either. */
    if (examination->flaw[0] && !facts->has_changed)
        put_text(&post, WPB_M_FLAW, examination->flaw);
    put_costs(post, parts->role, facts, examination);
    put_paths(post, examination);
    if (holds_options(parts))
        put_families(post, examination);
    put_names(post, examination);
}

/* A key that is no string: its type stands where an encoding would. */
static void put_other_type(const struct post *post, const struct wpb_value_facts *facts)
{
    if (facts->type[0])
        put_text(post, WPB_M_ENCODING, facts->type);
    if (facts->has_count)
        put_count(post, WPB_M_ENTRIES, facts->count);
    put_count(post, WPB_M_EXAMINED_BYTES, 0);
}

const struct wpb_site *wpb_value_site(struct wpb_run *run, struct wpb_slice key)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct wpb_key_parts parts;
    const struct wpb_site *site = wpb_site_of_key(sites, count, key, &parts);

    return site || count > 1 ? site : sites[0];
}

/* The names in a network's own notoptions are not those of an options table. */
static bool is_of_options_table(const struct wpb_site *site, struct wpb_slice key)
{
    struct wpb_key_parts parts;

    if (!site || !site->has_mysql)
        return false;
    wpb_key_parse(site, key, &parts);
    return parts.is_ours && parts.role == WPB_KEY_NOTOPTIONS &&
           wpb_slice_is(parts.group, "options");
}

struct wpb_examiner *wpb_value_examiner(const struct wpb_site *site, struct wpb_slice key,
                                        uint64_t length)
{
    struct wpb_examiner *examiner =
        wpb_examiner_new(length, site ? site->php_version : 0, NULL);

    if (examiner && is_of_options_table(site, key))
        wpb_examiner_sample_names(examiner, NAMES_DRAWN);
    return examiner;
}

void wpb_value_post(struct wpb_run *run, const struct wpb_redis_scope *scope,
                    const struct wpb_site *site, const struct wpb_subject *key,
                    const struct wpb_value_facts *facts,
                    const struct wpb_examination *examination)
{
    struct wpb_subject subject = wpb_redis_scope_key(scope, key->name);
    struct post post = {run, site, &subject, WPB_EXACT};
    struct wpb_key_parts parts;
    uint64_t post_id;
    size_t count;

    wpb_key_parse(site ? site : wpb_run_sites(run, &count)[0], key->name, &parts);
    put(&post, WPB_M_PRESENT, wpb_value_integer(!facts->is_absent));
    if (facts->is_absent)
        return;
    if (facts->has_ttl)
        put(&post, WPB_M_TTL_SECONDS,
            wpb_value_integer(facts->ttl_ms < 0 ? -1 : facts->ttl_ms / 1000));
    if (facts->has_memory)
        wpb_run_post(run, site, &subject, WPB_M_MEMORY_BYTES,
                     wpb_value_count(facts->memory_bytes),
                     facts->is_modelled ? WPB_ESTIMATED : WPB_EXACT);
    if (parts.role != WPB_KEY_PLAIN)
        put_text(&post, WPB_M_KEY_ROLE, wpb_key_role_name(parts.role));
    if (parts.group.len)
        put(&post, WPB_M_GROUP, wpb_value_text(parts.group));
    if (wpb_key_post(&parts, &post_id))
        put_count(&post, WPB_M_POST_ID, post_id);
    if (facts->is_no_string) {
        put_other_type(&post, facts);
        return;
    }
    if (facts->has_changed)
        post.provenance = WPB_ESTIMATED;
    put_count(&post, WPB_M_VALUE_BYTES,
              facts->has_changed ? facts->length_after : facts->length);
    post.provenance = WPB_EXACT;
    put_count(&post, WPB_M_EXAMINED_BYTES, facts->read_bytes);
    if (examination)
        put_examination(post, &parts, facts, examination);
}
