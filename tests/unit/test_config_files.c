/* The files of a configuration: their order, their owner, and the secrets they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/config/config.h"

struct place {
    char folder[64], file[96];
    struct wpb_conf_problems *problems;
};

static int begin(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    char path[128];

    umask(022);
    strcpy(place->folder, "/tmp/wpbloat-config.XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->file, sizeof(place->file), "%s/wpbloat.conf", place->folder);
    snprintf(path, sizeof(path), "%s/conf.d", place->folder);
    mkdir(path, 0755);
    place->problems = wpb_conf_problems_new();
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
    wpb_conf_problems_free(place->problems);
    unsetenv("CREDENTIALS_DIRECTORY");
    free(place);
    return system(command);
}

static void write_file(const struct place *place, const char *name, const char *text,
                       mode_t mode)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_says(const struct place *place, size_t i, const char *part)
{
    if (i >= place->problems->count)
        fail_msg("no problem says \"%s\"", part);
    if (!strstr(place->problems->items[i].message, part))
        fail_msg("\"%s\" does not say \"%s\"", place->problems->items[i].message, part);
}

/* Loading fails, with one error that says PART. */
static void refuses(struct place *place, const char *part)
{
    assert_null(wpb_conf_load(place->file, false, place->problems));
    assert_says(place, 0, part);
    assert_int_equal(place->problems->count, 1);
}

static void later_files_win_in_order_of_name(void **state)
{
    struct place *place = *state;
    struct wpb_conf *config;
    const struct wpb_conf_section *agent;
    size_t count;

    write_file(place, "wpbloat.conf",
               "[agent]\ninterval = 1s\nbudget = full\npaths = /a\npaths = /b\n", 0644);
    write_file(place, "conf.d/20-b.conf", "[agent]\ninterval = 20s\n", 0644);
    write_file(place, "conf.d/10-a.conf", "[agent]\ninterval = 10s\npaths = /c\n", 0644);
    write_file(place, "conf.d/30-c.conf~", "nonsense", 0644);
    write_file(place, "conf.d/.40-d.conf", "nonsense", 0644);
    config = wpb_conf_load(place->file, false, place->problems);
    assert_non_null(config);
    agent = wpb_conf_agent(config);
    assert_int_equal(wpb_conf_seconds(agent, "interval"), 20);
    assert_int_equal(wpb_conf_choice(agent, "budget"), 2);
    assert_string_equal(wpb_conf_list(agent, "paths", &count)[0], "/c");
    assert_int_equal(count, 1);
    assert_non_null(strstr(wpb_conf_value(agent, "interval")->file, "conf.d/20-b.conf"));
    assert_non_null(strstr(wpb_conf_files(config)[1], "conf.d/10-a.conf"));
    assert_null(wpb_conf_files(config)[3]);
    wpb_conf_free(config);
}

static void errors_of_all_files_are_told(void **state)
{
    struct place *place = *state;

    write_file(place, "wpbloat.conf", "[agent]\ninterval = x\n", 0644);
    write_file(place, "conf.d/a.conf", "\n[agent]\nbudget = x\n", 0644);
    assert_null(wpb_conf_load(place->file, false, place->problems));
    assert_int_equal(place->problems->count, 2);
    assert_non_null(strstr(place->problems->items[1].file, "conf.d/a.conf"));
    assert_int_equal(place->problems->items[1].line, 3);
}

static void a_file_that_is_not_there_is_an_error_unless_it_is_optional(void **state)
{
    struct place *place = *state;
    struct wpb_conf *config = wpb_conf_load(place->file, true, place->problems);

    assert_non_null(config);
    assert_int_equal(place->problems->count, 0);
    assert_null(wpb_conf_files(config)[0]);
    wpb_conf_free(config);
    refuses(place, "cannot open it: No such file or directory");
}

static void a_file_that_others_can_write_is_refused(void **state)
{
    struct place *place = *state;

    write_file(place, "wpbloat.conf", "[agent]\n", 0646);
    refuses(place, "others can write it (mode 646): chmod go-w it");
}

static void a_file_of_conf_d_that_others_can_write_is_refused(void **state)
{
    struct place *place = *state;

    write_file(place, "wpbloat.conf", "[agent]\n", 0644);
    write_file(place, "conf.d/x.conf", "[agent]\n", 0666);
    refuses(place, "others can write it");
    assert_non_null(strstr(place->problems->items[0].file, "conf.d/x.conf"));
}

static void a_file_of_a_stranger_is_refused(void **state)
{
    struct place *place = *state;

    if (geteuid() != 0)
        skip();
    write_file(place, "wpbloat.conf", "[agent]\n", 0644);
    assert_int_equal(chown(place->file, 12345, 0), 0);
    refuses(place, "it belongs to user 12345: it must be root's or this user's");
}

static void a_group_of_strangers_that_can_write_is_refused(void **state)
{
    struct place *place = *state;

    if (geteuid() != 0)
        skip();
    write_file(place, "wpbloat.conf", "[agent]\n", 0664);
    assert_int_equal(chown(place->file, 0, 12345), 0);
    refuses(place, "others can write it (mode 664)");
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
    struct place *place = *state;

    assert_int_equal(mkfifo(place->file, 0644), 0);
    refuses(place, "it is not a regular file");
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    struct place *place = *state;

    write_file(place, "wpbloat.conf", "[agent]\n", 0644);
    assert_int_equal(truncate(place->file, 1 << 21), 0);
    refuses(place, "it is larger than 1048576 bytes");
}

/* The configuration of one webhook, whose secret_file is NAME below the place, or as it
 * is. */
static struct wpb_conf *with_secret(struct place *place, const char *name)
{
    char text[256];
    struct wpb_conf *config;

    snprintf(text, sizeof(text), "[sink webhook]\nurl = https://x\nsecret_file = %s%s\n",
             name[0] == '/' ? place->folder : "", name);
    write_file(place, "wpbloat.conf", text, 0644);
    config = wpb_conf_load(place->file, false, place->problems);
    assert_non_null(config);
    return config;
}

/* The secret of CONFIG, which is freed; NULL with ERR. */
static const char *secret_of(const struct wpb_conf *config, struct wpb_arena *arena,
                             struct wpb_err *err)
{
    const char *secret = NULL;
    const struct wpb_conf_section *sink = wpb_conf_sections(config, WPB_SECTION_SINK);

    *err = (struct wpb_err){0};
    if (wpb_conf_secret(sink, "secret_file", arena, &secret, err))
        assert_null(secret);
    return secret;
}

static void a_secret_is_the_first_line_of_its_file(void **state)
{
    struct place *place = *state;
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_conf *config;
    struct wpb_err err;

    write_file(place, "a.secret", "whsec_one\nsecond\n", 0600);
    config = with_secret(place, "/a.secret");
    assert_string_equal(secret_of(config, arena, &err), "whsec_one");
    wpb_conf_check_files(config, place->problems);
    assert_int_equal(place->problems->count, 0);
    wpb_conf_free(config);
    wpb_arena_free(arena);
}

static void a_secret_that_everybody_can_read_is_refused(void **state)
{
    struct place *place = *state;
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_conf *config;
    struct wpb_err err;

    write_file(place, "a.secret", "whsec_one\n", 0644);
    config = with_secret(place, "/a.secret");
    assert_null(secret_of(config, arena, &err));
    assert_non_null(strstr(err.message, "everybody on this host can read"));
    wpb_conf_check_files(config, place->problems);
    assert_int_equal(place->problems->errors, 1);
    assert_says(place, 0, "chmod 600 it");
    assert_int_equal(place->problems->items[0].line, 3);
    wpb_conf_free(config);
    wpb_arena_free(arena);
}

static void a_secret_that_is_missing_empty_or_a_folder_is_refused(void **state)
{
    static const char *const says[] = {"No such file", "is not a regular file",
                                       "the first line of"};
    static const char *const names[] = {"/no.secret", "/a.folder", "/a.empty"};
    struct place *place = *state;
    struct wpb_arena *arena = wpb_arena_new();
    char path[160];

    snprintf(path, sizeof(path), "%s/a.folder", place->folder);
    mkdir(path, 0700);
    write_file(place, "a.empty", "\nsecond\n", 0600);
    for (size_t i = 0; i < 3; i++) {
        struct wpb_conf *config = with_secret(place, names[i]);
        struct wpb_err err;
        assert_null(secret_of(config, arena, &err));
        if (!strstr(err.message, says[i]))
            fail_msg("\"%s\" does not say \"%s\"", err.message, says[i]);
        wpb_conf_free(config);
    }
    wpb_arena_free(arena);
}

static void a_bare_name_is_a_credential_of_the_unit(void **state)
{
    struct place *place = *state;
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_conf *config;
    struct wpb_err err;

    write_file(place, "hook", "whsec_two", 0400);
    config = with_secret(place, "hook");
    assert_null(secret_of(config, arena, &err));
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "'hook' is a credential, and there are none"));
    wpb_conf_check_files(config, place->problems);
    assert_int_equal(place->problems->errors, 0);
    assert_int_equal(place->problems->count, 1);
    setenv("CREDENTIALS_DIRECTORY", place->folder, 1);
    assert_string_equal(secret_of(config, arena, &err), "whsec_two");
    wpb_conf_free(config);
    wpb_arena_free(arena);
}

static void without_a_secret_there_is_none_and_no_error(void **state)
{
    struct place *place = *state;
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_conf *config;
    struct wpb_err err;

    write_file(place, "wpbloat.conf", "[sink webhook]\nurl = https://x\n", 0644);
    config = wpb_conf_load(place->file, false, place->problems);
    assert_null(secret_of(config, arena, &err));
    assert_int_equal(err.code, WPB_OK);
    wpb_conf_free(config);
    wpb_arena_free(arena);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(later_files_win_in_order_of_name),
        ROW(errors_of_all_files_are_told),
        ROW(a_file_that_is_not_there_is_an_error_unless_it_is_optional),
        ROW(a_file_that_others_can_write_is_refused),
        ROW(a_file_of_conf_d_that_others_can_write_is_refused),
        ROW(a_file_of_a_stranger_is_refused),
        ROW(a_group_of_strangers_that_can_write_is_refused),
        ROW(what_is_no_regular_file_is_refused_at_once),
        ROW(a_file_that_is_too_large_is_refused),
        ROW(a_secret_is_the_first_line_of_its_file),
        ROW(a_secret_that_everybody_can_read_is_refused),
        ROW(a_secret_that_is_missing_empty_or_a_folder_is_refused),
        ROW(a_bare_name_is_a_credential_of_the_unit),
        ROW(without_a_secret_there_is_none_and_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
