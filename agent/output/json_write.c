#include "agent/output/json_write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/text.h"
#include "agent/output/prose.h"

struct wpb_json wpb_json_of(struct wpb_buf *out, bool is_pretty)
{
    return (struct wpb_json){.out = out, .is_pretty = is_pretty};
}

static void begin_member(struct wpb_json *json, const char *key)
{
    if (json->has_member[json->depth])
        wpb_buf_char(json->out, ',');
    if (json->is_pretty && json->depth > 0) {
        wpb_buf_char(json->out, '\n');
        wpb_buf_repeat(json->out, ' ', 2 * json->depth);
    }
    json->has_member[json->depth] = true;
    if (!key)
        return;
    wpb_text_json(json->out, wpb_slice_cstr(key));
    wpb_buf_text(json->out, json->is_pretty ? ": " : ":");
}

static void open_level(struct wpb_json *json, const char *key, char opening, char closing)
{
    begin_member(json, key);
    wpb_buf_char(json->out, opening);
    json->depth++;
    assert(json->depth < WPB_JSON_DEPTH_MAX);
    json->has_member[json->depth] = false;
    json->closing[json->depth] = closing;
}

void wpb_json_open_object(struct wpb_json *json, const char *key)
{
    open_level(json, key, '{', '}');
}

void wpb_json_open_array(struct wpb_json *json, const char *key)
{
    open_level(json, key, '[', ']');
}

void wpb_json_close(struct wpb_json *json)
{
    assert(json->depth > 0);
    char closing = json->closing[json->depth];
    bool had_member = json->has_member[json->depth];
    json->depth--;
    if (json->is_pretty && had_member) {
        wpb_buf_char(json->out, '\n');
        wpb_buf_repeat(json->out, ' ', 2 * json->depth);
    }
    wpb_buf_char(json->out, closing);
}

void wpb_json_text(struct wpb_json *json, const char *key, struct wpb_slice text)
{
    begin_member(json, key);
    wpb_text_json(json->out, text);
}

void wpb_json_known(struct wpb_json *json, const char *key, const char *text)
{
    if (text && text[0])
        wpb_json_text(json, key, wpb_slice_cstr(text));
    else
        wpb_json_null(json, key);
}

static void prose(struct wpb_json *json, const char *key, struct wpb_slice text)
{
    begin_member(json, key);
    wpb_prose_json(json->out, text);
}

void wpb_json_prose(struct wpb_json *json, const char *key, const char *text)
{
    prose(json, key, wpb_slice_cstr(text));
}

void wpb_json_name(struct wpb_json *json, const char *key, struct wpb_slice name)
{
    begin_member(json, key);
    wpb_text_json_name(json->out, name);
    if (wpb_text_is_utf8(name))
        return;

    char hex_key[48];
    snprintf(hex_key, sizeof(hex_key), "%.40s_hex", key);
    struct wpb_buf masked;
    wpb_buf_init(&masked, 0);
    wpb_text_mask(&masked, name);
    begin_member(json, hex_key);
    wpb_buf_char(json->out, '"');
    for (size_t i = 0; i < masked.len; i++)
        wpb_buf_printf(json->out, "%02x", (unsigned char)masked.data[i]);
    wpb_buf_char(json->out, '"');
    wpb_buf_fini(&masked);
}

void wpb_json_integer(struct wpb_json *json, const char *key, int64_t integer)
{
    begin_member(json, key);
    wpb_buf_printf(json->out, "%" PRId64, integer);
}

void wpb_json_count(struct wpb_json *json, const char *key, uint64_t count)
{
    begin_member(json, key);
    wpb_buf_printf(json->out, "%" PRIu64, count);
}

void wpb_json_count_if(struct wpb_json *json, const char *key, bool is_known,
                       uint64_t count)
{
    if (is_known)
        wpb_json_count(json, key, count);
    else
        wpb_json_null(json, key);
}

/* A whole number up to here is written with all its digits: 300, not 3e+02. */
#define WHOLE_MAX 1e15

void wpb_json_number(struct wpb_json *json, const char *key, double number)
{
    if (!isfinite(number)) {
        wpb_json_null(json, key);
        return;
    }
    char digits[40];
    bool is_whole = fabs(number) < WHOLE_MAX && trunc(number) == number;
    if (is_whole)
        snprintf(digits, sizeof(digits), "%.0f", number);
    for (int precision = 1; !is_whole && precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    /* A decimal comma, should the process have taken a locale on. */
    for (char *digit = digits; *digit; digit++) {
        if (!strchr("0123456789+-.e", *digit))
            *digit = '.';
    }
    begin_member(json, key);
    wpb_buf_text(json->out, digits);
}

void wpb_json_bool(struct wpb_json *json, const char *key, bool truth)
{
    begin_member(json, key);
    wpb_buf_text(json->out, truth ? "true" : "false");
}

void wpb_json_null(struct wpb_json *json, const char *key)
{
    begin_member(json, key);
    wpb_buf_text(json->out, "null");
}

void wpb_json_value(struct wpb_json *json, const char *key, const struct wpb_value *value)
{
    switch (value->type) {
    case WPB_VALUE_INTEGER:
        wpb_json_integer(json, key, value->integer);
        return;
    case WPB_VALUE_DOUBLE:
        wpb_json_number(json, key, value->number);
        return;
    case WPB_VALUE_TEXT:
        prose(json, key, value->text);
        return;
    case WPB_VALUE_NONE:
        break;
    }
    wpb_json_null(json, key);
}

void wpb_json_memory_limit(struct wpb_json *json, const char *key, uint64_t bytes)
{
    if (bytes == 0)
        wpb_json_null(json, key);
    else if (bytes == UINT64_MAX)
        wpb_json_integer(json, key, -1);
    else
        wpb_json_count(json, key, bytes);
}

void wpb_json_php_version(struct wpb_json *json, const char *key, uint32_t version)
{
    if (version == 0) {
        wpb_json_null(json, key);
        return;
    }
    char text[32];
    unsigned major = version / 10000, minor = version / 100 % 100, patch = version % 100;
    if (patch)
        snprintf(text, sizeof(text), "%u.%u.%u", major, minor, patch);
    else
        snprintf(text, sizeof(text), "%u.%u", major, minor);
    wpb_json_known(json, key, text);
}
