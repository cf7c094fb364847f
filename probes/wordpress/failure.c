#include "probes/wordpress/failure.h"

#define FAILURES_MAX 256

void wpb_failure_add(struct wpb_failure_list *list, const char *path, const char *reason)
{
    if (list->count == FAILURES_MAX)
        return;
    if (!list->items)
        list->items = wpb_arena_alloc(list->arena, FAILURES_MAX * sizeof(*list->items));
    list->items[list->count++] = (struct wpb_discovery_failure){
        .path = wpb_arena_printf(list->arena, "%s", path),
        .reason = wpb_arena_printf(list->arena, "%s", reason)};
}

static const char *advice(enum wpb_err_code code)
{
    switch (code) {
    case WPB_E_DENIED:
        return "run as root, or as a user in the group of that file";
    case WPB_E_NOT_FOUND:
        return "check the path";
    case WPB_E_UNSUPPORTED:
        return "put the file itself there, or give another path";
    case WPB_E_BUDGET:
        return "a configuration is small: check what that file is";
    default:
        return "check the disk and the path";
    }
}

void wpb_failure_add_err(struct wpb_failure_list *list, const char *path,
                         const struct wpb_err *err)
{
    wpb_failure_add(
        list, path,
        wpb_arena_printf(list->arena, "%s; %s", err->message, advice(err->code)));
}
