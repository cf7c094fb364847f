/*
 * The input is an answer with its head, and a page. What is accepted is consistent:
 * counts add up, processes are as many as said, and differ.
 */
#include <stdlib.h>

#include "probes/requests/fpm_status.h"
#include "probes/requests/fpm_status_since.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_status(const struct wpb_fpm_status *status)
{
    check(status->process_count <= WPB_FPM_PROCESSES_MAX);
    check(status->list != WPB_FPM_LIST_UNREADABLE || status->process_count == 0);
    check(status->told_active + status->told_idle == status->told_total);
    check(!status->is_counted || status->active + status->idle <= status->process_count);
    for (size_t i = 0; i < status->process_count; i++) {
        const struct wpb_fpm_process *process = &status->processes[i];
        check(process->pid > 0 && process->uri.len <= WPB_FPM_URI_MAX);
        check(process->last_cpu_percent >= 0);
        check(i == 0 || process->pid != process[-1].pid);
    }
    check(wpb_fpm_status_since(&status->counters, &status->counters, 0).since ==
          WPB_FPM_ADVANCED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice bytes = size ? wpb_slice_of(data, size) : wpb_slice_of("", 0);
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_fpm_status status;
    struct wpb_err err;

    if (!arena)
        abort();
    for (int own = 0; own < 2; own++) {
        const struct wpb_fpm_expected expected = {
            .pool = own ? "www" : "", .status_path = "/s", .is_own_counted = own};
        if (wpb_fpm_status_parse(bytes, &expected, arena, &status, &err) == 0)
            check_status(&status);
        if (wpb_fpm_status_read(bytes, &expected, arena, &status, &err) == 0)
            check_status(&status);
    }
    wpb_arena_free(arena);
    return 0;
}
