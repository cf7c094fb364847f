/*
 * mysql_totals.c - what mysql.postmeta says of each meta key, scan after scan, as lines
 * of "RUN KEY BYTES LOW HIGH N LARGEST" and "RUN orphans ROWS 0 0 N 0":
 * `mysql_totals SOCKET USER PASSWORD_FILE RUNS [full]`. Each scan draws its own sample.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/schedule/turn.h"
#include "probes/mysql/probes.h"

static const struct wpb_probe *const probes[] = {
    &wpb_probe_mysql_server, &wpb_probe_mysql_builders, &wpb_probe_mysql_postmeta,
    &wpb_probe_mysql_orphans, NULL};

static long long number(const struct wpb_window *window,
                        const struct wpb_subject *subject, enum wpb_metric metric)
{
    return (long long)wpb_window_integer(window, subject, metric, 0);
}

static void print_all(const struct wpb_window *window, int run)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, WPB_SUBJECT_META_KEY, NULL, &cursor))) {
        const struct wpb_sample *bytes = wpb_window_get(window, subject, WPB_M_ROW_BYTES);
        if (!bytes)
            continue;
        printf("%d %.*s %lld %lld %lld %llu %lld\n", run, (int)subject->name.len,
               subject->name.data, (long long)bytes->value.integer,
               number(window, subject, WPB_M_ROW_BYTES_LOW),
               number(window, subject, WPB_M_ROW_BYTES_HIGH),
               (unsigned long long)bytes->sampled,
               number(window, subject, WPB_M_LARGEST_BYTES));
    }
    cursor = 0;
    while ((subject = wpb_window_next(window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        const struct wpb_sample *rows =
            wpb_window_get(window, subject, WPB_M_ORPHAN_ROWS);
        if (rows)
            printf("%d orphans %lld 0 0 %llu 0\n", run, (long long)rows->value.integer,
                   (unsigned long long)rows->sampled);
    }
}

int main(int argc, char **argv)
{
    static char password[128];
    struct wpb_site site = {.name = "bench",
                            .owner = "",
                            .path = "",
                            .config_file = "",
                            .content_dir = "",
                            .plugin_dir = "",
                            .mu_plugin_dir = "",
                            .theme_dir = "",
                            .wp_version = "",
                            .table_prefix = "wp_",
                            .db_name = "wordpress",
                            .db_host = "",
                            .has_mysql = true,
                            .db_charset = "utf8mb4",
                            .flavour_version = "",
                            .flavour_note = "",
                            .key_prefix = "",
                            .memory_limit_source = ""};
    struct wpb_turn_options options = {.probes = probes,
                                       .budget = WPB_BUDGET_NORMAL,
                                       .top = 15,
                                       .survey = true,
                                       .limits = wpb_choice_defaults};
    FILE *file = argc > 4 ? fopen(argv[3], "r") : NULL;

    if (!file || !fgets(password, sizeof password, file)) {
        fputs("usage: mysql_totals SOCKET USER PASSWORD_FILE RUNS [full]\n", stderr);
        return 64;
    }
    fclose(file);
    password[strcspn(password, "\n")] = '\0';
    site.mysql = (struct wpb_mysql_address){.host = "",
                                            .path = argv[1],
                                            .schema = "wordpress",
                                            .user = argv[2],
                                            .password = password};
    if (argc > 5 && strcmp(argv[5], "full") == 0)
        options.budget = WPB_BUDGET_FULL;
    for (int run = 1; run <= atoi(argv[4]); run++) {
        struct wpb_err err = {0};
        struct wpb_turn *turn = wpb_turn_new(&site, 1, &options);
        if (!turn || wpb_turn_run(turn, &err)) {
            fprintf(stderr, "mysql_totals: %s\n", turn ? err.message : "out of memory");
            return 1;
        }
        print_all(wpb_turn_window(turn, 0), run);
        wpb_turn_free(turn);
    }
    return 0;
}
