/* wpbloat: argv -> command; the exit codes are those of the commands. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/cli.h"
#include "agent/command/command.h"

static const struct wpb_command commands[] = {
    {"scan", "look once, and say what will break first", wpb_command_scan},
    {"agent", "watch this host for months, and warn before it fails", wpb_command_agent},
    {"explain", "take one cache entry, option, meta value or file apart",
     wpb_command_explain},
    {"load", "your own site under rising load: where does it break?", wpb_command_load},
    {"check", "the agent's configuration, and what it can reach", wpb_command_check},
    {"demo", "three sick sites in a box: see what a scan finds", wpb_command_demo},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
    printf("wpbloat " WPB_VERSION
           ": finds what will break a WordPress host, before it does.\n"
           "It reads from outside PHP, and only reads.\n\n"
           "Usage: wpbloat COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s%s\n", commands[i].name, commands[i].summary);
    printf("\n`wpbloat COMMAND --help` shows the options of one. Begin with:\n"
           "  wpbloat scan\n");
}

static int refuse(const char *word)
{
    const char *names[COMMAND_COUNT + 1] = {NULL}, *nearest;

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    nearest = wpb_cli_nearest(word, names);
    if (nearest)
        wpb_cli_error("unknown command '%s'; did you mean '%s'?", word, nearest);
    else
        wpb_cli_error("unknown command '%s'; see wpbloat --help", word);
    return WPB_EXIT_USAGE;
}

/* A program started with a standard descriptor closed would hand its number to the
 * first socket, and write the report into it. Read-only, so that a report to a
 * closed stdout is an error and not a success. */
static void reserve_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

int main(int argc, char **argv)
{
    reserve_standard_descriptors();
    /* A reader that went away shows as an error of write(), not as a death. */
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_ALL, "C");
    if (argc < 2) {
        print_help();
        return WPB_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return WPB_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("wpbloat " WPB_VERSION);
        return WPB_EXIT_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return refuse(argv[1]);
}
