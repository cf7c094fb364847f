/*
 * The first byte is how long the group is; group and id follow, and the id is taken for
 * a stored value, too. What is read lies within the id; a time that a key carries is
 * found in it as a value; the holder of the stamp carries none itself.
 */
#include <stdlib.h>

#include "probes/redis/stamp.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_holders(const struct wpb_stamp *stamp, struct wpb_slice from)
{
    for (size_t i = 0; i <= stamp->count; i++) {
        struct wpb_slice group;
        struct wpb_stamp none;
        struct wpb_buf id;
        wpb_buf_init(&id, 0);
        if (wpb_stamp_holder(stamp, i, from, &group, &id)) {
            check(i < stamp->count && id.len > 0);
            check(!wpb_stamp_parse(wpb_buf_view(&id), &none) || from.len > 20);
        } else {
            check(id.len == 0);
        }
        wpb_buf_fini(&id);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct wpb_slice rest = wpb_slice_of((const char *)data + 1, size - 1);
    struct wpb_slice group = wpb_slice_head(rest, data[0]);
    struct wpb_slice id = wpb_slice_skip(rest, group.len);
    struct wpb_stamp stamp;

    if (wpb_stamp_parse(id, &stamp)) {
        check(stamp.count >= 1 && stamp.count <= WPB_STAMP_TIMES_MAX);
        for (size_t i = 0; i < stamp.count; i++)
            check(stamp.times[i] >= 100000000000000000u);
        check(stamp.maker.len == 0 || stamp.maker.data == id.data);
        check_holders(&stamp, group);
    } else {
        check(stamp.kind == WPB_STAMP_NONE && stamp.count == 0);
    }
    uint64_t current = wpb_stamp_current(id);
    check(current == 0 || current >= 100000000000000000u);
    return 0;
}
