#include "probes/requests/time_format.h"

/* Times before 1970 and after 2242 are not a log's. */
#define UNIX_S_MAX 8589934592LL
#define DAY_S 86400

/* ---- compiling ---- */

struct seen {
    bool epoch, year, month, day, year_day, hour, minute, second;
};

static const char *expansion(char conversion)
{
    switch (conversion) {
    case 'F':
        return "%Y-%m-%d";
    case 'T':
        return "%H:%M:%S";
    case 'D':
        return "%m/%d/%y";
    case 'R':
        return "%H:%M";
    default:
        return NULL;
    }
}

/* Note what CONVERSION tells; false when it cannot be read back. */
static bool note(struct seen *seen, char conversion)
{
    switch (conversion) {
    case 's':
        return seen->epoch = true;
    case 'Y':
    case 'y':
        return seen->year = true;
    case 'm':
    case 'b':
    case 'B':
    case 'h':
        return seen->month = true;
    case 'd':
    case 'e':
        return seen->day = true;
    case 'j':
        return seen->year_day = true;
    case 'H':
    case 'k':
    case 'I':
    case 'l':
        return seen->hour = true;
    case 'M':
        return seen->minute = true;
    case 'S':
        return seen->second = true;
    default:
        return conversion != '\0' && strchr("paAntzZ%", conversion) != NULL;
    }
}

static int add(struct wpb_time_format *format, struct wpb_slice bytes,
               struct wpb_err *err)
{
    if (bytes.len > sizeof format->pattern - format->len)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "requests",
                           "the pattern of the time is longer than %zu bytes",
                           sizeof format->pattern);
    memcpy(format->pattern + format->len, bytes.data, bytes.len);
    format->len = (unsigned char)(format->len + bytes.len);
    return 0;
}

/* PATTERN without what expansion() takes apart, and what it tells. */
static int add_pattern(struct wpb_time_format *format, struct wpb_slice pattern,
                       struct seen *seen, struct wpb_err *err)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.data[i] != '%') {
            if (add(format, wpb_slice_of(pattern.data + i, 1), err))
                return -1;
            continue;
        }
        char conversion = ++i < pattern.len ? pattern.data[i] : '\0';
        const char *parts = expansion(conversion);
        if (parts) {
            if (add_pattern(format, wpb_slice_cstr(parts), seen, err))
                return -1;
            continue;
        }
        if (!note(seen, conversion))
            return wpb_err_set(err, WPB_E_UNSUPPORTED, "requests",
                               "a time written with %%%c cannot be read back",
                               conversion > ' ' && conversion < 127 ? conversion : '?');
        if (add(format, wpb_slice_of(pattern.data + i - 1, 2), err))
            return -1;
    }
    return 0;
}

int wpb_time_format(struct wpb_time_format *format, struct wpb_slice pattern,
                    struct wpb_err *err)
{
    struct seen seen = {0};

    format->len = 0;
    if (add_pattern(format, pattern, &seen, err))
        return -1;
    bool has_day = seen.year && ((seen.month && seen.day) || seen.year_day);
    if (seen.epoch || (has_day && seen.hour && seen.minute && seen.second))
        return 0;
    return wpb_err_set(err, WPB_E_UNSUPPORTED, "requests",
                       "the time does not tell the day and the second; %%s does");
}

/* ---- reading ---- */

struct fields {
    int64_t epoch, year, month, day, year_day, hour, minute, second, offset_s;
    bool has_epoch, has_offset, is_afternoon, is_twelve_hours;
};

struct cursor {
    const char *at, *end;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* Up to DIGITS digits, at least one, of a number from LEAST to MOST; a space stands for a
 * leading zero. */
static bool take_number(struct cursor *text, int digits, int64_t least, int64_t most,
                        int64_t *value)
{
    const char *at = text->at;
    int64_t sum = 0;

    if (at < text->end && *at == ' ' && digits == 2) {
        at++;
        digits--;
    }
    if (at == text->end || !is_digit(*at))
        return false;
    for (; digits > 0 && at < text->end && is_digit(*at); at++, digits--)
        sum = sum * 10 + (*at - '0');
    if (sum < least || sum > most)
        return false;
    text->at = at;
    *value = sum;
    return true;
}

static bool take_letters(struct cursor *text)
{
    const char *begin = text->at;

    while (text->at < text->end && is_letter(*text->at))
        text->at++;
    return text->at > begin;
}

static bool take_month(struct cursor *text, bool is_whole, int64_t *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (text->end - text->at < 3)
        return false;
    for (int i = 0; i < 12; i++) {
        if (memcmp(text->at, names + 3 * i, 3) != 0)
            continue;
        *month = i + 1;
        text->at += 3;
        if (is_whole)
            take_letters(text);
        return true;
    }
    return false;
}

static bool take_half_day(struct cursor *text, struct fields *fields)
{
    if (text->end - text->at < 2 || (text->at[1] != 'M' && text->at[1] != 'm'))
        return false;
    char half = text->at[0];
    if (half != 'A' && half != 'a' && half != 'P' && half != 'p')
        return false;
    fields->is_afternoon = half == 'P' || half == 'p';
    text->at += 2;
    return true;
}

/* "+0100", "-03:30", "Z" */
static bool take_offset(struct cursor *text, struct fields *fields)
{
    int64_t hours, minutes;

    if (text->at == text->end)
        return false;
    char sign = *text->at++;
    fields->has_offset = true;
    if (sign == 'Z')
        return true;
    if ((sign != '+' && sign != '-') || !take_number(text, 2, 0, 15, &hours))
        return false;
    if (text->at < text->end && *text->at == ':')
        text->at++;
    if (!take_number(text, 2, 0, 59, &minutes))
        return false;
    fields->offset_s = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return true;
}

static bool take_zone(struct cursor *text, struct fields *fields)
{
    const char *begin = text->at;

    if (!take_letters(text))
        return false;
    struct wpb_slice name = wpb_slice_of(begin, (size_t)(text->at - begin));
    if (wpb_slice_is(name, "UTC") || wpb_slice_is(name, "GMT"))
        fields->has_offset = true;
    return true;
}

static bool take_blank(struct cursor *text)
{
    if (text->at == text->end || (*text->at != ' ' && *text->at != '\t'))
        return false;
    text->at++;
    return true;
}

static bool take_conversion(struct cursor *text, char conversion, struct fields *fields)
{
    switch (conversion) {
    case 's':
        fields->has_epoch = true;
        return take_number(text, 11, 0, UNIX_S_MAX, &fields->epoch);
    case 'Y':
        return take_number(text, 4, 1970, 2241, &fields->year);
    case 'y':
        if (!take_number(text, 2, 0, 99, &fields->year))
            return false;
        fields->year += fields->year < 69 ? 2000 : 1900;
        return true;
    case 'm':
        return take_number(text, 2, 1, 12, &fields->month);
    case 'b':
    case 'h':
        return take_month(text, false, &fields->month);
    case 'B':
        return take_month(text, true, &fields->month);
    case 'd':
    case 'e':
        return take_number(text, 2, 1, 31, &fields->day);
    case 'j':
        return take_number(text, 3, 1, 366, &fields->year_day);
    case 'H':
    case 'k':
        return take_number(text, 2, 0, 23, &fields->hour);
    case 'I':
    case 'l':
        fields->is_twelve_hours = true;
        return take_number(text, 2, 1, 12, &fields->hour);
    case 'M':
        return take_number(text, 2, 0, 59, &fields->minute);
    case 'S':
        return take_number(text, 2, 0, 60, &fields->second);
    case 'p':
        return take_half_day(text, fields);
    case 'a':
    case 'A':
        return take_letters(text);
    case 'z':
        return take_offset(text, fields);
    case 'Z':
        return take_zone(text, fields);
    case 'n':
    case 't':
        return take_blank(text);
    default: /* %% */
        if (text->at == text->end || *text->at != '%')
            return false;
        text->at++;
        return true;
    }
}

/* Days from 1970-01-01 to a day of the Gregorian calendar, which begins in March here so
 * that the leap day comes last (Howard Hinnant, days_from_civil). */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t unix_time(const struct fields *fields, int32_t local_offset_s)
{
    int64_t days, hour = fields->hour;

    if (fields->has_epoch)
        return fields->epoch;
    if (fields->is_twelve_hours)
        hour = hour % 12 + (fields->is_afternoon ? 12 : 0);
    if (fields->year_day)
        days = days_since_1970(fields->year, 1, 1) + fields->year_day - 1;
    else
        days = days_since_1970(fields->year, fields->month, fields->day);
    return days * DAY_S + hour * 3600 + fields->minute * 60 + fields->second -
           (fields->has_offset ? fields->offset_s : local_offset_s);
}

size_t wpb_time_format_take(const struct wpb_time_format *format, struct wpb_slice text,
                            int32_t local_offset_s, int64_t *unix_s)
{
    struct cursor cursor = {text.data, text.data + text.len};
    struct fields fields = {0};

    for (size_t i = 0; i < format->len; i++) {
        char byte = format->pattern[i];
        if (byte == '%') {
            if (!take_conversion(&cursor, format->pattern[++i], &fields))
                return 0;
        } else if (cursor.at == cursor.end || *cursor.at++ != byte) {
            return 0;
        }
    }
    int64_t seconds = unix_time(&fields, local_offset_s);
    if (seconds < 0 || seconds > UNIX_S_MAX)
        return 0;
    *unix_s = seconds;
    return (size_t)(cursor.at - text.data);
}
