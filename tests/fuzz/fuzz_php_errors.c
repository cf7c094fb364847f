/*
 * The input is an error log; each line is read and counted. What a line tells lies within
 * it, and no count is lost but for those of places that made room.
 */
#include <stdlib.h>

#include "probes/requests/php_error_tally.h"
#include "tests/fuzz/fuzz.h"

#define NOW_S 1795981453

static struct wpb_php_error_tally tally;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(const struct wpb_php_error *error, struct wpb_slice line)
{
    check(error->kind < WPB_PHP_ERROR_KINDS);
    check(wpb_php_errors_name(error->kind)[0] != '\0');
    check(error->kind == WPB_PHP_MEMORY || error->limit_bytes == 0);
    if (error->file.len)
        check(error->file.data > line.data &&
              error->file.data + error->file.len <= line.data + line.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of((const char *)data, size);
    uint64_t added = 0, counted = 0;

    wpb_php_error_tally_init(&tally);
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        struct wpb_slice line =
            end ? wpb_slice_head(text, (size_t)(end - text.data)) : text;
        struct wpb_php_error error;
        if (wpb_php_errors_read(line, &error)) {
            check_error(&error, line);
            wpb_php_error_tally_add(&tally, &error, NOW_S);
            added++;
        }
        text = wpb_slice_skip(text, line.len + 1);
    }
    check(tally.count <= WPB_PHP_ERROR_PLACES);
    for (size_t i = 0; i < tally.count; i++)
        counted +=
            wpb_php_error_tally_count(&tally.places[i], NOW_S, WPB_PHP_ERROR_HOURS);
    check(counted + tally.dropped == added);
    return 0;
}
