#include "agent/daemon/series_key.h"

#include <inttypes.h>

#include "agent/alert/fingerprint.h"

/* What no site has alone. */
static const struct wpb_slice shared = WPB_SLICE("host");

struct wpb_store_key wpb_series_key(const struct wpb_site *site,
                                    const struct wpb_subject *subject,
                                    enum wpb_metric metric, bool is_shared,
                                    struct wpb_arena *arena)
{
    const struct wpb_metric_row *row = wpb_metric_row(metric);
    struct wpb_store_key key = {
        .site = shared,
        .kind = subject->kind,
        .scope = wpb_arena_copy(arena, subject->scope),
        .name = wpb_arena_copy(arena, subject->name),
        .metric = wpb_slice_cstr(row->name),
        .unit = wpb_slice_cstr(row->unit),
    };

    if (!is_shared)
        key.site = wpb_slice_cstr(
            wpb_arena_printf(arena, "%016" PRIx64, wpb_fingerprint_site(site)));
    if (subject->parent)
        key.parent = wpb_arena_copy(arena, subject->parent->name);
    return key;
}
