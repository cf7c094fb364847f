/*
 * The input is a statement. Its shape is bounded, has no quote and no digit but within a
 * name, whole characters where the input has, and a shape's own shape is itself.
 */
#include <ctype.h>
#include <stdlib.h>

#include "probes/mysql/shape.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_of_name(char byte)
{
    unsigned char value = (unsigned char)byte;

    return isalnum(value) || value == '_' || value == '$' || value >= 0x80;
}

/* Between backticks anything may stand. */
static void check_masked(const struct wpb_sql_shape *shape)
{
    bool in_name = false;

    for (size_t i = 0; i < shape->len; i++) {
        char byte = shape->text[i];
        if (byte == '`')
            in_name = !in_name;
        if (in_name)
            continue;
        check(byte != '\'' && byte != '"');
        if (isdigit((unsigned char)byte))
            check(i > 0 && is_of_name(shape->text[i - 1]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_sql_shape shape, again;

    wpb_sql_shape(wpb_slice_of((const char *)data, size), &shape);
    check(shape.len <= WPB_SHAPE_MAX &&
          strnlen(shape.text, sizeof(shape.text)) <= shape.len);
    check(shape.table_len <= WPB_SHAPE_TABLE_MAX);
    check_masked(&shape);
    wpb_sql_shape(wpb_slice_of(shape.text, shape.len), &again);
    check(again.len <= shape.len + 3);
    return 0;
}
