/* Real trees of plugins searched for names, by the search and by its probe. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "probes/wordpress/source.h"
#include "probes/wordpress/source_search.h"

/* ---- a site in a temporary folder ---- */

struct tree {
    char root[64];
    char content[128], mu[160], plugins[160], themes[160];
    struct wpb_arena *arena;
    struct wpb_source_limits limits;
    struct wpb_source_result result;
};

static void put(const struct tree *tree, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", tree->root, path);
    for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    struct tree *tree = calloc(1, sizeof *tree);
    strcpy(tree->root, "/tmp/wpbloat-source-XXXXXX");
    assert_non_null(mkdtemp(tree->root));
    snprintf(tree->content, sizeof tree->content, "%s/site/wp-content", tree->root);
    snprintf(tree->mu, sizeof tree->mu, "%s/mu-plugins", tree->content);
    snprintf(tree->plugins, sizeof tree->plugins, "%s/plugins", tree->content);
    snprintf(tree->themes, sizeof tree->themes, "%s/themes/", tree->content);
    put(tree, "site/wp-content/plugins/index.php", "<?php // Silence is golden.\n");
    tree->arena = wpb_arena_new();
    tree->limits = wpb_source_limits_default;
    *state = tree;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    struct tree *tree = *state;
    nftw(tree->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    wpb_arena_free(tree->arena);
    free(tree);
    return 0;
}

static struct wpb_source_folders folders_of(const struct tree *tree)
{
    static char site[80];
    snprintf(site, sizeof site, "%s/site", tree->root);
    return (struct wpb_source_folders){.site_path = site,
                                       .mu_plugin_dir = tree->mu,
                                       .plugin_dir = tree->plugins,
                                       .theme_dir = tree->themes,
                                       .content_dir = tree->content};
}

static const struct wpb_source_found *
search_many(struct tree *tree, const struct wpb_slice *literals, size_t count)
{
    struct wpb_source_folders folders = folders_of(tree);
    wpb_source_search(&folders, literals, count, &tree->limits, NULL, tree->arena,
                      &tree->result);
    return tree->result.found;
}

static const struct wpb_source_found *search(struct tree *tree, const char *text)
{
    struct wpb_slice literal = wpb_slice_cstr(text);
    return search_many(tree, &literal, 1);
}

static void assert_slice(struct wpb_slice slice, const char *expected)
{
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.data ? slice.data : "", expected, slice.len);
}

static void assert_reason(const struct tree *tree, const char *expected)
{
    struct wpb_buf reason;
    wpb_buf_init(&reason, 0);
    wpb_source_explain(&tree->result, &reason);
    if (!strstr(reason.data, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, reason.data);
    wpb_buf_fini(&reason);
}

/* ---- the search ---- */

static void the_asking_line_of_a_plugin_is_named(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/kestrel-pricing/includes/class-tariff.php",
        "<?php\nclass Tariff {\n\tfunction of( $id ) {\n\t\t$m = md5( $id );\n"
        "\t\treturn get_option( 'kestrel_tariff_v2_' . $m );\n\t}\n}\n");
    const struct wpb_source_found *found = search(tree, "kestrel_tariff_v2_");
    assert_int_equal(found->matches, 1);
    assert_true(found->is_whole);
    assert_slice(found->component, "plugin:kestrel-pricing");
    assert_slice(found->file,
                 "wp-content/plugins/kestrel-pricing/includes/class-tariff.php");
    assert_int_equal(found->line, 5);
    assert_slice(found->excerpt, "return get_option( 'kestrel_tariff_v2_' . $m );");
    assert_true(wpb_source_is_complete(&tree->result));
    assert_int_equal(tree->result.files, 2);
}

static void each_kind_of_component_has_its_name(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/mu-plugins/loader.php", "<?php f( 'aaaa_one_' );");
    put(tree, "site/wp-content/mu-plugins/kit/x.php", "<?php f( 'aaaa_two_' );");
    put(tree, "site/wp-content/plugins/hello.php", "<?php f( 'aaaa_three_' );");
    put(tree, "site/wp-content/plugins/docs/x.inc", "<?php f( 'aaaa_four_' );");
    put(tree, "site/wp-content/themes/north/functions.php", "<?php f( 'aaaa_five_' );");
    put(tree, "site/wp-content/db.php", "<?php f( 'aaaa_six_' );");
    static const struct wpb_slice literals[] = {
        WPB_SLICE("aaaa_one_"),  WPB_SLICE("aaaa_two_"),  WPB_SLICE("aaaa_three_"),
        WPB_SLICE("aaaa_four_"), WPB_SLICE("aaaa_five_"), WPB_SLICE("aaaa_six_"),
    };
    const struct wpb_source_found *found = search_many(tree, literals, 6);
    assert_slice(found[0].component, "mu-plugin:loader.php");
    assert_slice(found[1].component, "mu-plugin:kit");
    assert_slice(found[2].component, "plugin:hello");
    assert_slice(found[3].component, "plugin:docs");
    assert_slice(found[4].component, "theme:north");
    assert_slice(found[4].file, "wp-content/themes/north/functions.php");
    assert_slice(found[5].component, "drop-in:db.php");
}

static void the_cache_drop_ins_are_left_out(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/object-cache.php", "<?php f( 'kestrel_rate_' );");
    put(tree, "site/wp-content/advanced-cache.php", "<?php f( 'kestrel_rate_' );");
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 0);
}

static void only_php_files_are_sources(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/readme.txt", "'kestrel_rate_'");
    put(tree, "site/wp-content/plugins/a/a.js", "'kestrel_rate_'");
    put(tree, "site/wp-content/plugins/a/php", "'kestrel_rate_'");
    put(tree, "site/wp-content/plugins/a/B.PHP", "<?php f( 'kestrel_rate_' );");
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 1);
}

static void a_call_outranks_a_mention_and_a_mention_a_comment(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/a.php", "<?php // 'kestrel_rate_'\n");
    put(tree, "site/wp-content/plugins/b/b.php", "<?php $x = 'kestrel_rate_';\n");
    assert_slice(search(tree, "kestrel_rate_")->component, "plugin:b");
    put(tree, "site/wp-content/plugins/c/c.php",
        "<?php get_option( 'kestrel_rate_' . $x );\n");
    const struct wpb_source_found *found = search(tree, "kestrel_rate_");
    assert_slice(found->component, "plugin:c");
}

static void only_the_best_sort_of_match_is_counted(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/a.php",
        "<?php // 'kestrel_rate_'\n/* kestrel_rate_ */\n");
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 2);
    put(tree, "site/wp-content/plugins/b/b.php", "<?php kestrel_rate_init();\n");
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 1);
    put(tree, "site/wp-content/plugins/c/c.php",
        "<?php get_option( 'kestrel_rate_' . $x );\n$y = 'kestrel_rate_';\n");
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 2);
}

static void production_outranks_tests_and_vendor(void **state)
{
    struct tree *tree = *state;
    const char *call = "<?php get_option( 'kestrel_rate_' . $x );\n";
    put(tree, "site/wp-content/plugins/a/tests/test-a.php", call);
    put(tree, "site/wp-content/plugins/a/vendor/x/y/z.php", call);
    assert_slice(search(tree, "kestrel_rate_")->file,
                 "wp-content/plugins/a/tests/test-a.php");
    put(tree, "site/wp-content/plugins/b/b.php", "<?php $x = 'kestrel_rate_';\n");
    assert_slice(search(tree, "kestrel_rate_")->component, "plugin:b");
}

static void equal_matches_go_to_the_first_in_byte_order(void **state)
{
    struct tree *tree = *state;
    const char *call = "<?php get_option( 'kestrel_rate_' . $x );\n";
    put(tree, "site/wp-content/plugins/b/b.php", call);
    put(tree, "site/wp-content/plugins/a/z.php", call);
    put(tree, "site/wp-content/plugins/a/B.php", call);
    const struct wpb_source_found *found = search(tree, "kestrel_rate_");
    assert_slice(found->file, "wp-content/plugins/a/B.php");
    assert_int_equal(found->matches, 3);
}

static void a_leading_part_is_found_when_the_whole_is_not(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/a.php",
        "<?php get_option( 'kestrel_' . $kind . '_v2_' . $x );\n");
    put(tree, "site/wp-content/plugins/b/b.php",
        "<?php f( sprintf( 'kestrel_tariff_%s', $x ) );\n");
    const struct wpb_source_found *found = search(tree, "kestrel_tariff_v2_");
    assert_false(found->is_whole);
    assert_slice(found->component, "plugin:b");
    assert_int_equal(found->matches, 1);
    put(tree, "site/wp-content/plugins/c/c.php", "<?php $k = 'kestrel_tariff_v2_';\n");
    found = search(tree, "kestrel_tariff_v2_");
    assert_true(found->is_whole);
    assert_slice(found->component, "plugin:c");
    assert_int_equal(found->matches, 1);
}

static void a_transient_is_found_by_the_name_its_callers_use(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/a.php",
        "<?php get_transient( 'kestrel_quote_' . $x );\n");
    const struct wpb_source_found *found =
        search(tree, "_transient_timeout_kestrel_quote_");
    assert_int_equal(found->matches, 1);
    assert_true(found->is_whole);
}

static void a_file_outside_of_the_site_has_its_absolute_path(void **state)
{
    struct tree *tree = *state;
    put(tree, "elsewhere/a/a.php", "<?php f( 'kestrel_rate_' );");
    snprintf(tree->plugins, sizeof tree->plugins, "%s/elsewhere", tree->root);
    char expected[128];
    snprintf(expected, sizeof expected, "%s/elsewhere/a/a.php", tree->root);
    assert_slice(search(tree, "kestrel_rate_")->file, expected);
}

static void links_out_of_the_site_are_counted_and_not_followed(void **state)
{
    struct tree *tree = *state;
    char from[256], to[256];
    put(tree, "elsewhere/a.php", "<?php f( 'kestrel_rate_' );");
    put(tree, "site/wp-content/plugins/b/b.php", "<?php\n");
    snprintf(to, sizeof to, "%s/elsewhere", tree->root);
    snprintf(from, sizeof from, "%s/a", tree->plugins);
    assert_int_equal(symlink(to, from), 0);
    snprintf(from, sizeof from, "%s/b/inner", tree->plugins);
    assert_int_equal(symlink(to, from), 0);
    snprintf(to, sizeof to, "%s/elsewhere/a.php", tree->root);
    snprintf(from, sizeof from, "%s/b/a.php", tree->plugins);
    assert_int_equal(symlink(to, from), 0);
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 0);
    assert_int_equal(tree->result.links, 3);
    assert_false(wpb_source_is_complete(&tree->result));
    assert_reason(tree, "3 symbolic links were not followed");
}

static void a_linked_plugin_within_the_site_is_searched_once(void **state)
{
    struct tree *tree = *state;
    char from[256], to[256];
    put(tree, "site/packages/kestrel/a.php", "<?php f( 'kestrel_rate_' );");
    snprintf(to, sizeof to, "%s/site/packages/kestrel", tree->root);
    snprintf(from, sizeof from, "%s/kestrel", tree->plugins);
    assert_int_equal(symlink(to, from), 0);
    snprintf(to, sizeof to, "%s/site/packages/kestrel/a.php", tree->root);
    snprintf(from, sizeof from, "%s/single.php", tree->plugins);
    assert_int_equal(symlink(to, from), 0);
    snprintf(from, sizeof from, "%s/again", tree->plugins);
    assert_int_equal(symlink("b", from), 0);
    put(tree, "site/wp-content/plugins/b/b.php", "<?php f( 'kestrel_rate_' );");
    const struct wpb_source_found *found = search(tree, "kestrel_rate_");
    assert_int_equal(found->matches, 3);
    assert_slice(found->component, "plugin:b");
    assert_int_equal(tree->result.links, 0);
}

static void a_link_in_a_circle_ends(void **state)
{
    struct tree *tree = *state;
    char from[256];
    put(tree, "site/wp-content/plugins/a/a.php", "<?php f( 'kestrel_rate_' );");
    snprintf(from, sizeof from, "%s/a/self", tree->plugins);
    assert_int_equal(symlink(".", from), 0);
    snprintf(from, sizeof from, "%s/all", tree->plugins);
    assert_int_equal(symlink("..", from), 0);
    snprintf(from, sizeof from, "%s/loop", tree->plugins);
    assert_int_equal(symlink("loop", from), 0);
    assert_true(search(tree, "kestrel_rate_")->matches >= 1);
}

static void a_fifo_named_like_a_source_is_not_opened(void **state)
{
    struct tree *tree = *state;
    char path[256];
    put(tree, "site/wp-content/plugins/a/b.php", "<?php f( 'kestrel_rate_' );");
    snprintf(path, sizeof path, "%s/a/a.php", tree->plugins);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 1);
    assert_int_equal(tree->result.unreadable, 0);
}

static void unreadable_files_are_counted_and_said(void **state)
{
    struct tree *tree = *state;
    char path[256];
    put(tree, "site/wp-content/plugins/a/a.php", "<?php f( 'kestrel_rate_' );");
    put(tree, "site/wp-content/plugins/b/b.php", "<?php f( 'kestrel_rate_' );");
    chmod(tree->root, 0755);
    snprintf(path, sizeof path, "%s/a", tree->plugins);
    chmod(path, 0);
    bool was_root = geteuid() == 0;
    if (was_root)
        assert_int_equal(seteuid(65534), 0);
    const struct wpb_source_found *found = search(tree, "kestrel_rate_");
    if (was_root)
        assert_int_equal(seteuid(0), 0);
    chmod(path, 0755);
    assert_int_equal(found->matches, 1);
    assert_int_equal(tree->result.unreadable, 1);
    assert_reason(tree, "1 file or folder could not be read");
    assert_reason(tree, "plugins/a: Permission denied");
}

static void a_missing_folder_is_no_fault(void **state)
{
    struct tree *tree = *state;
    search(tree, "kestrel_rate_");
    assert_int_equal(tree->result.folders, 2);
    assert_int_equal(tree->result.unreadable, 0);
    assert_true(wpb_source_is_complete(&tree->result));
}

static void limits_end_the_search_and_say_so(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/1.php", "<?php f( 'kestrel_rate_' );");
    put(tree, "site/wp-content/plugins/a/2.php", "<?php f( 'kestrel_rate_' );");
    put(tree, "site/wp-content/plugins/a/3.php", "<?php f( 'kestrel_rate_' );");
    tree->limits.files = 2;
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 2);
    assert_reason(tree, "stopped after 2 files, because the limit of files was reached");
    tree->limits = wpb_source_limits_default;
    tree->limits.total_bytes = 30;
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 1);
    assert_int_equal(tree->result.bytes, 30);
    assert_reason(tree, "the limit of bytes was reached");
    tree->limits = wpb_source_limits_default;
    tree->limits.until_ms = 1;
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 0);
    assert_reason(tree, "its time was over");
}

static void a_file_is_read_up_to_its_limit(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/a.php",
        "<?php f( 'kestrel_rate_' );\n f( 'kestrel_rate_' );");
    tree->limits.file_bytes = 30;
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 1);
    assert_int_equal(tree->result.cut, 1);
    assert_reason(tree, "1 large file was read in part");
}

static void folders_below_the_depth_are_left_out_and_counted(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/b/c/d.php", "<?php f( 'kestrel_rate_' );");
    tree->limits.depth = 3;
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 1);
    tree->limits.depth = 2;
    assert_int_equal(search(tree, "kestrel_rate_")->matches, 0);
    assert_int_equal(tree->result.deep, 1);
    assert_reason(tree, "1 folder lies too deep");
}

static void a_set_cancel_flag_ends_the_search(void **state)
{
    struct tree *tree = *state;
    put(tree, "site/wp-content/plugins/a/a.php", "<?php f( 'kestrel_rate_' );");
    struct wpb_source_folders folders = folders_of(tree);
    struct wpb_slice literal = WPB_SLICE("kestrel_rate_");
    atomic_bool cancel = true;
    wpb_source_search(&folders, &literal, 1, &tree->limits, &cancel, tree->arena,
                      &tree->result);
    assert_int_equal(tree->result.files, 0);
    assert_reason(tree, "it was cancelled");
}

/* ---- the probe, in a run of our own ---- */

struct fact {
    const struct wpb_subject *subject;
    enum wpb_metric metric;
    int64_t integer;
    char text[WPB_VALUE_TEXT_MAX + 1];
    enum wpb_provenance provenance;
};

struct wpb_run {
    uv_loop_t loop;
    struct wpb_site site;
    const struct wpb_site *sites[1];
    struct wpb_subject subjects[2];
    struct wpb_request requests[2];
    size_t request_count;
    struct wpb_cost cost;
    struct fact facts[32];
    size_t fact_count;
    bool is_over;
    enum wpb_coverage_status status;
    char reason[1024];
    uint64_t done;
};

struct uv_loop_s *wpb_run_loop(const struct wpb_run *run)
{
    return (struct uv_loop_s *)&run->loop;
}

const struct wpb_site *const *wpb_run_sites(const struct wpb_run *run, size_t *count)
{
    *count = 1;
    return run->sites;
}

const struct wpb_request *wpb_run_requests(const struct wpb_run *run, size_t *count)
{
    *count = run->request_count;
    return run->requests;
}

void wpb_run_post(struct wpb_run *run, const struct wpb_site *site,
                  const struct wpb_subject *subject, enum wpb_metric metric,
                  struct wpb_value value, enum wpb_provenance provenance)
{
    assert_ptr_equal(site, &run->site);
    assert_false(run->is_over);
    struct fact *fact = &run->facts[run->fact_count++];
    *fact = (struct fact){subject, metric, value.integer, "", provenance};
    if (value.type == WPB_VALUE_TEXT)
        memcpy(fact->text, value.text.data, value.text.len);
}

void wpb_run_progress(struct wpb_run *run, uint64_t done, uint64_t total,
                      const char *pace)
{
    (void)total, (void)pace;
    run->done = done;
}

struct wpb_cost *wpb_run_cost(struct wpb_run *run)
{
    return &run->cost;
}

void wpb_run_end(struct wpb_run *run, enum wpb_coverage_status status,
                 const char *reason_format, ...)
{
    va_list args;
    assert_false(run->is_over);
    run->is_over = true;
    run->status = status;
    va_start(args, reason_format);
    vsnprintf(run->reason, sizeof run->reason, reason_format, args);
    va_end(args);
}

static void run_init(struct wpb_run *run, const struct tree *tree)
{
    struct wpb_source_folders folders = folders_of(tree);
    static const char *const templates[] = {"kestrel_tariff_v2_<hex>",
                                            "merlin_quote_<n>"};
    *run = (struct wpb_run){.request_count = 2};
    run->site = (struct wpb_site){.name = "shop",
                                  .path = folders.site_path,
                                  .mu_plugin_dir = folders.mu_plugin_dir,
                                  .plugin_dir = folders.plugin_dir,
                                  .theme_dir = folders.theme_dir,
                                  .content_dir = folders.content_dir};
    run->sites[0] = &run->site;
    for (size_t i = 0; i < 2; i++) {
        run->subjects[i] = (struct wpb_subject){.kind = WPB_SUBJECT_OPTION_FAMILY,
                                                .name = wpb_slice_cstr(templates[i])};
        run->requests[i].subject = &run->subjects[i];
    }
    assert_int_equal(uv_loop_init(&run->loop), 0);
}

/* Start, and turn the loop until nothing is left on it. */
static void run_to_end(struct wpb_run *run)
{
    const struct wpb_probe *probe = &wpb_probe_wordpress_source;
    struct wpb_err err;
    void *state = probe->start(run, &err);
    assert_non_null(state);
    assert_false(run->is_over);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_true(run->is_over);
    probe->free(state);
    assert_int_equal(uv_loop_close(&run->loop), 0);
}

static const struct fact *fact_of(const struct wpb_run *run, size_t subject,
                                  enum wpb_metric metric)
{
    for (size_t i = 0; i < run->fact_count; i++) {
        if (run->facts[i].subject == &run->subjects[subject] &&
            run->facts[i].metric == metric)
            return &run->facts[i];
    }
    return NULL;
}

static void the_probe_posts_who_asks_for_each_family(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    put(tree, "site/wp-content/plugins/kestrel/a.php",
        "<?php\nget_option( 'kestrel_tariff_v2_' . $x );\n");
    run_init(&run, tree);
    run_to_end(&run);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_string_equal(run.reason, "");
    assert_int_equal(run.done, 2);
    assert_true(run.cost.bytes_received > 0);
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_MATCHES)->integer, 1);
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_MATCHES)->provenance, WPB_EXACT);
    assert_string_equal(fact_of(&run, 0, WPB_M_SOURCE_COMPONENT)->text, "plugin:kestrel");
    assert_string_equal(fact_of(&run, 0, WPB_M_SOURCE_FILE)->text,
                        "wp-content/plugins/kestrel/a.php");
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_LINE)->integer, 2);
    assert_string_equal(fact_of(&run, 0, WPB_M_SOURCE_EXCERPT)->text,
                        "get_option( 'kestrel_tariff_v2_' . $x );");
}

static void the_probe_says_searched_and_none(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    run_init(&run, tree);
    run_to_end(&run);
    const struct fact *fact = fact_of(&run, 1, WPB_M_SOURCE_MATCHES);
    assert_non_null(fact);
    assert_int_equal(fact->integer, 0);
    assert_int_equal(fact->provenance, WPB_EXACT);
    assert_null(fact_of(&run, 1, WPB_M_SOURCE_COMPONENT));
}

static void a_leading_part_is_posted_as_estimated(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    put(tree, "site/wp-content/plugins/kestrel/a.php",
        "<?php\nget_option( 'kestrel_' . $kind . '_v2_' . $x );\n");
    run_init(&run, tree);
    run_to_end(&run);
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_MATCHES)->integer, 1);
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_MATCHES)->provenance, WPB_ESTIMATED);
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_FILE)->provenance, WPB_ESTIMATED);
}

static void
a_table_and_a_statement_are_searched_for_by_the_plugins_part_of_the_name(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    put(tree, "site/wp-content/plugins/harrier/index.php",
        "<?php\n$wpdb->query( \"UPDATE {$wpdb->prefix}harrier_index SET a = 1\" );\n");
    put(tree, "site/wp-content/plugins/kestrel/prices.php",
        "<?php\n\n$table = $wpdb->prefix . 'kestrel_prices';\n");
    run_init(&run, tree);
    run.site.table_prefix = "hq_";
    run.subjects[0] = (struct wpb_subject){.kind = WPB_SUBJECT_TABLE,
                                           .name = wpb_slice_cstr("hq_harrier_index")};
    run.subjects[1] = (struct wpb_subject){
        .kind = WPB_SUBJECT_STATEMENT,
        .name = wpb_slice_cstr("SELECT `a` FROM `hq_kestrel_prices` WHERE `id` = ?")};
    run_to_end(&run);
    assert_string_equal(fact_of(&run, 0, WPB_M_SOURCE_COMPONENT)->text, "plugin:harrier");
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_LINE)->integer, 2);
    assert_string_equal(fact_of(&run, 1, WPB_M_SOURCE_COMPONENT)->text, "plugin:kestrel");
    assert_string_equal(fact_of(&run, 1, WPB_M_SOURCE_FILE)->text,
                        "wp-content/plugins/kestrel/prices.php");
}

static void a_search_of_only_part_finds_none_as_estimated(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    char path[256];
    snprintf(path, sizeof path, "%s/linked", tree->plugins);
    assert_int_equal(symlink("/usr", path), 0);
    run_init(&run, tree);
    run_to_end(&run);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(run.reason, "1 symbolic link was not followed"));
    assert_int_equal(fact_of(&run, 0, WPB_M_SOURCE_MATCHES)->provenance, WPB_ESTIMATED);
}

static void a_site_without_a_folder_is_unavailable(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    struct wpb_err err = {0};
    run_init(&run, tree);
    run.site.path = run.site.mu_plugin_dir = run.site.plugin_dir = "";
    run.site.theme_dir = run.site.content_dir = "";
    assert_null(wpb_probe_wordpress_source.start(&run, &err));
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    assert_int_equal(uv_loop_close(&run.loop), 0);
}

static void folders_that_are_gone_are_unavailable_and_nothing_is_posted(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    run_init(&run, tree);
    run.site.mu_plugin_dir = run.site.plugin_dir = "/nonexistent/wpbloat";
    run.site.theme_dir = run.site.content_dir = "";
    run_to_end(&run);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_string_equal(run.reason, "the site has no folder of plugins or themes");
    assert_int_equal(run.fact_count, 0);
}

static void hold_the_pool(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

static void pool_was_released(uv_work_t *work, int status)
{
    (void)work, (void)status;
}

/* main() leaves the pool one thread, so the search waits behind the holder. */
static void a_run_cancelled_while_it_waits_ends_once_as_partial(void **state)
{
    struct tree *tree = *state;
    struct wpb_run run;
    uv_sem_t release;
    uv_work_t holder = {.data = &release};
    run_init(&run, tree);
    uv_sem_init(&release, 0);
    uv_queue_work(&run.loop, &holder, hold_the_pool, pool_was_released);
    void *probe = wpb_probe_wordpress_source.start(&run, NULL);
    assert_non_null(probe);
    wpb_probe_wordpress_source.cancel(probe);
    uv_sem_post(&release);
    uv_run(&run.loop, UV_RUN_DEFAULT);
    assert_true(run.is_over);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_int_equal(run.fact_count, 0);
    wpb_probe_wordpress_source.free(probe);
    uv_sem_destroy(&release);
    assert_int_equal(uv_loop_close(&run.loop), 0);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(the_asking_line_of_a_plugin_is_named),
        WITH_TREE(each_kind_of_component_has_its_name),
        WITH_TREE(the_cache_drop_ins_are_left_out),
        WITH_TREE(only_php_files_are_sources),
        WITH_TREE(a_call_outranks_a_mention_and_a_mention_a_comment),
        WITH_TREE(only_the_best_sort_of_match_is_counted),
        WITH_TREE(production_outranks_tests_and_vendor),
        WITH_TREE(equal_matches_go_to_the_first_in_byte_order),
        WITH_TREE(a_leading_part_is_found_when_the_whole_is_not),
        WITH_TREE(a_transient_is_found_by_the_name_its_callers_use),
        WITH_TREE(a_file_outside_of_the_site_has_its_absolute_path),
        WITH_TREE(links_out_of_the_site_are_counted_and_not_followed),
        WITH_TREE(a_linked_plugin_within_the_site_is_searched_once),
        WITH_TREE(a_link_in_a_circle_ends),
        WITH_TREE(a_fifo_named_like_a_source_is_not_opened),
        WITH_TREE(unreadable_files_are_counted_and_said),
        WITH_TREE(a_missing_folder_is_no_fault),
        WITH_TREE(limits_end_the_search_and_say_so),
        WITH_TREE(a_file_is_read_up_to_its_limit),
        WITH_TREE(folders_below_the_depth_are_left_out_and_counted),
        WITH_TREE(a_set_cancel_flag_ends_the_search),
        WITH_TREE(the_probe_posts_who_asks_for_each_family),
        WITH_TREE(the_probe_says_searched_and_none),
        WITH_TREE(a_leading_part_is_posted_as_estimated),
        WITH_TREE(
            a_table_and_a_statement_are_searched_for_by_the_plugins_part_of_the_name),
        WITH_TREE(a_search_of_only_part_finds_none_as_estimated),
        WITH_TREE(a_site_without_a_folder_is_unavailable),
        WITH_TREE(folders_that_are_gone_are_unavailable_and_nothing_is_posted),
        WITH_TREE(a_run_cancelled_while_it_waits_ends_once_as_partial),
    };
    setenv("UV_THREADPOOL_SIZE", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
