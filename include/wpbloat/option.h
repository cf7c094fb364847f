/*
 * option.h - one row of configuration: a name, a type, bounds, a default, help.
 *
 * Rows are const tables; parser, bounds check, documentation and the sample
 * file all come from them. Pure functions, any thread.
 */
#ifndef WPBLOAT_OPTION_H
#define WPBLOAT_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

enum wpb_option_type {
    WPB_OPTION_BYTES,    /* 0, 512, 256K, 1M, 2G; K, M, G are powers of 1024 */
    WPB_OPTION_COUNT,    /* 5000 */
    WPB_OPTION_RATIO,    /* 0.5 */
    WPB_OPTION_DURATION, /* 90s, 10m, 6h, 30d; kept in seconds */
};

struct wpb_option {
    const char *name;
    enum wpb_option_type type;
    double fallback; /* the default, in base units */
    double min, max; /* both allowed */
    const char *help;
    const char *source; /* where the default comes from */
    /* A value that reaches a threshold is a problem; of a floor, one below it is. */
    bool is_floor;
    bool is_threshold; /* though its name does not say so */
};

/* Does OPTION say what is a problem, instead of what is judged at all? Those do whose
 * names have the word warning, critical or info in them, and those that are marked. */
bool wpb_option_is_threshold(const struct wpb_option *option);

/* Parse TEXT as OPTION's type into *VALUE (base units). WPB_E_ARGUMENT names
 * the option, the text and the range allowed. */
int wpb_option_parse(const struct wpb_option *option, struct wpb_slice text,
                     double *value, struct wpb_err *err);

/* Room for any value of an option that is within its bounds, as text. */
#define WPB_OPTION_TEXT 32
/* VALUE as one would write it: 256K, 90s, 2h, 0.5. */
void wpb_option_text(enum wpb_option_type type, double value, char text[WPB_OPTION_TEXT]);

/* Parse a size such as 512, 256K or 1M. WPB_E_ARGUMENT on anything else, on
 * overflow and on a sign. */
int wpb_option_bytes(struct wpb_slice text, uint64_t *bytes, struct wpb_err *err);

#endif
