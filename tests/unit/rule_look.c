#include "rule_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

int look_begin(void **state)
{
    struct look *look = calloc(1, sizeof(*look));

    look->site = (struct wpb_site){
        .name = "shop",
        .owner = "",
        .path = "/var/www/shop",
        .wp_version = "6.1.9",
        .flavour = WPB_FLAVOUR_REDIS_CACHE,
        .has_redis = true,
        .redis = {.scheme = WPB_REDIS_UNIX,
                  .host = "",
                  .path = "/run/redis.sock",
                  .database = 1,
                  .user = "",
                  .password = ""},
        .memory_limit_bytes = 128 * 1024 * 1024,
        .memory_limit_source = "test",
    };
    look->time_ms = 1000;
    look->window = wpb_window_new(&look->site, 1000);
    look->values = wpb_rule_values_new();
    look->findings.arena = wpb_arena_new();
    *state = look;
    return 0;
}

int look_end(void **state)
{
    struct look *look = *state;

    wpb_arena_free(look->findings.arena);
    wpb_rule_values_free(look->values);
    wpb_window_free(look->window);
    free(look);
    return 0;
}

struct wpb_subject look_key_of(struct wpb_slice name)
{
    return (struct wpb_subject){
        .kind = WPB_SUBJECT_REDIS_KEY, .scope = wpb_slice_cstr(LOOK_SCOPE), .name = name};
}

struct wpb_subject look_key(const char *name)
{
    return look_key_of(wpb_slice_cstr(name));
}

void look_post_as(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
                  struct wpb_value value, enum wpb_provenance provenance)
{
    struct wpb_sample sample = {.subject = &subject,
                                .metric = metric,
                                .value = value,
                                .time_ms = look->time_ms,
                                .provenance = provenance};
    wpb_window_post(look->window, &sample);
}

void look_post(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
               int64_t value)
{
    look_post_as(look, subject, metric, wpb_value_integer(value), WPB_EXACT);
}

void look_post_text(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
                    const char *text)
{
    look_post_as(look, subject, metric, wpb_value_text(wpb_slice_cstr(text)), WPB_EXACT);
}

void look_evaluate(struct look *look)
{
    look->findings.count = 0;
    wpb_rules_evaluate((const struct wpb_window *const *)&look->window, 1, look->values,
                       &look->findings);
}

const struct wpb_finding *look_found(const struct look *look, const char *code)
{
    for (size_t i = 0; i < look->findings.count; i++) {
        if (strcmp(look->findings.items[i].code, code) == 0)
            return &look->findings.items[i];
    }
    return NULL;
}

size_t look_count(const struct look *look, const char *code)
{
    size_t count = 0;

    for (size_t i = 0; i < look->findings.count; i++)
        count += strcmp(look->findings.items[i].code, code) == 0;
    return count;
}

int look_severity(struct look *look, const char *code)
{
    const struct wpb_finding *finding;

    look_evaluate(look);
    finding = look_found(look, code);
    return finding ? (int)finding->severity : -1;
}

const struct wpb_evidence *look_fact(const struct wpb_finding *finding, const char *name)
{
    for (size_t i = 0; i < finding->evidence_count; i++) {
        if (strcmp(finding->evidence[i].name, name) == 0)
            return &finding->evidence[i];
    }
    return NULL;
}

void look_assert_fact(const struct wpb_finding *finding, const char *name, int64_t value)
{
    const struct wpb_evidence *evidence = look_fact(finding, name);

    assert_non_null(evidence);
    assert_int_equal(evidence->value.type, WPB_VALUE_INTEGER);
    assert_int_equal(evidence->value.integer, value);
}

void look_assert_null_fact(const struct wpb_finding *finding, const char *name)
{
    const struct wpb_evidence *evidence = look_fact(finding, name);

    assert_non_null(evidence);
    assert_int_equal(evidence->value.type, WPB_VALUE_NONE);
    assert_int_equal(evidence->provenance, WPB_EXACT);
}

void look_assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

bool look_has_line(const char *const *lines, const char *line)
{
    for (; *lines; lines++) {
        if (strcmp(*lines, line) == 0)
            return true;
    }
    return false;
}
