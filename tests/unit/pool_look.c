#include "pool_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/clock.h"

int pool_look_set_up(void **state)
{
    struct pool_look *look = calloc(1, sizeof *look);

    assert_non_null(look);
    strcpy(look->folder, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(look->folder));
    snprintf(look->pool_file, sizeof look->pool_file, "%s/pool.conf", look->folder);
    snprintf(look->access_log, sizeof look->access_log, "%s/access", look->folder);
    snprintf(look->slow_log, sizeof look->slow_log, "%s/slow", look->folder);
    snprintf(look->error_log, sizeof look->error_log, "%s/errors", look->folder);
    look->site = (struct wpb_site){.name = "shop",
                                   .path = "",
                                   .pool_name = "shop",
                                   .pool_file = look->pool_file,
                                   .pool_reason = ""};
    look->keepsakes = wpb_keepsakes_new();
    look->now_s = time(NULL);
    *state = look;
    return look->keepsakes ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

int pool_look_tear_down(void **state)
{
    struct pool_look *look = *state;

    wpb_turn_free(look->turn);
    wpb_keepsakes_free(look->keepsakes);
    nftw(look->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(look);
    return 0;
}

void pool_look_pool(struct pool_look *look, const char *lines, ...)
{
    FILE *file = fopen(look->pool_file, "w");
    va_list args;

    assert_non_null(file);
    fputs("[shop]\nlisten = /run/nobody.sock\npm = static\npm.max_children = 8\n", file);
    va_start(args, lines);
    vfprintf(file, lines, args);
    va_end(args);
    fclose(file);
}

void pool_look_write(struct pool_look *look, const char *name, const char *format, ...)
{
    char path[256];
    va_list args;

    snprintf(path, sizeof path, "%s/%s", look->folder, name);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    fclose(file);
}

void pool_look_go(struct pool_look *look, const struct wpb_probe *probe)
{
    const struct wpb_probe *const probes[] = {probe, NULL};
    struct wpb_turn_options options = {.probes = probes,
                                       .budget = WPB_BUDGET_LOW,
                                       .top = 10,
                                       .survey = true,
                                       .now_ms = wpb_clock_now_ms(),
                                       .limits = wpb_choice_defaults,
                                       .keepsakes = look->keepsakes};
    struct wpb_err err = {.message = ""};
    size_t count;

    wpb_turn_free(look->turn);
    look->sites[look->is_shared] = look->site;
    if (look->is_shared) {
        look->sites[0] = look->site;
        look->sites[0].name = "beside";
        look->sites[0].routes = NULL;
    }
    look->turn = wpb_turn_new(look->sites, look->is_shared ? 2 : 1, &options);
    assert_non_null(look->turn);
    assert_int_equal(wpb_turn_run(look->turn, &err), 0);
    look->window = wpb_turn_window(look->turn, 0);
    look->coverage = wpb_turn_coverage(look->turn, &count);
    assert_int_equal(count, 1);
}

const struct wpb_subject *pool_look_subject(const struct pool_look *look,
                                            enum wpb_subject_kind kind, const char *name)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(look->window, kind, NULL, &cursor)) != NULL) {
        if (wpb_slice_is(subject->name, name))
            return subject;
    }
    return NULL;
}

int64_t pool_look_integer(const struct pool_look *look, enum wpb_subject_kind kind,
                          const char *name, enum wpb_metric metric)
{
    const struct wpb_subject *subject = pool_look_subject(look, kind, name);
    const struct wpb_sample *sample =
        subject ? wpb_window_get(look->window, subject, metric) : NULL;

    if (!sample)
        fail_msg("nothing was told of %s", name);
    assert_int_equal(sample->value.type, WPB_VALUE_INTEGER);
    return sample->value.integer;
}

const char *pool_look_text(const struct pool_look *look, enum wpb_subject_kind kind,
                           const char *name, enum wpb_metric metric)
{
    const struct wpb_subject *subject = pool_look_subject(look, kind, name);
    const struct wpb_sample *sample =
        subject ? wpb_window_get(look->window, subject, metric) : NULL;

    if (!sample)
        fail_msg("nothing was told of %s", name);
    assert_int_equal(sample->value.type, WPB_VALUE_TEXT);
    return sample->value.text.data;
}

const struct wpb_work_row *pool_look_row(const struct pool_look *look, size_t i)
{
    const struct wpb_work_row *row;
    const struct wpb_subject *pool;
    size_t cursor = 0;

    while ((row = wpb_window_next_work(look->window, &cursor, &pool)) != NULL && i > 0)
        i--;
    return row;
}

size_t pool_look_rows(const struct pool_look *look)
{
    size_t count = 0;

    while (pool_look_row(look, count))
        count++;
    return count;
}
