#include "agent/command/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/nearest.h"

#define OPTIONS_MAX 40
#define OPTION_BASE 1000 /* above what getopt itself returns */
#define WORD_MAX 64
#define HELP_COLUMN 26
#define HELP_WIDTH 80

int wpb_cli_error(const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    wpb_log(WPB_LOG_ERROR, "%s", message);
    return -1;
}

/* Edits between two short words; longer ones count as far apart. */
static size_t distance(const char *a, const char *b)
{
    if (strlen(a) > WORD_MAX || strlen(b) > WORD_MAX)
        return SIZE_MAX;
    return wpb_nearest_edits(wpb_slice_cstr(a), wpb_slice_cstr(b));
}

const char *wpb_cli_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = strlen(word) < 5 ? 2 : 3;

    for (; *names; names++) {
        size_t steps = distance(word, *names);
        if (steps <= least && steps < strlen(word)) {
            least = steps ? steps - 1 : 0;
            nearest = *names;
        }
    }
    return nearest;
}

int wpb_cli_choice(const char *option, const char *word, const char *const *names)
{
    char list[256] = "";

    for (int i = 0; names[i]; i++) {
        if (strcmp(word, names[i]) == 0)
            return i;
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
                 names[i]);
    }
    return wpb_cli_error("--%s takes one of %s, not '%s'", option, list, word);
}

/* TEXT from column COLUMN on, wrapped at HELP_WIDTH. */
static void print_wrapped(const char *text, size_t column)
{
    size_t at = column;

    while (*text) {
        size_t word = strcspn(text, " ");
        if (at > column && at + 1 + word > HELP_WIDTH) {
            printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        fwrite(text, 1, word, stdout);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const struct wpb_cli_option *option)
{
    int len = printf("  --%s%s%s", option->name, option->argument ? " " : "",
                     option->argument ? option->argument : "");

    if (len + 1 > HELP_COLUMN)
        printf("\n%*s", HELP_COLUMN, "");
    else
        printf("%*s", HELP_COLUMN - len, "");
    print_wrapped(option->help, HELP_COLUMN);
}

void wpb_cli_help(const struct wpb_cli *cli)
{
    static const struct wpb_cli_option help = {"help", NULL, "Show this text.", false};

    printf("Usage: %s\n\n", cli->usage);
    print_wrapped(cli->summary, 0);
    printf("\nOptions:\n");
    for (const struct wpb_cli_option *option = cli->options; option->name; option++)
        print_option(option);
    print_option(&help);
    if (cli->epilogue)
        printf("\n%s", cli->epilogue);
}

/* What getopt_long could not take: an unknown name, a missing or a needless
 * argument. */
static int refuse(const struct wpb_cli *cli, char **argv)
{
    const char *names[OPTIONS_MAX + 2], *nearest, *given = argv[optind - 1];
    char word[WORD_MAX + 1];
    size_t count = 0;

    for (; cli->options[count].name; count++)
        names[count] = cli->options[count].name;
    names[count++] = "help";
    names[count] = NULL;
    if (strncmp(given, "--", 2) != 0)
        return wpb_cli_error("unknown option '%s'; options are words such as --%s", given,
                             names[0]);
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(word, names[i]) == 0 && strchr(given, '='))
            return wpb_cli_error("option --%s takes no argument", word);
        if (strcmp(word, names[i]) == 0)
            return wpb_cli_error("option --%s needs its argument (%s)", word,
                                 cli->options[i].argument);
    }
    nearest = wpb_cli_nearest(word, names);
    if (nearest)
        return wpb_cli_error("unknown option --%s; did you mean --%s?", word, nearest);
    return wpb_cli_error("unknown option --%s; see wpbloat %s --help", word, argv[0]);
}

int wpb_cli_parse(const struct wpb_cli *cli, int argc, char **argv, void *cookie)
{
    struct option options[OPTIONS_MAX + 2] = {0};
    bool is_given[OPTIONS_MAX] = {false};
    int count = 0, index;

    for (; cli->options[count].name; count++) {
        options[count].name = cli->options[count].name;
        options[count].has_arg =
            cli->options[count].argument ? required_argument : no_argument;
        options[count].val = OPTION_BASE + count;
    }
    options[count].name = "help";
    options[count].val = OPTION_BASE + count;
    optind = 0; /* demo parses a second time; 0 makes glibc begin anew */
    opterr = 0;
    /* "-": operands come in their place, so `scan PATH --format json` works. */
    while ((index = getopt_long(argc, argv, "-", options, NULL)) != -1) {
        if (index == '?')
            return refuse(cli, argv);
        if (index == 1) { /* an operand */
            if (cli->take(cookie, -1, optarg))
                return -1;
            continue;
        }
        index -= OPTION_BASE;
        if (index == count) {
            wpb_cli_help(cli);
            return 1;
        }
        if (is_given[index] && !cli->options[index].is_repeatable)
            return wpb_cli_error("option --%s is given twice", cli->options[index].name);
        is_given[index] = true;
        if (cli->take(cookie, index, optarg))
            return -1;
    }
    for (; optind < argc; optind++) { /* after "--" */
        if (cli->take(cookie, -1, argv[optind]))
            return -1;
    }
    return 0;
}
