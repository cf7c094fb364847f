#include "probes/wordpress/source.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/base/table_name.h"
#include "probes/php/family.h"
#include "probes/wordpress/source_search.h"

#define STAGE "source"
#define DEADLINE_MS 10000
/* The search stops itself a little before it would be stopped. */
#define SEARCH_MS 9500

/* The pool's thread has ARENA, FOLDERS, LITERALS and RESULT to itself between
 * uv_queue_work() and after_search(); CANCEL is shared. */
struct source {
    struct wpb_run *run;
    uv_work_t work;
    atomic_bool cancel;
    struct wpb_arena *arena;
    const struct wpb_site *site;
    struct wpb_source_folders folders;
    struct wpb_source_limits limits;
    const struct wpb_request *requests;
    size_t asked, count; /* requests, and those of them that are searched for */
    struct wpb_slice literals[WPB_SOURCE_LITERALS_MAX];
    struct wpb_source_result result;
};

static void search(uv_work_t *work)
{
    struct source *source = work->data;
    wpb_source_search(&source->folders, source->literals, source->count, &source->limits,
                      &source->cancel, source->arena, &source->result);
}

static void post_family(struct source *source, size_t i)
{
    const struct wpb_source_found *found = &source->result.found[i];
    const struct wpb_subject *subject = source->requests[i].subject;
    bool is_exact = found->matches ? found->is_whole
                                   : source->literals[i].len > 0 &&
                                         wpb_source_is_complete(&source->result);
    enum wpb_provenance provenance = is_exact ? WPB_EXACT : WPB_ESTIMATED;
    const struct {
        enum wpb_metric metric;
        struct wpb_value value;
    } facts[] = {
        {WPB_M_SOURCE_COMPONENT, wpb_value_text(found->component)},
        {WPB_M_SOURCE_FILE, wpb_value_text(found->file)},
        {WPB_M_SOURCE_LINE, wpb_value_count(found->line)},
        {WPB_M_SOURCE_EXCERPT, wpb_value_text(found->excerpt)},
    };

    wpb_run_post(source->run, source->site, subject, WPB_M_SOURCE_MATCHES,
                 wpb_value_count(found->matches), provenance);
    if (found->matches == 0)
        return;
    for (size_t fact = 0; fact < sizeof facts / sizeof facts[0]; fact++)
        wpb_run_post(source->run, source->site, subject, facts[fact].metric,
                     facts[fact].value, provenance);
}

static void end(struct source *source)
{
    struct wpb_buf reason;
    bool is_complete = wpb_source_is_complete(&source->result);
    enum wpb_coverage_status status =
        is_complete ? WPB_COVERAGE_OK : WPB_COVERAGE_PARTIAL;

    wpb_buf_init(&reason, 1024);
    wpb_source_explain(&source->result, &reason);
    if (source->asked > source->count) {
        status = WPB_COVERAGE_PARTIAL;
        wpb_buf_printf(&reason, "%s%zu families of names or tables were not searched for",
                       reason.len ? "; " : "", source->asked - source->count);
    }
    if (source->result.folders == 0 && source->result.files == 0 && !source->cancel)
        status = WPB_COVERAGE_UNAVAILABLE;
    wpb_run_end(source->run, status, "%s", reason.data);
    wpb_buf_fini(&reason);
}

static void after_search(uv_work_t *work, int status)
{
    struct source *source = work->data;
    if (status == UV_ECANCELED) {
        wpb_run_end(source->run, WPB_COVERAGE_PARTIAL, "cancelled before it began");
        return;
    }
    struct wpb_cost *cost = wpb_run_cost(source->run);
    cost->bytes_received += source->result.bytes;
    wpb_run_progress(source->run, source->result.files, source->result.files, NULL);
    /* A search of which nothing could be opened knows nothing: it posts nothing. */
    for (size_t i = 0; i < source->count && source->result.folders > 0; i++)
        post_family(source, i);
    end(source);
}

static bool has_folder(const struct wpb_site *site)
{
    return *site->mu_plugin_dir || *site->plugin_dir || *site->theme_dir ||
           *site->content_dir;
}

static struct wpb_slice keep(struct source *source, const char *text)
{
    return wpb_arena_copy(source->arena, wpb_slice_cstr(text));
}

/* What to search for: the part of a name that stands in somebody's code. */
static struct wpb_slice literal_of(const struct wpb_site *site,
                                   const struct wpb_subject *subject)
{
    if (subject->kind == WPB_SUBJECT_TABLE || subject->kind == WPB_SUBJECT_STATEMENT)
        return wpb_table_name_own(subject, site->table_prefix);
    return wpb_family_literal(subject->name);
}

/* The thread reads copies: nothing but the cancel flag is shared while it runs. */
static void prepare(struct source *source)
{
    const struct wpb_site *site = source->site;
    source->folders = (struct wpb_source_folders){
        .site_path = keep(source, site->path).data,
        .mu_plugin_dir = keep(source, site->mu_plugin_dir).data,
        .plugin_dir = keep(source, site->plugin_dir).data,
        .theme_dir = keep(source, site->theme_dir).data,
        .content_dir = keep(source, site->content_dir).data,
    };
    source->limits = wpb_source_limits_default;
    source->limits.until_ms = wpb_clock_monotonic_ms() + SEARCH_MS;
    source->count =
        source->asked < WPB_SOURCE_LITERALS_MAX ? source->asked : WPB_SOURCE_LITERALS_MAX;
    for (size_t i = 0; i < source->count; i++) {
        struct wpb_slice literal = literal_of(site, source->requests[i].subject);
        source->literals[i] = wpb_arena_copy(source->arena, literal);
    }
}

static void free_state(void *state)
{
    struct source *source = state;
    wpb_arena_free(source->arena);
    free(source);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    size_t site_count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &site_count);
    assert(site_count == 1);
    if (!has_folder(sites[0])) {
        wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                    "the folder of this site's code is not known: name it as PATH to "
                    "learn which plugin asks for the names");
        return NULL;
    }
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        goto out;
    source->arena = wpb_arena_new();
    if (!source->arena)
        goto out_source;
    source->run = run;
    source->site = sites[0];
    source->requests = wpb_run_requests(run, &source->asked);
    source->work.data = source;
    atomic_init(&source->cancel, false);
    prepare(source);
    int status = uv_queue_work(wpb_run_loop(run), &source->work, search, after_search);
    if (status == 0)
        return source;
    wpb_err_set(err, WPB_E_IO, STAGE, "no thread to search on: %s", uv_strerror(status));
    free_state(source);
    return NULL;
out_source:
    free(source);
out:
    wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory to search the site's sources");
    return NULL;
}

/* Never asked for: the search is one piece of work. */
static void step(void *state)
{
    (void)state;
}

static void cancel(void *state)
{
    struct source *source = state;
    atomic_store(&source->cancel, true);
    uv_cancel((uv_req_t *)&source->work);
}

const struct wpb_probe wpb_probe_wordpress_source = {
    .name = "wordpress.source",
    .help = "Searches the site's plugins, themes and drop-ins for the code that asks "
            "for a family of option names, or that names a table.",
    .unit = "files",
    .needs = "files",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_OPTION_FAMILY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = DEADLINE_MS,
    .max_items = 20000,
    .max_bytes = 256u << 20,
    .grants = "read access to the site's plugin, mu-plugin and theme folders",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = free_state,
};
