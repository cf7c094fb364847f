#include "probes/requests/access_format.h"

#include <strings.h>

#define STAGE "requests"
#define SECOND_US 1000000

/* Conversions that are always the same field. */
static const struct {
    char conversion;
    struct wpb_line_field field;
} plain[] = {
    {'n', {.kind = WPB_LINE_WORD, .target = WPB_LINE_TO_POOL}},
    {'p', {.kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_PID}},
    {'m', {.kind = WPB_LINE_WORD, .target = WPB_LINE_TO_METHOD}},
    {'s', {.kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_STATUS}},
    {'r', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_REWRITTEN}},
    {'q', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_QUERY}},
    {'Q', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_QUERY}},
    {'f', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_SCRIPT}},
    {'l', {.kind = WPB_LINE_NUMBER}},
    {'P', {.kind = WPB_LINE_NUMBER}},
    {'R', {.kind = WPB_LINE_WORD}},
    {'u', {.kind = WPB_LINE_TEXT}},
};

/* Conversions with a unit in braces; the first row of each is what FPM takes without. */
static const struct {
    char conversion;
    const char *unit;
    struct wpb_line_field field;
} measured[] = {
#define DURATION(digits)                                                                 \
    {                                                                                    \
        .kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_DURATION, .decimals = (digits)    \
    }
    {'d', "seconds", DURATION(6)},
    {'d', "milliseconds", DURATION(3)},
    {'d', "miliseconds", DURATION(3)},
    {'d', "milli", DURATION(3)},
    {'d', "mili", DURATION(3)},
    {'d', "microseconds", DURATION(0)},
    {'d', "micro", DURATION(0)},
#undef DURATION
#define MEMORY(bytes)                                                                    \
    {                                                                                    \
        .kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_MEMORY, .factor = (bytes)         \
    }
    {'M', "bytes", MEMORY(1)},
    {'M', "kilobytes", MEMORY(1024)},
    {'M', "kilo", MEMORY(1024)},
    {'M', "megabytes", MEMORY(1024 * 1024)},
    {'M', "mega", MEMORY(1024 * 1024)},
#undef MEMORY
#define CPU(what)                                                                        \
    {                                                                                    \
        .kind = WPB_LINE_PERCENT, .target = (what), .decimals = 2                        \
    }
    {'C', "total", CPU(WPB_LINE_TO_CPU_TOTAL)},
    {'C', "user", CPU(WPB_LINE_TO_CPU_USER)},
    {'C', "system", CPU(WPB_LINE_TO_CPU_SYSTEM)},
#undef CPU
};

/* What a web server hands to PHP; the rest may be a header, with anything in it. */
static const struct {
    const char *name;
    struct wpb_line_field field;
} variables[] = {
    {"REQUEST_URI", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_URI}},
    {"HTTP_HOST", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_HOST}},
    {"SERVER_NAME", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_HOST}},
    {"HTTP_USER_AGENT",
     {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_AGENT, .has_spaces = true}},
    {"SCRIPT_NAME", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_REWRITTEN}},
    {"DOCUMENT_URI", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_REWRITTEN}},
    {"QUERY_STRING", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_QUERY}},
    {"REQUEST_METHOD", {.kind = WPB_LINE_WORD, .target = WPB_LINE_TO_METHOD}},
    {"SCRIPT_FILENAME", {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_SCRIPT}},
    {"REMOTE_ADDR", {.kind = WPB_LINE_WORD}},
    {"REMOTE_PORT", {.kind = WPB_LINE_WORD}},
    {"SERVER_ADDR", {.kind = WPB_LINE_WORD}},
    {"SERVER_PORT", {.kind = WPB_LINE_WORD}},
    {"SERVER_PROTOCOL", {.kind = WPB_LINE_WORD}},
    {"REQUEST_SCHEME", {.kind = WPB_LINE_WORD}},
    {"HTTPS", {.kind = WPB_LINE_WORD}},
};

static bool is_word(struct wpb_slice text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static bool ends_in(struct wpb_slice text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && is_word(wpb_slice_skip(text, text.len - len), word);
}

/* One conversion: "%{argument}c". */
struct conversion {
    char name;
    bool has_argument;
    struct wpb_slice argument;
};

static int add_variable(struct wpb_line_format *format, struct wpb_slice name,
                        struct wpb_err *err)
{
    static const struct wpb_line_field unknown = {.kind = WPB_LINE_TEXT,
                                                  .has_spaces = true};
    const struct wpb_line_field *field = &unknown;

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (wpb_slice_is(name, variables[i].name))
            field = &variables[i].field;
    return wpb_line_format_field(format, field, wpb_slice_of("", 0), err);
}

static int add_header(struct wpb_line_format *format, struct wpb_slice name,
                      struct wpb_err *err)
{
    static const struct wpb_line_field count = {.kind = WPB_LINE_WORD,
                                                .target = WPB_LINE_TO_QUERIES};
    static const struct wpb_line_field other = {.kind = WPB_LINE_TEXT,
                                                .has_spaces = true};

    return wpb_line_format_field(format, ends_in(name, "queries") ? &count : &other,
                                 wpb_slice_of("", 0), err);
}

static int add_time(struct wpb_line_format *format, const struct conversion *conversion,
                    struct wpb_err *err)
{
    const struct wpb_line_field field = {
        .kind = WPB_LINE_TIME,
        .target = conversion->name == 'T' ? WPB_LINE_TO_END : WPB_LINE_TO_START,
        .unit_us = SECOND_US};

    return wpb_line_format_field(format, &field,
                                 conversion->has_argument
                                     ? conversion->argument
                                     : wpb_slice_cstr(WPB_TIME_FORMAT_COMMON),
                                 err);
}

static int add_measured(struct wpb_line_format *format,
                        const struct conversion *conversion, struct wpb_err *err)
{
    bool is_known = false;

    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        if (measured[i].conversion != conversion->name)
            continue;
        is_known = true;
        if (!conversion->has_argument || is_word(conversion->argument, measured[i].unit))
            return wpb_line_format_field(format, &measured[i].field, wpb_slice_of("", 0),
                                         err);
    }
    if (is_known)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "PHP-FPM has no such unit of %%%c", conversion->name);
    return 1;
}

static int add_plain(struct wpb_line_format *format, const struct conversion *conversion,
                     struct wpb_err *err)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (plain[i].conversion != conversion->name)
            continue;
        if (conversion->has_argument)
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                               "PHP-FPM takes nothing in braces before %c",
                               conversion->name);
        return wpb_line_format_field(format, &plain[i].field, wpb_slice_of("", 0), err);
    }
    return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "PHP-FPM has no %%%c",
                       conversion->name > ' ' && conversion->name < 127 ? conversion->name
                                                                        : '?');
}

static int add_conversion(struct wpb_line_format *format,
                          const struct conversion *conversion, struct wpb_err *err)
{
    switch (conversion->name) {
    case '%':
        return wpb_line_format_literal(format, wpb_slice_of("%", 1), err);
    case 'T':
    case 't':
        return add_time(format, conversion, err);
    case 'e':
    case 'o':
        if (!conversion->has_argument)
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                               "%%%c needs a name in braces", conversion->name);
        return conversion->name == 'e' ? add_variable(format, conversion->argument, err)
                                       : add_header(format, conversion->argument, err);
    default:
        break;
    }
    int result = add_measured(format, conversion, err);
    return result == 1 ? add_plain(format, conversion, err) : result;
}

/* Take "%{argument}c" off the front of TEXT. */
static int take_conversion(struct wpb_slice *text, struct conversion *conversion,
                           struct wpb_err *err)
{
    *conversion = (struct conversion){0};
    *text = wpb_slice_skip(*text, 1);
    if (text->len && text->data[0] == '{') {
        const char *close = memchr(text->data, '}', text->len);
        if (!close)
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "a brace is not closed");
        conversion->argument =
            wpb_slice_of(text->data + 1, (size_t)(close - text->data) - 1);
        conversion->has_argument = conversion->argument.len > 0;
        *text = wpb_slice_skip(*text, conversion->argument.len + 2);
    }
    if (text->len == 0)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "the format ends in %%");
    conversion->name = text->data[0];
    *text = wpb_slice_skip(*text, 1);
    return 0;
}

int wpb_access_format(struct wpb_line_format *format, struct wpb_slice text,
                      struct wpb_err *err)
{
    struct conversion conversion;

    wpb_line_format_begin(format);
    while (text.len) {
        if (text.data[0] == '%') {
            if (take_conversion(&text, &conversion, err) ||
                add_conversion(format, &conversion, err))
                return -1;
            continue;
        }
        if (wpb_slice_starts(text, wpb_slice_cstr("\\\"")))
            text = wpb_slice_skip(text, 1);
        if (wpb_line_format_literal(format, wpb_slice_head(text, 1), err))
            return -1;
        text = wpb_slice_skip(text, 1);
    }
    return wpb_line_format_finish(format, err);
}
