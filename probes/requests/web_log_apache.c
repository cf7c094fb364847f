#include "probes/requests/web_log.h"

#include <strings.h>

#define STAGE "requests"
#define SECOND_US 1000000

/* Directives without an argument that we know; Apache escapes every text. */
static const struct {
    char name;
    struct wpb_line_field field;
} plain[] = {
    {'D', {.kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_DURATION}},
    {'r',
     {.kind = WPB_LINE_TEXT,
      .target = WPB_LINE_TO_REQUEST,
      .is_escaped = true,
      .has_spaces = true}},
    {'U', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_REWRITTEN, .is_escaped = true}},
    {'q', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_QUERY, .is_escaped = true}},
    {'f', {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_SCRIPT, .is_escaped = true}},
    {'m', {.kind = WPB_LINE_WORD, .target = WPB_LINE_TO_METHOD}},
    {'s', {.kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_STATUS}},
    {'v', {.kind = WPB_LINE_WORD, .target = WPB_LINE_TO_HOST}},
    {'V', {.kind = WPB_LINE_WORD, .target = WPB_LINE_TO_HOST}},
    {'P', {.kind = WPB_LINE_NUMBER}}, /* Apache's own, not PHP's */
    {'p', {.kind = WPB_LINE_NUMBER}},
    {'b', {.kind = WPB_LINE_NUMBER}},
    {'B', {.kind = WPB_LINE_NUMBER}},
    {'O', {.kind = WPB_LINE_NUMBER}},
    {'I', {.kind = WPB_LINE_NUMBER}},
    {'S', {.kind = WPB_LINE_NUMBER}},
    {'k', {.kind = WPB_LINE_NUMBER}},
    {'h', {.kind = WPB_LINE_WORD}},
    {'a', {.kind = WPB_LINE_WORD}},
    {'A', {.kind = WPB_LINE_WORD}},
    {'l', {.kind = WPB_LINE_WORD}},
    {'H', {.kind = WPB_LINE_WORD}},
    {'X', {.kind = WPB_LINE_WORD}},
    {'L', {.kind = WPB_LINE_WORD}},
};

static const struct {
    const char *unit;
    unsigned char decimals;
} durations[] = {{"", 6}, {"s", 6}, {"ms", 3}, {"us", 0}};

/* Of %t: numbers since 1970, and the rest of a second beside them. */
static const struct {
    const char *unit;
    uint32_t factor; /* into microseconds */
    bool is_fraction;
} moments[] = {
    {"sec", 1000000, false},   {"msec", 1000, false},  {"usec", 1, false},
    {"msec_frac", 1000, true}, {"usec_frac", 1, true},
};

struct directive {
    char name;
    struct wpb_slice argument;
};

static bool is_name(struct wpb_slice text, const char *name)
{
    return text.len == strlen(name) && strncasecmp(text.data, name, text.len) == 0;
}

static int add_field(struct wpb_line_format *format, const struct wpb_line_field *field,
                     struct wpb_err *err)
{
    return wpb_line_format_field(format, field, wpb_slice_of("", 0), err);
}

/* %t alone stands in brackets. */
static int add_common_time(struct wpb_line_format *format,
                           const struct wpb_line_field *field, struct wpb_err *err)
{
    if (wpb_line_format_literal(format, wpb_slice_of("[", 1), err) ||
        wpb_line_format_field(format, field, wpb_slice_cstr(WPB_TIME_FORMAT_COMMON), err))
        return -1;
    return wpb_line_format_literal(format, wpb_slice_of("]", 1), err);
}

static int add_time(struct wpb_line_format *format, struct wpb_slice argument,
                    struct wpb_err *err)
{
    struct wpb_line_field field = {
        .kind = WPB_LINE_TIME, .target = WPB_LINE_TO_START, .unit_us = SECOND_US};

    if (wpb_slice_starts(argument, wpb_slice_cstr("begin:"))) {
        argument = wpb_slice_skip(argument, 6);
    } else if (wpb_slice_starts(argument, wpb_slice_cstr("end:"))) {
        argument = wpb_slice_skip(argument, 4);
        field.target = WPB_LINE_TO_END;
    }
    if (argument.len == 0)
        return add_common_time(format, &field, err);
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        if (!is_name(argument, moments[i].unit))
            continue;
        if (moments[i].is_fraction)
            field.target = field.target == WPB_LINE_TO_START ? WPB_LINE_TO_START_FRACTION
                                                             : WPB_LINE_TO_NOTHING;
        field.kind = WPB_LINE_NUMBER;
        field.factor = field.unit_us = moments[i].factor;
        return add_field(format, &field, err);
    }
    return wpb_line_format_field(format, &field, argument, err);
}

static int add_duration(struct wpb_line_format *format, struct wpb_slice unit,
                        struct wpb_err *err)
{
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        if (!wpb_slice_is(unit, durations[i].unit))
            continue;
        const struct wpb_line_field field = {.kind = WPB_LINE_NUMBER,
                                             .target = WPB_LINE_TO_DURATION,
                                             .decimals = durations[i].decimals};
        return add_field(format, &field, err);
    }
    return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                       "Apache has no such unit of %%T: s, ms or us");
}

static int add_directive(struct wpb_line_format *format,
                         const struct directive *directive, struct wpb_err *err)
{
    static const struct wpb_line_field host = {.kind = WPB_LINE_WORD,
                                               .target = WPB_LINE_TO_HOST};
    static const struct wpb_line_field agent = {.kind = WPB_LINE_TEXT,
                                                .target = WPB_LINE_TO_AGENT,
                                                .is_escaped = true,
                                                .has_spaces = true};
    static const struct wpb_line_field other = {
        .kind = WPB_LINE_TEXT, .is_escaped = true, .has_spaces = true};

    if (directive->name == '%')
        return wpb_line_format_literal(format, wpb_slice_of("%", 1), err);
    if (directive->name == 't')
        return add_time(format, directive->argument, err);
    if (directive->name == 'T')
        return add_duration(format, directive->argument, err);
    if (directive->name == 'i' && is_name(directive->argument, "Host"))
        return add_field(format, &host, err);
    if (directive->name == 'i' && is_name(directive->argument, "User-Agent"))
        return add_field(format, &agent, err);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i].name == directive->name)
            return add_field(format, &plain[i].field, err);
    return add_field(format, &other, err);
}

/* Take "%<200,304{argument}c" off the front of TEXT; what it says of statuses is for
 * Apache, which then writes "-". */
static int take_directive(struct wpb_slice *text, struct directive *directive,
                          struct wpb_err *err)
{
    *directive = (struct directive){.argument = {"", 0}};
    *text = wpb_slice_skip(*text, 1);
    while (text->len && memchr("<>!,0123456789", text->data[0], 14))
        *text = wpb_slice_skip(*text, 1);
    if (text->len && text->data[0] == '{') {
        const char *close = memchr(text->data, '}', text->len);
        if (!close)
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "a brace is not closed");
        directive->argument =
            wpb_slice_of(text->data + 1, (size_t)(close - text->data) - 1);
        *text = wpb_slice_skip(*text, directive->argument.len + 2);
    }
    /* trailers and unique ids: %{name}^ti, %{name}^to */
    if (text->len > 2 && text->data[0] == '^')
        *text = wpb_slice_skip(*text, 2);
    if (text->len == 0)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "the format ends in %%");
    directive->name = text->data[0];
    *text = wpb_slice_skip(*text, 1);
    return 0;
}

int wpb_web_log_apache(struct wpb_line_format *format, struct wpb_slice text,
                       struct wpb_err *err)
{
    struct directive directive;

    wpb_line_format_begin(format);
    while (text.len) {
        if (text.data[0] == '%') {
            if (take_directive(&text, &directive, err) ||
                add_directive(format, &directive, err))
                return -1;
            continue;
        }
        struct wpb_slice byte = wpb_slice_head(text, 1);
        if (text.len > 1 && text.data[0] == '\\') {
            text = wpb_slice_skip(text, 1);
            byte = text.data[0] == 't' ? wpb_slice_of("\t", 1) : wpb_slice_head(text, 1);
        }
        if (wpb_line_format_literal(format, byte, err))
            return -1;
        text = wpb_slice_skip(text, 1);
    }
    return wpb_line_format_finish(format, err);
}
