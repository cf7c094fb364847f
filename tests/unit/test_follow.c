/* A log that grows, is rotated, cut, removed and closed to us while it is followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "probes/requests/follow.h"

#define BUFFER 4096

struct scene {
    char folder[32], path[64], rotated[64];
    struct wpb_follow *follow;
    struct wpb_buf lines; /* each with a "|" behind it */
    struct wpb_follow_look look;
    struct wpb_err err;
};

static void take_line(void *cookie, struct wpb_slice line)
{
    struct scene *scene = cookie;

    wpb_buf_slice(&scene->lines, line);
    wpb_buf_char(&scene->lines, '|');
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    strcpy(scene->folder, "/tmp/wpbloat-follow-XXXXXX");
    if (!mkdtemp(scene->folder))
        return -1;
    snprintf(scene->path, sizeof scene->path, "%s/log", scene->folder);
    snprintf(scene->rotated, sizeof scene->rotated, "%s/log.1", scene->folder);
    scene->follow = wpb_follow_new(scene->path);
    wpb_buf_init(&scene->lines, 0);
    *state = scene;
    return scene->follow ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    wpb_follow_free(scene->follow);
    wpb_buf_fini(&scene->lines);
    unlink(scene->path);
    unlink(scene->rotated);
    rmdir(scene->path);
    rmdir(scene->folder);
    free(scene);
    return 0;
}

static void append(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void add(const struct scene *scene, const char *text)
{
    append(scene->path, text, strlen(text));
}

static enum wpb_follow_status look_with(struct scene *scene,
                                        const struct wpb_follow_budget *budget)
{
    char buffer[BUFFER];

    wpb_buf_clear(&scene->lines);
    return wpb_follow_look(scene->follow, budget, buffer, sizeof buffer, take_line, scene,
                           &scene->look, &scene->err);
}

static enum wpb_follow_status look(struct scene *scene)
{
    static const struct wpb_follow_budget budget = {1 << 20, 1000, 0};

    return look_with(scene, &budget);
}

static void expect(struct scene *scene, enum wpb_follow_status status, const char *lines)
{
    assert_int_equal(look(scene), status);
    assert_string_equal(scene->lines.data, lines);
}

/* ---- growing ---- */

static void reading_begins_at_the_end(void **state)
{
    struct scene *scene = *state;

    add(scene, "old\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    add(scene, "one\ntwo\r\n\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|two||");
    assert_int_equal(scene->look.lines, 3);
    assert_int_equal(scene->look.bytes, 10);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
}

static void reading_can_begin_before_the_end_at_a_whole_line(void **state)
{
    struct scene *scene = *state;

    add(scene, "one\ntwo\nthree\n");
    wpb_follow_begin_back(scene->follow, 8);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "three|");
    add(scene, "four\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "four|");
}

static void reading_can_begin_at_the_first_byte_of_a_line(void **state)
{
    struct scene *scene = *state;

    add(scene, "one\ntwo\nthree\n");
    wpb_follow_begin_back(scene->follow, 10);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|three|");
}

static void of_a_small_file_all_is_before_the_end(void **state)
{
    struct scene *scene = *state;

    add(scene, "one\ntwo\n");
    wpb_follow_begin_back(scene->follow, 1000);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|two|");
}

static void a_path_does_not_open_files_to_who_named_it(void **state)
{
    struct scene *scene = *state;

    add(scene, "one\n");
    assert_int_equal(chmod(scene->path, 0640), 0);
    wpb_follow_begin_back(scene->follow, 1000);
    wpb_follow_for(scene->follow, getuid() + 1);
    assert_int_equal(look(scene), WPB_FOLLOW_REFUSED);
    assert_int_equal(scene->err.code, WPB_E_DENIED);
    assert_int_equal(chmod(scene->path, 0644), 0);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
}

static void a_file_that_appears_later_is_read_from_its_beginning(void **state)
{
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    assert_non_null(strstr(scene->err.message, "No such file"));
    add(scene, "one\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
}

static void a_line_begun_before_the_first_look_is_passed_over(void **state)
{
    struct scene *scene = *state;

    add(scene, "half of a");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    add(scene, " line\nwhole\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "whole|");
    assert_int_equal(scene->look.long_lines, 0);
}

static void a_partial_line_waits_for_its_rest(void **state)
{
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "one\ntw");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    add(scene, "o\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|");
}

static void binary_bytes_are_handed_out_as_they_are(void **state)
{
    static const char bytes[] = "a\0b\xff\x1b[31m\n\0\0\0c\n";
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    append(scene->path, bytes, sizeof bytes - 1);
    assert_int_equal(look(scene), WPB_FOLLOW_CAUGHT_UP);
    assert_int_equal(scene->lines.len, 12);
    assert_memory_equal(scene->lines.data, "a\0b\xff\x1b[31m|c|", 12);
}

/* ---- bounds ---- */

static void a_line_of_a_megabyte_is_passed_over_and_counted(void **state)
{
    struct scene *scene = *state;
    size_t len = 1 << 20;
    char *text = malloc(len);

    assert_non_null(text);
    memset(text, 'x', len);
    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "before\n");
    append(scene->path, text, len);
    add(scene, "\nafter\n");
    expect(scene, WPB_FOLLOW_MORE, "before|");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "after|");
    /* in two halves: once */
    append(scene->path, text, len / 2);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    assert_int_equal(scene->look.long_lines, 1);
    append(scene->path, text, len / 2);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    add(scene, "x\nnext\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "next|");
    assert_int_equal(scene->look.long_lines, 0);
    free(text);
}

static void the_longest_line_fills_the_buffer(void **state)
{
    struct scene *scene = *state;
    char text[BUFFER + 1];

    expect(scene, WPB_FOLLOW_ABSENT, "");
    memset(text, 'x', sizeof text);
    text[BUFFER - 1] = '\n';
    append(scene->path, text, BUFFER);
    assert_int_equal(look(scene), WPB_FOLLOW_CAUGHT_UP);
    assert_int_equal(scene->lines.len, BUFFER);
    assert_int_equal(scene->look.long_lines, 0);
    text[BUFFER - 1] = 'x';
    text[BUFFER] = '\n';
    append(scene->path, text, BUFFER + 1);
    assert_int_equal(look(scene), WPB_FOLLOW_CAUGHT_UP);
    assert_int_equal(scene->lines.len, 0);
    assert_int_equal(scene->look.long_lines, 1);
}

static void a_look_ends_with_its_budget(void **state)
{
    static const struct wpb_follow_budget three_lines = {1 << 20, 3, 0};
    static const struct wpb_follow_budget few_bytes = {1, 1000, 0};
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "1\n2\n3\n4\n5\n");
    assert_int_equal(look_with(scene, &three_lines), WPB_FOLLOW_MORE);
    assert_string_equal(scene->lines.data, "1|2|3|");
    assert_int_equal(look_with(scene, &three_lines), WPB_FOLLOW_CAUGHT_UP);
    assert_string_equal(scene->lines.data, "4|5|");
    for (int i = 0; i < 3000; i++)
        add(scene, "line\n");
    assert_int_equal(look_with(scene, &few_bytes), WPB_FOLLOW_MORE);
    assert_int_equal(scene->look.lines, BUFFER / 5);
    assert_in_range(scene->look.bytes, 1, BUFFER);
}

static void what_has_piled_up_too_far_is_skipped_and_counted(void **state)
{
    static const struct wpb_follow_budget budget = {1 << 20, 100000, 1000};
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    for (int i = 0; i < 1000; i++)
        add(scene, "123456789\n");
    assert_int_equal(look_with(scene, &budget), WPB_FOLLOW_CAUGHT_UP);
    assert_int_equal(scene->look.skipped_bytes, 9500);
    /* the newest half of what may pile up, but for a line that is perhaps not whole */
    assert_int_equal(scene->look.lines, 49);
    assert_int_equal(look_with(scene, &budget), WPB_FOLLOW_CAUGHT_UP);
    assert_int_equal(scene->look.skipped_bytes, 0);
}

/* ---- rotation ---- */

static void no_line_is_lost_when_the_file_is_renamed(void **state)
{
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "one\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
    add(scene, "two\n");
    assert_int_equal(rename(scene->path, scene->rotated), 0);
    append(scene->rotated, "three\n", 6);
    /* renamed, and nobody has made the new file yet */
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|three|");
    append(scene->rotated, "four\n", 5);
    add(scene, "five\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "four|five|");
    assert_int_equal(scene->look.rotations, 1);
    /* a writer that took longer to open the new one */
    append(scene->rotated, "late\n", 5);
    add(scene, "six\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "late|six|");
    append(scene->rotated, "never\n", 6);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
}

static void a_rotation_within_a_line_keeps_the_lines_apart(void **state)
{
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "one\nhalf");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
    assert_int_equal(rename(scene->path, scene->rotated), 0);
    add(scene, "two\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|");
    append(scene->rotated, " a line\n", 8);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "half a line|");
}

static void a_copied_and_truncated_file_is_read_anew(void **state)
{
    struct scene *scene = *state;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "a long first line\nsecond\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "a long first line|second|");
    assert_int_equal(truncate(scene->path, 0), 0);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    assert_int_equal(scene->look.truncations, 1);
    add(scene, "new\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "new|");
    assert_int_equal(scene->look.truncations, 0);
    /* it has outgrown its old size before we looked again */
    assert_int_equal(truncate(scene->path, 0), 0);
    add(scene, "another, which is longer\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "another, which is longer|");
    assert_int_equal(scene->look.truncations, 1);
}

static void the_hole_of_a_writer_without_append_is_passed_over(void **state)
{
    struct scene *scene = *state;
    int fd = open(scene->path, O_WRONLY | O_CREAT, 0600);

    assert_int_equal(write(fd, "one\n", 4), 4);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    assert_int_equal(lseek(fd, 1 << 28, SEEK_SET), 1 << 28);
    assert_int_equal(write(fd, "two\n", 4), 4);
    assert_int_equal(truncate(scene->path, 0), 0);
    assert_int_equal(write(fd, "three\n", 6), 6);
    close(fd);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "three|");
    assert_in_range(scene->look.skipped_bytes, 1, 1 << 28);
    assert_int_equal(scene->look.truncations, 1);
}

static void a_file_that_vanished_is_new_when_it_comes_back(void **state)
{
    struct scene *scene = *state;

    add(scene, "old\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    add(scene, "one\n");
    assert_int_equal(unlink(scene->path), 0);
    expect(scene, WPB_FOLLOW_ABSENT, "one|");
    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "two\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|");
}

/* ---- what may not be read ---- */

static void a_file_closed_to_us_is_refused_with_the_reason(void **state)
{
    struct scene *scene = *state;
    bool is_root = geteuid() == 0;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "one\n");
    assert_int_equal(chmod(scene->path, 0), 0);
    /* root may read everything: as nobody */
    if (is_root) {
        assert_int_equal(chmod(scene->folder, 0711), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    enum wpb_follow_status status = look(scene);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, WPB_FOLLOW_REFUSED);
    assert_int_equal(scene->err.code, WPB_E_DENIED);
    assert_non_null(strstr(scene->err.message, scene->path));
    assert_non_null(strstr(scene->err.message, "Permission denied"));
    assert_int_equal(chmod(scene->path, 0600), 0);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
}

static void what_is_no_file_is_refused_and_never_opened(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(mkdir(scene->path, 0700), 0);
    expect(scene, WPB_FOLLOW_REFUSED, "");
    assert_int_equal(rmdir(scene->path), 0);
    /* to open a pipe for reading would wait for a writer */
    assert_int_equal(mkfifo(scene->path, 0600), 0);
    expect(scene, WPB_FOLLOW_REFUSED, "");
    assert_non_null(strstr(scene->err.message, "is no regular file"));
}

/* ---- the place ---- */

static void resume(struct scene *scene, const struct wpb_follow_place *place)
{
    wpb_follow_free(scene->follow);
    scene->follow = wpb_follow_new(scene->path);
    assert_non_null(scene->follow);
    wpb_follow_resume(scene->follow, place);
}

static void a_stored_place_goes_on_where_it_was(void **state)
{
    struct scene *scene = *state;
    struct wpb_follow_place place;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "one\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
    place = *wpb_follow_place(scene->follow);
    add(scene, "two\n");
    resume(scene, &place);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|");
    assert_int_equal(scene->look.truncations, 0);
}

static void a_place_in_another_file_begins_at_its_beginning(void **state)
{
    struct scene *scene = *state;
    struct wpb_follow_place place;

    expect(scene, WPB_FOLLOW_ABSENT, "");
    add(scene, "one\n");
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|");
    place = *wpb_follow_place(scene->follow);
    assert_int_equal(rename(scene->path, scene->rotated), 0);
    add(scene, "two\n");
    resume(scene, &place);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|");
    assert_int_equal(scene->look.rotations, 1);
    /* the same number of inode, as a new file often gets: its first bytes betray it */
    place = *wpb_follow_place(scene->follow);
    place.head ^= 1;
    add(scene, "three\n");
    resume(scene, &place);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "two|three|");
    assert_int_equal(scene->look.truncations, 1);
}

static void a_place_that_cannot_be_is_as_good_as_none(void **state)
{
    struct scene *scene = *state;
    struct wpb_follow_place place;

    add(scene, "one\n");
    memset(&place, 0xff, sizeof place);
    place.is_known = true;
    place.is_absent = place.is_within_line = false;
    resume(scene, &place);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "");
    place = *wpb_follow_place(scene->follow);
    place.offset = UINT64_MAX;
    add(scene, "two\n");
    resume(scene, &place);
    expect(scene, WPB_FOLLOW_CAUGHT_UP, "one|two|");
}

/* ---- all at once ---- */

/* Take what the last look saw: lines that begin with numbers, each one more. */
static void count_on(struct scene *scene, unsigned *seen)
{
    for (char *at = strtok(scene->lines.data, "|"); at; at = strtok(NULL, "|"))
        assert_int_equal(strtoul(at, NULL, 10), (*seen)++);
}

static void every_line_comes_once_and_in_order_whatever_the_writer_does(void **state)
{
    static const char dots[] = "........................................";
    struct scene *scene = *state;
    uint32_t seed = 20261129;
    unsigned written = 0, seen = 0;
    char line[64];

    expect(scene, WPB_FOLLOW_ABSENT, "");
    for (int step = 0; step < 3000; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned dice = seed >> 24;
        struct wpb_follow_budget budget = {1 + (seed >> 8) % 9000, 1 + dice % 40, 0};
        for (unsigned i = dice % 16; i > 0; i--) {
            snprintf(line, sizeof line, "%u %.*s\n", written++, (int)(seed % 40), dots);
            size_t half = (seed >> 4) % strlen(line);
            append(scene->path, line, half);
            if (dice % 8 == 0) {
                look_with(scene, &budget);
                count_on(scene, &seen);
            }
            append(scene->path, line + half, strlen(line) - half);
        }
        look_with(scene, &budget);
        count_on(scene, &seen);
        if (dice < 200)
            continue;
        /* what is truncated or renamed before it has been seen at all is lost */
        while (look(scene) == WPB_FOLLOW_MORE || scene->look.lines)
            count_on(scene, &seen);
        assert_int_equal(seen, written);
        if (dice < 220)
            truncate(scene->path, 0);
        else
            rename(scene->path, scene->rotated);
    }
    while (look(scene) == WPB_FOLLOW_MORE || scene->look.lines)
        count_on(scene, &seen);
    assert_int_equal(seen, written);
    assert_true(written > 10000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(reading_begins_at_the_end),
        TEST(reading_can_begin_before_the_end_at_a_whole_line),
        TEST(reading_can_begin_at_the_first_byte_of_a_line),
        TEST(of_a_small_file_all_is_before_the_end),
        TEST(a_path_does_not_open_files_to_who_named_it),
        TEST(a_file_that_appears_later_is_read_from_its_beginning),
        TEST(a_line_begun_before_the_first_look_is_passed_over),
        TEST(a_partial_line_waits_for_its_rest),
        TEST(binary_bytes_are_handed_out_as_they_are),
        TEST(a_line_of_a_megabyte_is_passed_over_and_counted),
        TEST(the_longest_line_fills_the_buffer),
        TEST(a_look_ends_with_its_budget),
        TEST(what_has_piled_up_too_far_is_skipped_and_counted),
        TEST(no_line_is_lost_when_the_file_is_renamed),
        TEST(a_rotation_within_a_line_keeps_the_lines_apart),
        TEST(a_copied_and_truncated_file_is_read_anew),
        TEST(the_hole_of_a_writer_without_append_is_passed_over),
        TEST(a_file_that_vanished_is_new_when_it_comes_back),
        TEST(a_file_closed_to_us_is_refused_with_the_reason),
        TEST(what_is_no_file_is_refused_and_never_opened),
        TEST(a_stored_place_goes_on_where_it_was),
        TEST(a_place_in_another_file_begins_at_its_beginning),
        TEST(a_place_that_cannot_be_is_as_good_as_none),
        TEST(every_line_comes_once_and_in_order_whatever_the_writer_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
