/*
 * cli.h - command lines from tables: parsing, --help, and what to say of a typo.
 *
 * One row an option; getopt_long does the splitting. Options given twice are
 * refused unless their row allows it. Messages go to stderr. Main thread.
 */
#ifndef WPB_COMMAND_CLI_H
#define WPB_COMMAND_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct wpb_cli_option {
    const char *name;     /* "redis", without dashes */
    const char *argument; /* "URI", or the words it takes, "text|json"; NULL: a switch */
    const char *help;     /* a sentence or two, wrapped by the printer */
    bool is_repeatable;
};

struct wpb_cli {
    const char *usage;                    /* "wpbloat scan [PATH]... [options]" */
    const char *summary;                  /* a paragraph under it */
    const struct wpb_cli_option *options; /* ended by a NULL name; --help is implied */
    const char *epilogue;                 /* examples, exit codes; or NULL */
    /* Take one option (its index in `options`, its argument or NULL), or, with
     * index -1, one operand. Return 0, or -1 after saying why on stderr. */
    int (*take)(void *cookie, int index, const char *argument);
};

/* Parse ARGV[1..]. Returns 0 to go on, 1 when --help was printed (exit 0), -1 when
 * something was wrong and has been said (exit WPB_EXIT_USAGE). */
int wpb_cli_parse(const struct wpb_cli *cli, int argc, char **argv, void *cookie);

/* Print the help of CLI to stdout. */
void wpb_cli_help(const struct wpb_cli *cli);

/* Say "wpbloat: error: ..." and where help is; for usage errors. Returns -1. */
int wpb_cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Of the NULL-terminated NAMES the one nearest to WORD, when it is near enough to
 * be a typo; else NULL. */
const char *wpb_cli_nearest(const char *word, const char *const *names);

/* The index of WORD in the NULL-terminated NAMES; -1 after saying which OPTION
 * takes which words. */
int wpb_cli_choice(const char *option, const char *word, const char *const *names);

#endif
