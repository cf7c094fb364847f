#include "wpbloat/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
    const char *name;
    double scale;
};

/* Digits, then at most one unit letter. No sign, no space, no exponent. */
static int split_number(struct wpb_slice text, bool allow_fraction, double *number,
                        char *unit)
{
    char copy[40], *end;
    size_t digits = 0;

    if (text.len == 0 || text.len >= sizeof(copy))
        return -1;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    while (copy[digits] && ((copy[digits] >= '0' && copy[digits] <= '9') ||
                            (allow_fraction && digits > 0 && copy[digits] == '.')))
        digits++;
    if (digits == 0 || strlen(copy) != text.len || text.len - digits > 1)
        return -1;
    *unit = copy[digits];
    copy[digits] = '\0';
    errno = 0;
    *number = strtod(copy, &end);
    return *end || errno ? -1 : 0;
}

static int scale_of(enum wpb_option_type type, char unit, double *scale)
{
    static const struct {
        enum wpb_option_type type;
        char unit;
        double scale;
    } units[] = {
        {WPB_OPTION_BYTES, 'K', 1024},
        {WPB_OPTION_BYTES, 'k', 1024},
        {WPB_OPTION_BYTES, 'M', 1024.0 * 1024},
        {WPB_OPTION_BYTES, 'm', 1024.0 * 1024},
        {WPB_OPTION_BYTES, 'G', 1024.0 * 1024 * 1024},
        {WPB_OPTION_BYTES, 'g', 1024.0 * 1024 * 1024},
        {WPB_OPTION_DURATION, 's', 1},
        {WPB_OPTION_DURATION, 'm', 60},
        {WPB_OPTION_DURATION, 'h', 3600},
        {WPB_OPTION_DURATION, 'd', 86400},
    };

    *scale = 1;
    if (!unit)
        return 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].type == type && units[i].unit == unit) {
            *scale = units[i].scale;
            return 0;
        }
    }
    return -1;
}

int wpb_option_parse(const struct wpb_option *option, struct wpb_slice text,
                     double *value, struct wpb_err *err)
{
    static const char *const forms[] = {
        [WPB_OPTION_BYTES] = "a size such as 512, 256K or 1M",
        [WPB_OPTION_COUNT] = "a whole number",
        [WPB_OPTION_RATIO] = "a ratio such as 0.5",
        [WPB_OPTION_DURATION] = "a duration such as 90s, 10m, 6h or 30d",
    };
    double number, scale;
    char unit;

    if (split_number(text, option->type == WPB_OPTION_RATIO, &number, &unit) ||
        scale_of(option->type, unit, &scale))
        return wpb_err_set(err, WPB_E_ARGUMENT, "option", "%s: '%.*s' is not %s",
                           option->name, (int)(text.len < 60 ? text.len : 60),
                           text.data ? text.data : "", forms[option->type]);
    number *= scale;
    if (number < option->min || number > option->max) {
        char least[WPB_OPTION_TEXT], most[WPB_OPTION_TEXT];
        wpb_option_text(option->type, option->min, least);
        wpb_option_text(option->type, option->max, most);
        return wpb_err_set(err, WPB_E_ARGUMENT, "option",
                           "%s: '%.*s' is outside %s to %s", option->name, (int)text.len,
                           text.data, least, most);
    }
    *value = number;
    return 0;
}

/* The largest of the COUNT units that divides VALUE; the unit of 1 divides all. */
static void text_in_units(double value, const struct unit *units, size_t count,
                          char text[WPB_OPTION_TEXT])
{
    size_t best = 0;

    for (size_t i = 1; i < count && value > 0 && value < 9e15; i++) {
        if ((uint64_t)value % (uint64_t)units[i].scale == 0)
            best = i;
    }
    snprintf(text, WPB_OPTION_TEXT, "%.0f%s", value / units[best].scale,
             units[best].name);
}

void wpb_option_text(enum wpb_option_type type, double value, char text[WPB_OPTION_TEXT])
{
    static const struct unit sizes[] = {
        {"", 1}, {"K", 1024}, {"M", 1048576}, {"G", 1073741824}};
    static const struct unit durations[] = {
        {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

    switch (type) {
    case WPB_OPTION_BYTES:
        text_in_units(value, sizes, 4, text);
        break;
    case WPB_OPTION_DURATION:
        text_in_units(value, durations, 4, text);
        break;
    case WPB_OPTION_COUNT:
        snprintf(text, WPB_OPTION_TEXT, "%.0f", value);
        break;
    case WPB_OPTION_RATIO:
        snprintf(text, WPB_OPTION_TEXT, "%g", value);
        break;
    }
}

bool wpb_option_is_threshold(const struct wpb_option *option)
{
    static const char *const words[] = {"warning_", "critical_", "info_"};

    if (option->is_threshold || option->is_floor)
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = strstr(option->name, words[i]);
        if (at && (at == option->name || at[-1] == '_'))
            return true;
    }
    return false;
}

int wpb_option_bytes(struct wpb_slice text, uint64_t *bytes, struct wpb_err *err)
{
    static const struct wpb_option size = {
        .name = "size", .type = WPB_OPTION_BYTES, .max = 9007199254740992.0};
    double value;

    if (wpb_option_parse(&size, text, &value, err))
        return -1;
    *bytes = (uint64_t)value;
    return 0;
}
