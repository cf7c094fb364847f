#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/text.h"
#include "probes/php/family.h"

#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)
#define TEMPLATE_MAX 203

/* Longer than the vector path of the fold takes: a name with this behind it is
 * read byte by byte, and must give the same template. */
static const char tail[] =
    "_tailtailtailtailtailtailtailtailtailtailtailtailtailtailtailtailtail";

static void expect_fold(struct wpb_slice name, const char *expected)
{
    struct wpb_buf out, longer, both;
    wpb_buf_init(&out, 0);
    wpb_buf_init(&longer, 0);
    wpb_buf_init(&both, 0);
    /* A block of its own, so that a sanitizer sees a look past it. */
    char *copy = malloc(name.len + 1);
    assert_non_null(copy);
    memcpy(copy, name.data, name.len);
    char *exact = realloc(copy, name.len ? name.len : 1);
    assert_non_null(exact);
    wpb_family_fold(wpb_slice_of(exact, name.len), &out);
    assert_string_equal(out.data, expected);
    free(exact);

    wpb_buf_slice(&longer, name);
    wpb_buf_text(&longer, tail);
    wpb_family_fold(wpb_buf_view(&longer), &both);
    if (out.len + sizeof(tail) < 200) {
        wpb_buf_text(&out, tail);
        assert_string_equal(both.data, out.data);
    }
    assert_true(both.len <= TEMPLATE_MAX);
    wpb_buf_fini(&out);
    wpb_buf_fini(&longer);
    wpb_buf_fini(&both);
}

struct folded {
    const char *name, *expected;
};

static void expect_folds(const struct folded *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_fold(wpb_slice_cstr(rows[i].name), rows[i].expected);
}
#define EXPECT_FOLDS(rows) expect_folds(rows, sizeof(rows) / sizeof(*(rows)))

static void numbers_and_hashes_become_placeholders(void **state)
{
    (void)state;
    static const struct folded rows[] = {
        {"kestrel_tariff_v2_8f3c21d09ab4", "kestrel_tariff_v2_<hex>"},
        {"kestrel_tariff_v2_8F3C21D09AB4", "kestrel_tariff_v2_<hex>"},
        {"_transient_timeout_wc_var_prices_123", "_transient_timeout_wc_var_prices_<n>"},
        {"category_12_color", "category_<n>_color"},
        {"order_18446744073709551615_lock", "order_<n>_lock"},
        {"hash_123456789012345678901", "hash_<hex>"},
        {"a1b2c3d4", "<hex>"},
        {"a1b2c3d", "a1b2c3d"},
        {"7", "<n>"},
        {"", ""},
        {"feed_d41d8cd98f00b204e9800998ecf8427e", "feed_<hex>"},
        {"1.2.3", "<n>.<n>.<n>"},
        {"blog:12/post:7", "blog:<n>/post:<n>"},
    };
    EXPECT_FOLDS(rows);
}

static void uuids_become_one_placeholder(void **state)
{
    (void)state;
    static const struct folded rows[] = {
        {"job-550e8400-e29b-41d4-a716-446655440000", "job-<uuid>"},
        {"550e8400-e29b-41d4-a716-446655440000_x", "<uuid>_x"},
        {"12345678-1234-1234-1234-123456789012", "<uuid>"},
        {"abcdefab-cdef-abcd-efab-cdefabcdefab", "<uuid>"},
        {"550e8400-e29b-41d4-a716-4466554400001", "<hex>-e29b-41d4-a<n>-<n>"},
    };
    EXPECT_FOLDS(rows);
}

static void dates_become_placeholders_and_other_numbers_do_not(void **state)
{
    (void)state;
    static const struct folded rows[] = {
        {"report_2026-11-23", "report_<date>"},
        {"report_2026-11-23_done", "report_<date>_done"},
        {"report_20261123", "report_<date>"},
        {"report_20261123104500", "report_<date>"},
        {"stats/2026/11/23", "stats/<date>"},
        {"log_2026_11_23_x", "log_<date>_x"},
        {"at 2026-11-23T10:45:00Z", "at <date>"},
        {"at 2026-11-23 10:45:00.125+01:00 x", "at <date> x"},
        {"report_2026-13-23", "report_<n>-<n>-<n>"},
        {"report_2026-11_23", "report_<n>-<n>_<n>"},
        {"order_19691231", "order_<n>"},
        {"order_20261399", "order_<n>"},
        {"order_20261123994500", "order_<n>"},
        {"2026-11-2345", "<n>-<n>-<n>"},
    };
    EXPECT_FOLDS(rows);
}

static void emails_become_placeholders(void **state)
{
    (void)state;
    static const struct folded rows[] = {
        {"user_a@example.test", "user_<email>"},
        {"useremail:jane.doe+shop@mail.example.test", "useremail:<email>"},
        {"user_20261123.x12345678@example.test_consent", "user_<email>_consent"},
        {"a@b.co c@d.org", "<email> <email>"},
        {"a@b.co@c.de", "<email>@c.de"},
        {"user@localhost", "user@localhost"},
        {"@media.all", "@media.all"},
        {"a_@b.co", "a_@b.co"},
        {"@", "@"},
    };
    EXPECT_FOLDS(rows);
}

static void running_numbers_leave_the_word_and_versions_stay(void **state)
{
    (void)state;
    static const struct folded rows[] = {
        {"product123", "product<n>"},
        {"page12", "page<n>"},
        {"v2", "v2"},
        {"v10", "v10"},
        {"mp3_player", "mp3_player"},
        {"h1", "h1"},
        {"theme_i18n_3d", "theme_i18n_3d"},
        {"tax12_x", "tax<n>_x"},
        {"thumb-300x200", "thumb-<n>x<n>"},
        {"thumb-1024x768", "thumb-<n>x<n>"},
    };
    EXPECT_FOLDS(rows);
}

static void random_words_become_ids_and_spoken_words_stay(void **state)
{
    (void)state;
    static const struct folded rows[] = {
        {"cart_k3x9q7zt", "cart_<id>"},
        {"session_aGVsbG8gd29ybGQxMjM0", "session_<id>"},
        {"nonce_9fK2mQx7Lp", "nonce_<id>"},
        {"web2print_options", "web2print_options"},
        {"area51location", "area<n>location"},
        {"x7qzkwvbnm", "<id>"},
        {"woocommerce_enable_guest_checkout", "woocommerce_enable_guest_checkout"},
        {"promo_qwkjzpax", "promo_qwkjzpax"},
    };
    EXPECT_FOLDS(rows);
}

static void hostile_bytes_fold_to_bytes(void **state)
{
    (void)state;
    expect_fold(BYTES("opt_a\0b_x"), "opt_<bytes>_x");
    expect_fold(BYTES("opt_a\nb"), "opt_<bytes>");
    expect_fold(BYTES("\x1b[31mred"), "<bytes>[31mred");
    expect_fold(BYTES("k_\xff\xfe_x"), "k_<bytes>_x");
    expect_fold(BYTES("k_\xc0\xaf"), "k_<bytes>");
    expect_fold(BYTES("\x93\xfa\x01.\x02_\x80"), "<bytes>");
    expect_fold(BYTES("\x93"
                      "a\x01_b_\x80"),
                "<bytes>_b_<bytes>");
    expect_fold(BYTES("preis_\xc3\xa4pfel"), "preis_\xc3\xa4pfel");
    expect_fold(BYTES("\xc3\xa4pfel12"), "\xc3\xa4pfel<n>");
}

static void a_name_cannot_forge_a_placeholder(void **state)
{
    (void)state;
    expect_fold(BYTES("kestrel_tariff_v2_<hex>"), "kestrel_tariff_v2_<bytes>");
    expect_fold(BYTES("a<b"), "<bytes>");
    expect_fold(BYTES("plugin_>_real_name"), "plugin_<bytes>_real_name");
}

static void long_names_are_cut_at_a_whole_character(void **state)
{
    (void)state;
    char *name = malloc(65536);
    assert_non_null(name);
    struct wpb_buf out;
    wpb_buf_init(&out, 0);

    memset(name, 'x', 65536);
    wpb_family_fold(wpb_slice_of(name, 65536), &out);
    assert_int_equal(out.len, 203);
    assert_memory_equal(out.data + 199, "x<*>", 4);

    wpb_buf_clear(&out);
    for (size_t i = 0; i < 65536; i++)
        name[i] = "9_"[i % 2];
    wpb_family_fold(wpb_slice_of(name, 65536), &out);
    assert_int_equal(out.len, 203);
    assert_memory_equal(out.data + 192, "<n>_<n>_<*>", 11);

    wpb_buf_clear(&out);
    for (size_t i = 0; i < 1000; i++)
        name[i] = (char)"a\xe2\x82\xac"[i ? (i - 1) % 3 + 1 : 0];
    wpb_family_fold(wpb_slice_of(name, 1000), &out);
    assert_int_equal(out.len, 202); /* 1 + 66 * 3, and the mark */
    assert_true(wpb_text_is_utf8(wpb_buf_view(&out)));

    wpb_buf_clear(&out);
    memset(name, '7', 65536);
    wpb_family_fold(wpb_slice_of(name, 65536), &out);
    assert_string_equal(out.data, "<hex>");
    wpb_buf_fini(&out);
    free(name);
}

static void expect_literal(const char *template_name, const char *expected)
{
    struct wpb_slice text = wpb_slice_cstr(template_name);
    struct wpb_slice literal = wpb_family_literal(text);
    assert_int_equal(literal.len, strlen(expected));
    assert_memory_equal(literal.data, expected, literal.len);
    assert_true(literal.data >= text.data && literal.data <= text.data + text.len);
}

static void the_literal_is_the_longest_run_worth_a_search(void **state)
{
    (void)state;
    expect_literal("kestrel_tariff_v2_<hex>", "kestrel_tariff_v2_");
    expect_literal("<n>_category_<n>_colors_of_terms", "_colors_of_terms");
    expect_literal("ab_<n>", "");
    expect_literal("<id>", "");
    expect_literal("", "");
    expect_literal("<n>-----<n>", "");
    expect_literal("_transient_timeout_wc_var_prices_<n>", "wc_var_prices_");
    expect_literal("_site_transient_feed_<hex>", "feed_");
    expect_literal("<bytes>_real_name", "_real_name");
}

__attribute__((format(printf, 2, 3))) static void add_text(struct wpb_families *families,
                                                           const char *format, ...)
{
    char name[128];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(name, sizeof(name), format, args);
    va_end(args);
    wpb_families_add(families, wpb_slice_of(name, (size_t)len));
}

static const struct wpb_family *find(const struct wpb_family *top, size_t count,
                                     const char *template_name)
{
    for (size_t i = 0; i < count; i++)
        if (wpb_slice_is(top[i].template_name, template_name))
            return &top[i];
    return NULL;
}

static uint64_t names_of(const struct wpb_family *top, size_t count, const char *name)
{
    const struct wpb_family *family = find(top, count, name);
    return family ? family->names : 0;
}

/* A generator of our own: tests must not depend on the C library's. */
static uint32_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 32);
}

static void random_letters(uint64_t *seed, char *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (char)('a' + next_random(seed) % 26);
}

#define INCIDENT_NAMES 65768
/* Name number I of the incident; NUMBER makes it unique. */
static void add_incident(struct wpb_families *families, unsigned i)
{
    unsigned other = i - 61164;
    if (i < 61164)
        add_text(families, "kestrel_tariff_v2_%08x%08x", i * 2654435761U, i);
    else if (other < 2000)
        add_text(families, "_transient_timeout_wc_var_prices_%u", other);
    else if (other < 3200)
        add_text(families, "category_%u_color", other);
    else if (other < 4000)
        add_text(families, "widget_cache_%u@shop.test", other);
    else if (other < 4500)
        add_text(families, "sync_2026-%02u-%02u_state", other % 12 + 1, other % 28 + 1);
    else
        add_text(families, "product%u_seen", other);
}

static void expect_incident(struct wpb_families *families)
{
    struct wpb_family top[20];
    size_t count = wpb_families_top(families, top, 20);
    assert_int_equal(wpb_families_names(families), INCIDENT_NAMES);
    assert_int_equal(count, 6);
    assert_true(wpb_slice_is(top[0].template_name, "kestrel_tariff_v2_<hex>"));
    assert_int_equal(top[0].names, 61164);
    assert_int_equal(top[0].name_bytes, 61164 * 34);
    assert_int_equal(top[0].names * 1000 / INCIDENT_NAMES, 929); /* a share of 0.93 */
    assert_true(
        wpb_slice_is(top[1].template_name, "_transient_timeout_wc_var_prices_<n>"));
    assert_int_equal(top[1].names, 2000);
    assert_int_equal(names_of(top, count, "category_<n>_color"), 1200);
    assert_int_equal(names_of(top, count, "widget_cache_<email>"), 800);
    assert_int_equal(names_of(top, count, "sync_<date>_state"), 500);
    assert_int_equal(names_of(top, count, "product<n>_seen"), 104);
}

static void the_incident_has_six_exact_families_in_any_order(void **state)
{
    (void)state;
    struct wpb_families *forward = wpb_families_new(4096);
    struct wpb_families *backward = wpb_families_new(4096);
    struct wpb_families *mixed = wpb_families_new(4096);
    assert_true(forward && backward && mixed);
    for (unsigned i = 0; i < INCIDENT_NAMES; i++) {
        add_incident(forward, i);
        add_incident(backward, INCIDENT_NAMES - 1 - i);
        add_incident(mixed, (unsigned)((uint64_t)i * 40487 % INCIDENT_NAMES));
    }
    expect_incident(forward);
    expect_incident(backward);
    expect_incident(mixed);
    wpb_families_free(forward);
    wpb_families_free(backward);
    wpb_families_free(mixed);
}

static void equal_families_are_in_template_order(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(64);
    struct wpb_family top[8];
    assert_non_null(families);
    add_text(families, "zulu_%u", 1);
    add_text(families, "alpha_%u", 1);
    add_text(families, "mike_%u", 1);
    add_text(families, "mike_%u", 2);
    assert_int_equal(wpb_families_top(families, top, 2), 2);
    assert_true(wpb_slice_is(top[0].template_name, "mike_<n>"));
    assert_true(wpb_slice_is(top[1].template_name, "alpha_<n>"));
    assert_int_equal(wpb_families_top(families, top, 8), 3);
    wpb_families_free(families);
}

static void random_words_with_one_prefix_come_together(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(4096);
    struct wpb_family top[20];
    uint64_t seed = 7;
    assert_non_null(families);
    for (unsigned i = 0; i < 3000; i++) {
        char name[] = "promo_xxxxxxxxxx";
        random_letters(&seed, name + 6, 10);
        wpb_families_add(families, BYTES(name));
        if (i < 1000)
            add_text(families, "order_%u_lock", i);
    }
    wpb_families_add(families, BYTES("blogname"));
    size_t count = wpb_families_top(families, top, 20);
    assert_int_equal(count, 3);
    assert_true(wpb_slice_is(top[0].template_name, "promo_<*>"));
    assert_int_equal(top[0].names, 3000);
    assert_int_equal(top[0].name_bytes, 3000 * 16);
    assert_int_equal(names_of(top, count, "order_<n>_lock"), 1000);
    assert_int_equal(names_of(top, count, "blogname"), 1);
    /* top() changes nothing: asked again, the same. */
    assert_int_equal(wpb_families_top(families, top, 20), 3);
    assert_int_equal(top[0].names, 3000);
    wpb_families_free(families);
}

static void a_word_in_the_middle_comes_together_at_its_prefix(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(1024);
    struct wpb_family top[20];
    uint64_t seed = 11;
    assert_non_null(families);
    for (unsigned i = 0; i < 5000; i++) {
        char name[] = "wc_session_xxxxxxxxxx_cart";
        random_letters(&seed, name + 11, 10);
        wpb_families_add(families, BYTES(name));
    }
    size_t count = wpb_families_top(families, top, 20);
    assert_int_equal(count, 1);
    assert_true(wpb_slice_is(top[0].template_name, "wc_session_<*>"));
    assert_int_equal(top[0].names, 5000);
    wpb_families_free(families);
}

static void hashes_that_are_all_decimal_count_as_hashes(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(4096);
    struct wpb_family top[2];
    assert_non_null(families);
    for (unsigned i = 0; i < 20000; i++)
        add_text(families, "quote_%08x", i * 2654435761U | 0x10000000U);
    for (unsigned i = 0; i < 30; i++)
        add_text(families, "constant_name_%c%c", 'a' + i % 5, 'a' + i / 5);
    size_t count = wpb_families_top(families, top, 2);
    assert_int_equal(count, 2);
    assert_true(wpb_slice_is(top[0].template_name, "quote_<hex>"));
    assert_in_range(top[0].names, 19980, 20000); /* but those without any digit */
    wpb_families_free(families);
}

static void a_flood_of_random_words_keeps_the_real_family(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(256);
    struct wpb_family top[256 + 2];
    uint64_t seed = 3, total = 0;
    assert_non_null(families);
    for (unsigned i = 0; i < 60000; i++) {
        char name[] = "xxxxxxxxxx_xxxxxxxxxx";
        random_letters(&seed, name, 10);
        random_letters(&seed, name + 11, 10);
        wpb_families_add(families, BYTES(name));
        if (i % 10 == 0)
            add_text(families, "kestrel_%u", i);
    }
    size_t count = wpb_families_top(families, top, 256 + 2);
    assert_true(count <= 256 + 1);
    for (size_t i = 0; i < count; i++)
        total += top[i].names;
    assert_int_equal(total, 66000);
    assert_int_equal(wpb_families_names(families), 66000);
    assert_int_equal(names_of(top, count, "kestrel_<n>"), 6000);
    assert_true(names_of(top, count, "<other>") > 50000);
    wpb_families_free(families);
}

static void names_of_any_bytes_are_counted(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(16);
    struct wpb_family top[20];
    uint64_t seed = 5, total = 0;
    assert_non_null(families);
    for (unsigned i = 0; i < 20000; i++) {
        char name[40];
        size_t len = next_random(&seed) % sizeof(name);
        for (size_t j = 0; j < len; j++)
            name[j] = (char)next_random(&seed);
        wpb_families_add(families, wpb_slice_of(name, len));
    }
    size_t count = wpb_families_top(families, top, 20);
    for (size_t i = 0; i < count; i++) {
        total += top[i].names;
        assert_true(wpb_text_is_utf8(top[i].template_name));
        assert_true(top[i].template_name.len <= TEMPLATE_MAX);
    }
    assert_int_equal(total, 20000);
    wpb_families_free(families);
}

static void an_empty_set_has_no_families(void **state)
{
    (void)state;
    struct wpb_families *families = wpb_families_new(16);
    struct wpb_family top[1];
    assert_non_null(families);
    assert_int_equal(wpb_families_top(families, top, 1), 0);
    wpb_families_free(families);
    wpb_families_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_hashes_become_placeholders),
        cmocka_unit_test(uuids_become_one_placeholder),
        cmocka_unit_test(dates_become_placeholders_and_other_numbers_do_not),
        cmocka_unit_test(emails_become_placeholders),
        cmocka_unit_test(running_numbers_leave_the_word_and_versions_stay),
        cmocka_unit_test(random_words_become_ids_and_spoken_words_stay),
        cmocka_unit_test(hostile_bytes_fold_to_bytes),
        cmocka_unit_test(a_name_cannot_forge_a_placeholder),
        cmocka_unit_test(long_names_are_cut_at_a_whole_character),
        cmocka_unit_test(the_literal_is_the_longest_run_worth_a_search),
        cmocka_unit_test(the_incident_has_six_exact_families_in_any_order),
        cmocka_unit_test(equal_families_are_in_template_order),
        cmocka_unit_test(random_words_with_one_prefix_come_together),
        cmocka_unit_test(a_word_in_the_middle_comes_together_at_its_prefix),
        cmocka_unit_test(hashes_that_are_all_decimal_count_as_hashes),
        cmocka_unit_test(a_flood_of_random_words_keeps_the_real_family),
        cmocka_unit_test(names_of_any_bytes_are_counted),
        cmocka_unit_test(an_empty_set_has_no_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
