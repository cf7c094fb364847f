#include "probes/requests/line_format.h"

#include <assert.h>

#define STAGE "requests"

/* ---- building ---- */

void wpb_line_format_begin(struct wpb_line_format *format)
{
    format->local_offset_s = 0;
    format->steps_count = format->bytes_len = 0;
    format->times_count = format->texts_count = 0;
    format->has_joined_query = false;
    format->unit_us = 0;
}

static struct wpb_line_step *last_step(struct wpb_line_format *format)
{
    return format->steps_count ? &format->steps[format->steps_count - 1] : NULL;
}

static int add_step(struct wpb_line_format *format, const struct wpb_line_step *step,
                    struct wpb_err *err)
{
    if (format->steps_count == WPB_LINE_STEPS_MAX)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the format has more than %d fields and texts between them",
                           WPB_LINE_STEPS_MAX);
    format->steps[format->steps_count++] = *step;
    return 0;
}

int wpb_line_format_literal(struct wpb_line_format *format, struct wpb_slice bytes,
                            struct wpb_err *err)
{
    struct wpb_line_step *last = last_step(format);

    if (bytes.len == 0)
        return 0;
    if (bytes.len > sizeof format->bytes - format->bytes_len)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the format is longer than %zu bytes", sizeof format->bytes);
    memcpy(format->bytes + format->bytes_len, bytes.data, bytes.len);
    if (last && last->field.kind == WPB_LINE_LITERAL) {
        last->len = (uint16_t)(last->len + bytes.len);
    } else {
        struct wpb_line_step step = {.field = {.kind = WPB_LINE_LITERAL},
                                     .begin = format->bytes_len,
                                     .len = (uint16_t)bytes.len};
        if (add_step(format, &step, err))
            return -1;
    }
    format->bytes_len = (uint16_t)(format->bytes_len + bytes.len);
    return 0;
}

static bool is_path(const struct wpb_line_step *step)
{
    return step && (step->field.target == WPB_LINE_TO_URI ||
                    step->field.target == WPB_LINE_TO_REWRITTEN);
}

int wpb_line_format_field(struct wpb_line_format *format,
                          const struct wpb_line_field *field, struct wpb_slice pattern,
                          struct wpb_err *err)
{
    struct wpb_line_step step = {.field = *field};

    assert(field->kind == WPB_LINE_WORD || field->kind == WPB_LINE_TEXT ||
           field->target < WPB_LINE_TO_POOL);
    if (step.field.factor == 0)
        step.field.factor = 1;
    /* %Q%q: the "?" is part of the query */
    if (field->target == WPB_LINE_TO_QUERY && last_step(format) &&
        last_step(format)->field.target == WPB_LINE_TO_QUERY)
        return 0;
    /* %r%Q%q, $uri$is_args$args: one text, taken apart at its first "?" */
    if (field->target == WPB_LINE_TO_QUERY && is_path(last_step(format))) {
        format->has_joined_query = true;
        return 0;
    }
    if (field->kind == WPB_LINE_TIME) {
        if (format->times_count == WPB_LINE_TIMES_MAX)
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                               "the format has more than %d times", WPB_LINE_TIMES_MAX);
        if (wpb_time_format(&format->times[format->times_count], pattern, err))
            return -1;
        step.begin = format->times_count++;
    }
    return add_step(format, &step, err);
}

bool wpb_line_format_tells(const struct wpb_line_format *format,
                           enum wpb_line_target target)
{
    for (size_t i = 0; i < format->steps_count; i++)
        if (format->steps[i].field.kind != WPB_LINE_LITERAL &&
            format->steps[i].field.target == target)
            return true;
    return false;
}

/* ---- proving ---- */

static char first_byte(const struct wpb_line_format *format,
                       const struct wpb_line_step *literal)
{
    return format->bytes[literal->begin];
}

static char last_byte(const struct wpb_line_format *format,
                      const struct wpb_line_step *literal)
{
    return format->bytes[literal->begin + literal->len - 1];
}

static int stand_together(struct wpb_err *err, size_t index)
{
    return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                       "nothing stands between a field and the next one (part %zu of "
                       "the format), so where it ends is not known",
                       index + 1);
}

/* What follows each step, and that every field ends somewhere. */
static int find_stops(struct wpb_line_format *format, struct wpb_err *err)
{
    for (size_t i = 0; i < format->steps_count; i++) {
        struct wpb_line_step *step = &format->steps[i], *next = step + 1;

        step->stop = '\0';
        if (i + 1 == format->steps_count)
            break;
        if (next->field.kind == WPB_LINE_LITERAL) {
            step->stop = first_byte(format, next);
            continue;
        }
        if (step->field.kind == WPB_LINE_LITERAL)
            continue;
        /* "https://$host$request_uri": no host holds the slash that begins a path */
        if (step->field.kind != WPB_LINE_WORD || !is_path(next))
            return stand_together(err, i);
        step->stop = '/';
    }
    return 0;
}

/* Texts whose quotes the server escapes end at the first one that is not. */
static void find_quoted(struct wpb_line_format *format)
{
    for (size_t i = 1; i + 1 < format->steps_count; i++) {
        struct wpb_line_step *step = &format->steps[i];

        if (step->field.kind == WPB_LINE_TEXT && step->field.is_escaped &&
            step->stop == '"' && step[-1].field.kind == WPB_LINE_LITERAL &&
            last_byte(format, step - 1) == '"')
            step->field.kind = WPB_LINE_QUOTED;
    }
}

static bool is_of_number(char byte)
{
    return (byte >= '0' && byte <= '9') || byte == '.';
}

/* A number that runs into what follows it cannot be told from it. */
static int check_numbers(const struct wpb_line_format *format, struct wpb_err *err)
{
    for (size_t i = 0; i + 1 < format->steps_count; i++) {
        const struct wpb_line_step *step = &format->steps[i];
        struct wpb_slice next = {NULL, 0};

        if (step[1].field.kind == WPB_LINE_LITERAL)
            next = wpb_slice_of(format->bytes + step[1].begin, step[1].len);
        bool is_number = step->field.kind == WPB_LINE_NUMBER ||
                         step->field.kind == WPB_LINE_PERCENT ||
                         step->field.kind == WPB_LINE_SECONDS;
        bool is_list = step->field.kind == WPB_LINE_SECONDS;
        if ((is_number && is_of_number(step->stop)) ||
            (is_list && (wpb_slice_starts(next, wpb_slice_cstr(", ")) ||
                         wpb_slice_starts(next, wpb_slice_cstr(" : ")))))
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                               "a number is followed by what could be part of it (part "
                               "%zu of the format)",
                               i + 1);
    }
    return 0;
}

static int list_texts(struct wpb_line_format *format, struct wpb_err *err)
{
    for (size_t i = 0; i < format->steps_count; i++) {
        if (format->steps[i].field.kind != WPB_LINE_TEXT)
            continue;
        if (format->texts_count == WPB_LINE_TEXTS_MAX)
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                               "the format has more than %d texts that the server does "
                               "not escape",
                               WPB_LINE_TEXTS_MAX);
        format->texts[format->texts_count++] = (uint16_t)i;
    }
    return 0;
}

/* Between two texts that spaces alone separate, one that holds spaces itself leaves the
 * end of either open, on nearly every line. */
static int check_texts(const struct wpb_line_format *format, struct wpb_err *err)
{
    for (size_t i = 0; i + 1 < format->texts_count; i++) {
        const struct wpb_line_step *left = &format->steps[format->texts[i]];
        const struct wpb_line_step *right = &format->steps[format->texts[i + 1]];
        bool is_bare = right == left + 2 && left->stop == ' ' && left[1].len == 1;

        if (is_bare && (left->field.has_spaces || right->field.has_spaces))
            return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                               "a text that may hold spaces stands between spaces (part "
                               "%d of the format): put it into quotes",
                               format->texts[i] + 1);
    }
    return 0;
}

int wpb_line_format_finish(struct wpb_line_format *format, struct wpb_err *err)
{
    if (format->steps_count == 0)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "the format is empty");
    if (find_stops(format, err) || check_numbers(format, err))
        return -1;
    find_quoted(format);
    if (list_texts(format, err) || check_texts(format, err))
        return -1;
    for (size_t i = 0; i < format->steps_count; i++) {
        const struct wpb_line_field *field = &format->steps[i].field;
        if (field->unit_us > format->unit_us)
            format->unit_us = field->unit_us;
    }
    return 0;
}
