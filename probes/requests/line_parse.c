#include "probes/requests/line_parse.h"

#include <ctype.h>

#include "probes/requests/line_reading.h"

/* A run of digits, or a word, that is longer is none; bounds the search for ends. */
#define NUMBER_MAX 24
#define WORD_MAX 255
#define TRIES_MAX 64
/* Keeps value * factor and sums of them far from overflow. */
#define VALUE_MAX UINT64_C(1000000000000000000)

static void set_number(struct wpb_line_reading *reading,
                       const struct wpb_line_field *field, uint64_t value)
{
    if (field->target == WPB_LINE_TO_NOTHING)
        return;
    reading->numbers[field->target] = value;
    reading->has |= UINT32_C(1) << field->target;
    if (field->target < WPB_LINE_TO_DURATION)
        reading->units[field->target] = field->unit_us;
}

static void set_text(struct wpb_line_reading *reading, const struct wpb_line_field *field,
                     const char *begin, const char *end)
{
    if (field->target == WPB_LINE_TO_NOTHING)
        return;
    reading->texts[field->target] = wpb_slice_of(begin, (size_t)(end - begin));
    reading->has |= UINT32_C(1) << field->target;
}

/* ---- one field; each returns what follows it, NULL when it is not there ---- */

static bool is_number_byte(char byte)
{
    return byte >= '0' && byte <= '9';
}

const char *wpb_line_parse_decimal(const char *at, const char *end, unsigned decimals,
                                   uint64_t *value)
{
    const char *begin = at;
    uint64_t sum = 0;

    if (end - at > NUMBER_MAX)
        end = at + NUMBER_MAX;
    for (; at < end && is_number_byte(*at); at++) {
        if (sum > VALUE_MAX / 10)
            return NULL;
        sum = sum * 10 + (uint64_t)(*at - '0');
    }
    if (at == begin)
        return NULL;
    if (at < end && *at == '.') {
        for (at++; at < end && is_number_byte(*at); at++) {
            if (decimals == 0)
                continue;
            decimals--;
            if (sum > VALUE_MAX / 10)
                return NULL;
            sum = sum * 10 + (uint64_t)(*at - '0');
        }
    }
    for (; decimals > 0; decimals--) {
        if (sum > VALUE_MAX / 10)
            return NULL;
        sum *= 10;
    }
    *value = sum;
    return at;
}

static const char *take_number(struct wpb_line_reading *reading,
                               const struct wpb_line_step *step, const char *at)
{
    const struct wpb_line_field *field = &step->field;
    const char *begin = at;
    uint64_t value;

    if (at == reading->end || *at == step->stop)
        return at;
    if (*at == '-')
        at++;
    if (field->kind == WPB_LINE_PERCENT && at < reading->end && !is_number_byte(*at)) {
        while (at < reading->end && isalpha((unsigned char)*at)) /* "-nan" */
            at++;
        return at;
    }
    if (at > begin) /* "-" alone: there is none */
        return at;
    at = wpb_line_parse_decimal(at, reading->end, field->decimals, &value);
    if (!at || value > VALUE_MAX / field->factor)
        return NULL;
    set_number(reading, field, value * field->factor);
    return at;
}

/* Take the ", " or " : " between two tries; false where the list ends. */
static bool take_separator(const char **at, const char *end)
{
    if (end - *at > 2 && (*at)[0] == ',' && (*at)[1] == ' ')
        *at += 2;
    else if (end - *at > 3 && memcmp(*at, " : ", 3) == 0)
        *at += 3;
    else
        return false;
    return true;
}

static void set_tries(struct wpb_line_reading *reading,
                      const struct wpb_line_field *field, unsigned tries, uint64_t sum,
                      uint64_t last)
{
    set_number(reading, field, sum);
    if (field->target == WPB_LINE_TO_NOTHING)
        return;
    reading->tries = tries;
    reading->last_try = last;
}

static const char *take_seconds(struct wpb_line_reading *reading,
                                const struct wpb_line_step *step, const char *at)
{
    uint64_t sum = 0, value = 0;
    unsigned tries = 0;

    if (at == reading->end || *at == step->stop) { /* JSON: nothing was asked */
        set_tries(reading, &step->field, 0, 0, 0);
        return at;
    }
    do {
        value = 0;
        if (at < reading->end && *at == '-') {
            at++;
            continue;
        }
        at = wpb_line_parse_decimal(at, reading->end, step->field.decimals, &value);
        if (!at || tries == TRIES_MAX || value > WPB_LINE_DURATION_MAX_US)
            return NULL;
        tries++;
        sum += value;
    } while (take_separator(&at, reading->end));
    set_tries(reading, &step->field, tries, sum, value);
    return at;
}

static const char *take_time(struct wpb_line_reading *reading,
                             const struct wpb_line_step *step, const char *at)
{
    int64_t seconds;
    size_t used = wpb_time_format_take(&reading->format->times[step->begin],
                                       wpb_slice_of(at, (size_t)(reading->end - at)),
                                       reading->format->local_offset_s, &seconds);

    if (used == 0)
        return NULL;
    set_number(reading, &step->field, (uint64_t)seconds * 1000000);
    return at + used;
}

static const char *take_word(struct wpb_line_reading *reading,
                             const struct wpb_line_step *step, const char *at)
{
    const char *begin = at, *end = reading->end;

    if (end - at > WORD_MAX)
        end = at + WORD_MAX;
    while (at < end && (unsigned char)*at > ' ' && *at != '"' && *at != step->stop)
        at++;
    set_text(reading, &step->field, begin, at);
    return at;
}

/* The first quote that no backslash escapes. */
static const char *take_quoted(struct wpb_line_reading *reading,
                               const struct wpb_line_step *step, const char *at)
{
    for (const char *quote = at;; quote++) {
        const char *before;

        quote = memchr(quote, '"', (size_t)(reading->end - quote));
        if (!quote)
            return NULL;
        for (before = quote; before > at && before[-1] == '\\'; before--)
            ;
        if ((quote - before) % 2)
            continue;
        set_text(reading, &step->field, at, quote);
        return quote;
    }
}

static const char *take_literal(const struct wpb_line_reading *reading,
                                const struct wpb_line_step *step, const char *at)
{
    if ((size_t)(reading->end - at) < step->len ||
        memcmp(at, reading->format->bytes + step->begin, step->len) != 0)
        return NULL;
    return at + step->len;
}

static const char *take(struct wpb_line_reading *reading,
                        const struct wpb_line_step *step, const char *at)
{
    switch (step->field.kind) {
    case WPB_LINE_LITERAL:
        return take_literal(reading, step, at);
    case WPB_LINE_NUMBER:
    case WPB_LINE_PERCENT:
        return take_number(reading, step, at);
    case WPB_LINE_SECONDS:
        return take_seconds(reading, step, at);
    case WPB_LINE_TIME:
        return take_time(reading, step, at);
    case WPB_LINE_WORD:
        return take_word(reading, step, at);
    case WPB_LINE_QUOTED:
        return take_quoted(reading, step, at);
    case WPB_LINE_TEXT:
        break;
    }
    return NULL;
}

/* The steps FROM to TO, none of them a TEXT. */
static const char *take_steps(struct wpb_line_reading *reading, size_t from, size_t to,
                              const char *at)
{
    for (size_t i = from; at && i < to; i++)
        at = take(reading, &reading->format->steps[i], at);
    return at;
}

/* ---- texts ---- */

/* What stands behind text INDEX of the format: the steps up to the next one. */
static void separator_of(const struct wpb_line_format *format, size_t index, size_t *from,
                         size_t *to)
{
    *from = format->texts[index] + 1u;
    *to =
        index + 1 < format->texts_count ? format->texts[index + 1] : format->steps_count;
}

static void forget(struct wpb_line_reading *reading, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        reading->has &= ~(UINT32_C(1) << reading->format->steps[i].field.target);
}

/* What follows the separator behind text INDEX when it stands at AT and does not reach
 * beyond LIMIT, else NULL. That of the last text must end there. */
static const char *take_separator_of(struct wpb_line_reading *reading, size_t index,
                                     const char *at, const char *limit)
{
    const struct wpb_line_format *format = reading->format;
    size_t from, to;

    separator_of(format, index, &from, &to);
    if (from < to) {
        at = take_literal(reading, &format->steps[from], at);
        if (!at)
            return NULL;
        forget(reading, from, to);
        at = take_steps(reading, from + 1, to, at);
    }
    if (!at || at > limit)
        return NULL;
    return index + 1 < format->texts_count || at == limit ? at : NULL;
}

/* The first place from BEGIN on, or IS_LAST the last one before LIMIT, where the
 * separator behind text INDEX stands; NULL when there is none. */
static const char *find_separator(struct wpb_line_reading *reading, size_t index,
                                  const char *begin, const char *limit, bool is_last)
{
    const char *until = limit;
    size_t from, to;

    separator_of(reading->format, index, &from, &to);
    if (from == to) /* the line's end */
        return limit;
    char first = reading->format->bytes[reading->format->steps[from].begin];
    while (begin < until) {
        size_t len = (size_t)(until - begin);
        const char *at = is_last ? memrchr(begin, first, len) : memchr(begin, first, len);
        if (!at || take_separator_of(reading, index, at, limit))
            return at;
        if (is_last)
            until = at;
        else
            begin = at + 1;
    }
    return NULL;
}

struct ends {
    const char *begin[WPB_LINE_TEXTS_MAX], *end[WPB_LINE_TEXTS_MAX];
};

/* Each text as short as can be, from the left. */
static bool find_from_left(struct wpb_line_reading *reading, const char *at,
                           struct ends *ends)
{
    for (size_t i = 0; i < reading->format->texts_count; i++) {
        ends->begin[i] = at;
        ends->end[i] = find_separator(reading, i, at, reading->end, false);
        if (!ends->end[i])
            return false;
        at = take_separator_of(reading, i, ends->end[i], reading->end);
    }
    return true;
}

/* Whether no text can end later: each end is sought from the right, where what stands
 * behind it leaves room. Every way to take the line apart lies between the two. */
static bool is_only_way(struct wpb_line_reading *reading, const struct ends *ends)
{
    const char *limit = reading->end;

    for (size_t i = reading->format->texts_count; i-- > 0;) {
        limit = find_separator(reading, i, ends->begin[i], limit, true);
        if (limit != ends->end[i])
            return false;
    }
    return true;
}

static void set_texts(struct wpb_line_reading *reading, const struct ends *ends)
{
    const struct wpb_line_format *format = reading->format;

    for (size_t i = 0; i < format->texts_count; i++)
        set_text(reading, &format->steps[format->texts[i]].field, ends->begin[i],
                 ends->end[i]);
}

/* AT is where the first text begins, and the line ends too early. */
static enum wpb_line_match read_cut(struct wpb_line_reading *reading, const char *at)
{
    const struct wpb_line_format *format = reading->format;
    const struct wpb_line_step *step = &format->steps[format->texts[0]];
    const char *end =
        step->stop ? memchr(at, step->stop, (size_t)(reading->end - at)) : NULL;

    forget(reading, format->texts[0], format->steps_count);
    set_text(reading, &step->field, at, end ? end : reading->end);
    return WPB_LINE_CUT;
}

static enum wpb_line_match read_line(struct wpb_line_reading *reading,
                                     struct wpb_slice line)
{
    const struct wpb_line_format *format = reading->format;
    struct ends ends;
    size_t first = format->texts_count ? format->texts[0] : format->steps_count;
    bool is_short = line.len > 0 && line.data[line.len - 1] == '\0';

    if (is_short) {
        line.len--;
        reading->end--;
    }
    const char *at = take_steps(reading, 0, first, line.data);
    if (!at)
        return WPB_LINE_NO_MATCH;
    if (format->texts_count == 0)
        return at == reading->end ? WPB_LINE_READ : WPB_LINE_NO_MATCH;
    if (!is_short && find_from_left(reading, at, &ends)) {
        if (is_only_way(reading, &ends)) {
            set_texts(reading, &ends);
            return WPB_LINE_READ;
        }
        forget(reading, first, format->steps_count);
        return WPB_LINE_AMBIGUOUS;
    }
    if (line.len < WPB_LINE_CUT_MIN)
        return WPB_LINE_NO_MATCH;
    return read_cut(reading, at);
}

enum wpb_line_match wpb_line_parse(const struct wpb_line_format *format,
                                   struct wpb_slice line,
                                   struct wpb_request_line *request)
{
    struct wpb_line_reading reading;

    reading.format = format;
    reading.end = line.data + line.len;
    reading.has = 0;
    reading.tries = 0;
    reading.last_try = 0;
    *request = (struct wpb_request_line){0};
    if (line.len == 0)
        return WPB_LINE_NO_MATCH;
    enum wpb_line_match match = read_line(&reading, line);
    if (match == WPB_LINE_NO_MATCH || !wpb_line_tell(&reading, request)) {
        *request = (struct wpb_request_line){0};
        return WPB_LINE_NO_MATCH;
    }
    request->is_cut = match == WPB_LINE_CUT;
    return match;
}
