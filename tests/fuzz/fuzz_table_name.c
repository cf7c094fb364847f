/*
 * A statement: the table it is about lies inside it, without backticks, is the same one
 * when asked again, and what a plugin chose of its name is its end.
 */
#include "agent/base/table_name.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_inside(struct wpb_slice part, const void *data, size_t size)
{
    return part.len == 0 || (part.data >= (const char *)data &&
                             part.data + part.len <= (const char *)data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_subject statement = {.kind = WPB_SUBJECT_STATEMENT,
                                    .name = wpb_slice_of(data, size)};
    struct wpb_subject table = {.kind = WPB_SUBJECT_TABLE, .name = statement.name};
    struct wpb_slice name = wpb_table_name_of(statement.name);
    struct wpb_slice own = wpb_table_name_own(&statement, "wp_");

    check(is_inside(name, data, size));
    check(!name.len || !memchr(name.data, '`', name.len));
    check(wpb_slice_equal(name, wpb_table_name_of(statement.name)));
    check(is_inside(own, name.data, name.len));
    check(wpb_slice_ends(name, own));
    check(wpb_slice_ends(table.name, wpb_table_name_own(&table, "wp_")));
    return 0;
}
