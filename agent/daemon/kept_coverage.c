#include "agent/daemon/kept_coverage.h"

#include <stdlib.h>
#include <string.h>

struct wpb_kept_coverage_row {
    struct wpb_kept_coverage_row *next;
    char target[WPB_TARGET_ID_MAX];
    struct wpb_coverage coverage; /* texts are our own */
};

static void free_row(struct wpb_kept_coverage_row *row)
{
    free((char *)row->coverage.site);
    free((char *)row->coverage.reason);
    free((char *)row->coverage.lines);
    free(row);
}

static struct wpb_kept_coverage_row *find(const struct wpb_kept_coverage *kept,
                                          const char *target, const char *probe)
{
    struct wpb_kept_coverage_row *row = kept->first;

    while (row &&
           (strcmp(row->target, target) != 0 || strcmp(row->coverage.probe, probe) != 0))
        row = row->next;
    return row;
}

void wpb_kept_coverage_note(struct wpb_kept_coverage *kept,
                            const struct wpb_turn_look *look)
{
    char target[WPB_TARGET_ID_MAX];
    char *site = strdup(look->coverage->site), *reason = strdup(look->coverage->reason),
         *lines = strdup(look->coverage->lines ? look->coverage->lines : "");
    struct wpb_kept_coverage_row *row;

    wpb_target_id(look->target, target);
    row = find(kept, target, look->probe->name);
    if (!row && site && reason && lines && (row = calloc(1, sizeof(*row)))) {
        memcpy(row->target, target, sizeof(target));
        row->next = kept->first;
        kept->first = row;
    }
    if (!row || !site || !reason || !lines) {
        free(site);
        free(reason);
        free(lines);
        return;
    }
    free((char *)row->coverage.site);
    free((char *)row->coverage.reason);
    free((char *)row->coverage.lines);
    row->coverage = *look->coverage;
    row->coverage.site = site;
    row->coverage.reason = reason;
    row->coverage.lines = lines;
}

static bool is_among(const char *id, const struct wpb_target *targets, size_t count)
{
    char other[WPB_TARGET_ID_MAX];

    for (size_t t = 0; t < count; t++) {
        wpb_target_id(&targets[t], other);
        if (strcmp(id, other) == 0)
            return true;
    }
    return false;
}

void wpb_kept_coverage_forget(struct wpb_kept_coverage *kept,
                              const struct wpb_target *targets, size_t count)
{
    struct wpb_kept_coverage_row **link = &kept->first;

    while (*link) {
        struct wpb_kept_coverage_row *row = *link;
        if (is_among(row->target, targets, count)) {
            link = &row->next;
            continue;
        }
        *link = row->next;
        free_row(row);
    }
}

static void copy_row(struct wpb_coverage *copy, const struct wpb_coverage *coverage,
                     struct wpb_arena *arena)
{
    *copy = *coverage;
    copy->site = wpb_arena_cstr(arena, wpb_slice_cstr(coverage->site));
    copy->reason = wpb_arena_cstr(arena, wpb_slice_cstr(coverage->reason));
    copy->lines = wpb_arena_cstr(arena, wpb_slice_cstr(coverage->lines));
}

const struct wpb_coverage *wpb_kept_coverage_list(const struct wpb_kept_coverage *kept,
                                                  const struct wpb_probe *const *probes,
                                                  struct wpb_arena *arena, size_t *count)
{
    const struct wpb_kept_coverage_row *row;
    struct wpb_coverage *rows;
    size_t room = 1;

    for (row = kept->first; row; row = row->next)
        room++;
    rows = wpb_arena_alloc(arena, room * sizeof(*rows));
    *count = 0;
    for (size_t p = 0; probes[p]; p++) {
        for (row = kept->first; row; row = row->next) {
            if (strcmp(row->coverage.probe, probes[p]->name) == 0)
                copy_row(&rows[(*count)++], &row->coverage, arena);
        }
    }
    return rows;
}

void wpb_kept_coverage_fini(struct wpb_kept_coverage *kept)
{
    wpb_kept_coverage_forget(kept, NULL, 0);
}
