#include "agent/daemon/self.h"

#include <stdlib.h>
#include <string.h>

#include "wpbloat/site.h"

#define PREFIX "agent."

/* Alerts need a site. This one has no folder and no servers. */
static const struct wpb_site site = {.name = "wpbloat",
                                     .owner = "",
                                     .path = "",
                                     .config_file = "",
                                     .content_dir = "",
                                     .plugin_dir = "",
                                     .mu_plugin_dir = "",
                                     .theme_dir = "",
                                     .wp_version = "",
                                     .table_prefix = "",
                                     .db_name = "",
                                     .db_host = ""};
static const struct wpb_subject host = {
    .kind = WPB_SUBJECT_HOST, .scope = WPB_SLICE(""), .name = WPB_SLICE("")};
static const char *const nothing[] = {NULL};

bool wpb_self_is_code(const char *code)
{
    return strncmp(code, PREFIX, sizeof(PREFIX) - 1) == 0;
}

static struct wpb_finding *append(struct wpb_findings *findings, const char *code)
{
    size_t bytes = findings->count * sizeof(*findings->items);
    struct wpb_finding *items =
        wpb_arena_alloc(findings->arena, bytes + sizeof(*findings->items));
    struct wpb_finding *finding = &items[findings->count];

    if (bytes)
        memcpy(items, findings->items, bytes);
    findings->items = items;
    findings->capacity = ++findings->count;
    *finding = (struct wpb_finding){
        .code = code,
        .severity = WPB_WARNING,
        .site = &site,
        .subject = &host,
        .cause = {.confidence = "unknown", .note = ""},
        .remedy = {.now = nothing, .for_good = nothing, .verify = nothing},
    };
    finding->remedy.doc = wpb_arena_printf(findings->arena, "docs/remedies/%s.md", code);
    return finding;
}

static void set_fact(struct wpb_findings *findings, struct wpb_finding *finding,
                     const char *name, struct wpb_value value)
{
    struct wpb_evidence *fact = wpb_arena_alloc(findings->arena, sizeof(*fact));

    *fact = (struct wpb_evidence){.name = name, .value = value, .provenance = WPB_EXACT};
    finding->evidence = fact;
    finding->evidence_count = 1;
}

static void set_remedy(struct wpb_findings *findings, struct wpb_finding *finding,
                       const char *summary, const char *verify)
{
    const char **lines = wpb_arena_alloc(findings->arena, 2 * sizeof(*lines));

    lines[0] = verify;
    finding->remedy.summary = summary;
    finding->remedy.verify = lines;
}

static void say_degraded(const struct wpb_self *self, struct wpb_findings *findings)
{
    struct wpb_finding *finding = append(findings, PREFIX "history_degraded");

    finding->title = "wpbloat cannot write its history, and keeps it in memory";
    finding->summary = wpb_arena_printf(
        findings->arena,
        "%s. Alerts still go out, but what the agent learns until the disk is well again "
        "is lost when it ends, and forecasts have less to go by.",
        self->history_reason);
    set_fact(findings, finding, "history_bytes", wpb_value_count(self->history_bytes));
    set_remedy(
        findings, finding,
        wpb_arena_printf(findings->arena,
                         "Give the file system of %s room, and wpbloat the right to "
                         "write there; it tries again each minute.",
                         self->state_folder),
        wpb_arena_printf(findings->arena, "df -h %s", self->state_folder));
}

static void say_rejected(const struct wpb_self *self, struct wpb_findings *findings)
{
    struct wpb_finding *finding = append(findings, PREFIX "sink_rejects");

    finding->title = wpb_arena_printf(findings->arena, "[sink %s] refuses alerts",
                                      self->rejecting_sink);
    finding->summary = wpb_arena_printf(
        findings->arena,
        "It answered: %s. Such an alert is not sent again. Those that go to other sinks "
        "are not concerned.",
        self->rejection);
    set_fact(findings, finding, "dead_letters", wpb_value_count(self->dead_letters));
    set_remedy(findings, finding,
               "Mend its address, its secret or the receiver, and reload the agent.",
               "wpbloat agent --test-alert");
}

void wpb_self_test_finding(const char *of_host, struct wpb_findings *findings)
{
    struct wpb_finding *finding = append(findings, PREFIX "test");

    finding->severity = WPB_INFO;
    finding->title = wpb_arena_printf(
        findings->arena, "A test alert of wpbloat on %s: nothing is wrong", of_host);
    finding->summary = "Somebody ran `wpbloat agent --test-alert` there to see whether "
                       "alerts arrive. This one did.";
    finding->remedy.summary = "There is nothing to do.";
    finding->remedy.doc = "docs/operations.md";
}

static int compare(const void *a, const void *b)
{
    return wpb_finding_compare(a, b);
}

void wpb_self_findings(const struct wpb_self *self, struct wpb_findings *findings)
{
    if (self->is_history_degraded)
        say_degraded(self, findings);
    if (self->rejecting_sink)
        say_rejected(self, findings);
    if (findings->count > 1)
        qsort(findings->items, findings->count, sizeof(*findings->items), compare);
}
