/*
 * command.h - the commands of wpbloat: argv in, exit code out.
 *
 * Each command lives in a file of its own and is a thin thing: it reads its
 * options, turns the wheel, and hands the result to an output. Human output and
 * machine formats go to stdout, progress and messages to stderr. Called once,
 * from main(), on the main thread.
 */
#ifndef WPB_COMMAND_COMMAND_H
#define WPB_COMMAND_COMMAND_H

/* Exit codes of every command (design: scan's list). */
enum wpb_exit {
    WPB_EXIT_OK = 0,
    WPB_EXIT_WARNING = 1,
    WPB_EXIT_CRITICAL = 2,
    WPB_EXIT_UNMEASURED = 3, /* nothing that was asked could be measured */
    WPB_EXIT_USAGE = 64,
};

struct wpb_command {
    const char *name;
    const char *summary;               /* one line for `wpbloat --help` */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

int wpb_command_scan(int argc, char **argv);
int wpb_command_agent(int argc, char **argv);
int wpb_command_explain(int argc, char **argv);
int wpb_command_load(int argc, char **argv);
int wpb_command_check(int argc, char **argv);
int wpb_command_demo(int argc, char **argv);

/* Would `scan` take these words? Looks at nothing. 0, or -1 after saying why not; 1 when
 * they only asked for its help, which was printed. */
int wpb_scan_check_words(int argc, char **argv);

#endif
