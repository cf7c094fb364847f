/*
 * builder.h - the rules about what page builders keep in post meta and options, and the
 * way of it from a row of MySQL through a cache entry into the memory of a request.
 *
 * A post is the subject named by its id; the values of its meta are its children. The
 * cache entry of a post says its id. Pure; what no probe has posted is unknown.
 */
#ifndef WPB_RULES_BUILDER_H
#define WPB_RULES_BUILDER_H

#include "agent/rules/context.h"
#include "agent/rules/ranking.h"

/* The rules, in order of code. */
void wpb_builder_css_inline(struct wpb_rule_context *context);
void wpb_builder_invalid_serialized(struct wpb_rule_context *context);
void wpb_builder_layout_heavy(struct wpb_rule_context *context);
void wpb_builder_option_grows_per_page(struct wpb_rule_context *context);
void wpb_builder_option_growth(struct wpb_rule_context *context);
void wpb_builder_post_meta_entry(struct wpb_rule_context *context);
void wpb_builder_revision_copies(struct wpb_rule_context *context);

/* What the window knows of a post on its way into a request. */
struct wpb_builder_chain {
    const struct wpb_subject *post;
    const struct wpb_subject *entry; /* its key in Redis, or NULL */
    uint64_t row_bytes;              /* the sum of its meta in MySQL */
    bool has_entry_bytes, is_entry_exact;
    uint64_t entry_bytes;
    uint64_t read_peak; /* PHP memory to fetch and decode it; 0: unknown */
    enum wpb_provenance peak_provenance;
    uint64_t layout_peak; /* PHP memory to decode its layout after that; 0: unknown */
};

/* The chain of POST; false when its meta was not measured, or nobody visits it since it
 * is a revision. */
bool wpb_builder_chain(const struct wpb_rule_context *context,
                       const struct wpb_subject *post, struct wpb_builder_chain *chain);
/* Does builder.post_meta_entry fire for it? */
bool wpb_builder_judge_chain(const struct wpb_rule_context *context,
                             const struct wpb_builder_chain *chain,
                             enum wpb_severity *severity);
/* Does it fire for the post whose meta the cache entry KEY holds? */
bool wpb_builder_explains_entry(const struct wpb_rule_context *context,
                                const struct wpb_subject *key);
/* Does builder.option_grows_per_page fire for OPTION? */
bool wpb_builder_judge_growing_option(const struct wpb_rule_context *context,
                                      const struct wpb_subject *option,
                                      enum wpb_severity *severity);

/* Slug of the builder that owns SUBJECT: said of itself, of the meta key in general, or,
 * for a post, of its heaviest meta; "" when none is known. */
struct wpb_slice wpb_builder_slug(const struct wpb_rule_context *context,
                                  const struct wpb_subject *subject);
/* The component of that builder, or NULL. */
const struct wpb_subject *wpb_builder_component(const struct wpb_rule_context *context,
                                                struct wpb_slice slug);
/* "Elementor", or the slug where the name is not known; "The page builder" for "". */
const char *wpb_builder_say_name(const struct wpb_rule_context *context,
                                 struct wpb_slice slug);
/* layout, css, ... of a meta of a post; "" when unknown. */
struct wpb_slice wpb_builder_role(const struct wpb_rule_context *context,
                                  const struct wpb_subject *meta);
/* The heaviest meta of POST. */
void wpb_builder_rank_metas(const struct wpb_rule_context *context,
                            const struct wpb_subject *post, struct wpb_ranking *ranking);
/* "The page /landing/ (post 4711)", "Post 4711". */
const char *wpb_builder_say_post(const struct wpb_rule_context *context,
                                 const struct wpb_subject *post);
/* The same within a sentence: "the page ...", "post 4711". */
const char *wpb_builder_say_post_within(const struct wpb_rule_context *context,
                                        const struct wpb_subject *post);
/* post_id, post_type, post_status and post_path, as far as they are known. */
void wpb_builder_draft_post(struct wpb_draft *draft, const struct wpb_subject *post);
/* "mysql ... -e 'SELECT meta_key, LENGTH(meta_value) ...'" of POST. */
const char *wpb_builder_say_meta_sql(const struct wpb_rule_context *context,
                                     const struct wpb_subject *post);

#endif
