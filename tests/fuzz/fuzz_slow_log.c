/*
 * The input is a slow log. Every entry has frames and texts that end; a culprit has a
 * file, and a file a culprit.
 */
#include <stdlib.h>

#include "probes/requests/slow_log.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static void check_entry(const struct wpb_slow_entry *entry)
{
    check(entry->frames > 0 && entry->frames <= WPB_SLOW_FRAMES_MAX);
    check(entry->unix_s > -86400);
    check(ends(entry->pool, sizeof entry->pool));
    check(ends(entry->script, sizeof entry->script));
    check(ends(entry->doing, sizeof entry->doing));
    check(ends(entry->component, sizeof entry->component));
    check(ends(entry->file, sizeof entry->file));
    check(ends(entry->function, sizeof entry->function));
    check((entry->component[0] != '\0') == (entry->file[0] != '\0'));
    check(entry->component[0] || (!entry->function[0] && !entry->line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of((const char *)data, size);
    struct wpb_slow_log log;
    struct wpb_slow_entry entry;

    wpb_slow_log_init(&log, (int32_t)(size % 7200));
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        struct wpb_slice line =
            end ? wpb_slice_head(text, (size_t)(end - text.data)) : text;
        if (wpb_slow_log_line(&log, line, &entry))
            check_entry(&entry);
        text = wpb_slice_skip(text, line.len + 1);
    }
    if (wpb_slow_log_pause(&log, &entry))
        check_entry(&entry);
    check(!wpb_slow_log_pause(&log, &entry));
    return 0;
}
