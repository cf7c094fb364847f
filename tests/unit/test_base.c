/* The base: text made safe, sizes read, the K heaviest kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/address.h"
#include "agent/base/buf.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/base/topk.h"
#include "wpbloat/arena.h"
#include "wpbloat/option.h"
#include "wpbloat/subject.h"

typedef void text_fn(struct wpb_buf *out, struct wpb_slice bytes);

static void expect_bytes(text_fn *fn, const char *in, size_t len, const char *expected)
{
    struct wpb_buf out;

    wpb_buf_init(&out, 0);
    fn(&out, wpb_slice_of(in, len));
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

#define EXPECT(fn, literal, expected)                                                    \
    expect_bytes(fn, literal, sizeof(literal) - 1, expected)

static void terminal_text_carries_no_escape_sequence(void **state)
{
    (void)state;
    EXPECT(wpb_text_terminal, "a\x1b[31mb\nc\0d", "a\\x1b[31mb\\x0ac\\x00d");
    EXPECT(wpb_text_terminal, "caf\xc3\xa9", "caf\xc3\xa9");
    EXPECT(wpb_text_terminal, "\xc3(\xff", "\\xc3(\\xff");
    /* C1 controls, overlong '/', a surrogate, right-to-left override */
    EXPECT(wpb_text_terminal, "\xc2\x9b", "\\xc2\\x9b");
    EXPECT(wpb_text_terminal, "\xc0\xaf", "\\xc0\\xaf");
    EXPECT(wpb_text_terminal, "\xed\xa0\x80", "\\xed\\xa0\\x80");
    EXPECT(wpb_text_terminal,
           "\xe2\x80\xae"
           "gpj",
           "\\xe2\\x80\\xaegpj");
}

static void json_text_is_ascii_safe_and_reversible(void **state)
{
    (void)state;
    EXPECT(wpb_text_json, "a\"\\\n\t\0</script>",
           "\"a\\\"\\\\\\n\\u0009\\u0000\\u003c/script\\u003e\"");
    EXPECT(wpb_text_json, "\xff", "\"\\\\xff\"");
}

static void a_buffer_gives_its_bytes_away(void **state)
{
    struct wpb_buf buf;
    size_t len = 7;
    char *bytes;

    (void)state;
    wpb_buf_init(&buf, 4);
    assert_null(wpb_buf_take(&buf, &len));
    assert_int_equal(len, 0);
    wpb_buf_text(&buf, "abcd");
    bytes = wpb_buf_take(&buf, &len);
    assert_int_equal(len, 4);
    assert_string_equal(bytes, "abcd");
    free(bytes);
    assert_int_equal(buf.len, 0);
    /* It is usable again, within the same limit. */
    wpb_buf_text(&buf, "abcde");
    assert_null(wpb_buf_take(&buf, &len));
    wpb_buf_fini(&buf);
}

static void a_label_ends_where_we_end_it(void **state)
{
    (void)state;
    EXPECT(wpb_text_label, "shop.example", "shop.example");
    EXPECT(wpb_text_label, "a\"} 1\nb\\", "a\\\"} 1\\nb\\\\");
    EXPECT(wpb_text_label, "caf\xc3\xa9\xff\0\r", "caf\xc3\xa9\\\\xff\\\\x00\\\\x0d");
    EXPECT(wpb_text_label, "anna@example.test", "a***@***");
}

static void names_mask_people_and_cut_with_a_hash(void **state)
{
    char longer[400], twin[400];
    struct wpb_buf a, b;

    (void)state;
    EXPECT(wpb_text_mask, "useremail:anna.b@example.test:x", "useremail:a***@***:x");
    EXPECT(wpb_text_mask, "a@b c@d", "a***@*** c***@***");
    EXPECT(wpb_text_mask, "@ a@ @b", "@ a@ @b");
    memset(longer, 'k', sizeof(longer));
    memcpy(twin, longer, sizeof(twin));
    twin[399] = 'z';
    wpb_buf_init(&a, 0);
    wpb_buf_init(&b, 0);
    wpb_text_mask(&a, wpb_slice_of(longer, sizeof(longer)));
    wpb_text_mask(&b, wpb_slice_of(twin, sizeof(twin)));
    assert_int_equal(a.len, WPB_TEXT_NAME_MAX);
    assert_string_not_equal(a.data, b.data);
    wpb_buf_fini(&a);
    wpb_buf_fini(&b);
}

static void shell_words_never_become_syntax(void **state)
{
    (void)state;
    EXPECT(wpb_text_shell, "wp:options:notoptions", "wp:options:notoptions");
    EXPECT(wpb_text_shell, "", "''");
    EXPECT(wpb_text_shell, "-n", "'-n'");
    EXPECT(wpb_text_shell, "a'; rm -rf $HOME #", "'a'\\''; rm -rf $HOME #'");
    EXPECT(wpb_text_shell, "a\n'b\x1b\xff", "$'a\\012\\047b\\033\\377'");
}

static void shell_words_survive_a_real_shell(void **state)
{
    const char word[] = "x'\\\n\t\x01\x1b\xff`$(touch /dev/null)\"";
    struct wpb_buf command;
    char back[64];
    size_t len;
    FILE *shell;

    (void)state;
    wpb_buf_init(&command, 0);
    wpb_buf_text(&command, "bash -c ");
    struct wpb_buf inner;
    wpb_buf_init(&inner, 0);
    wpb_buf_text(&inner, "printf %s ");
    wpb_text_shell(&inner, wpb_slice_of(word, sizeof(word) - 1));
    wpb_text_shell(&command, wpb_buf_view(&inner));
    shell = popen(command.data, "r");
    assert_non_null(shell);
    len = fread(back, 1, sizeof(back), shell);
    pclose(shell);
    assert_int_equal(len, sizeof(word) - 1);
    assert_memory_equal(back, word, len);
    wpb_buf_fini(&inner);
    wpb_buf_fini(&command);
}

static void expect_size(uint64_t bytes, const char *expected)
{
    struct wpb_buf out;

    wpb_buf_init(&out, 0);
    wpb_text_bytes(&out, bytes);
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

static void sizes_read_well(void **state)
{
    (void)state;
    expect_size(0, "0 B");
    expect_size(999, "999 B");
    expect_size(1023, "1.0 KiB");
    expect_size(3971911, "3.8 MiB");
    expect_size(134217728, "128 MiB");
    expect_size(UINT64_MAX, "16.0 EiB");
}

static void counts_group_thousands(void **state)
{
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    wpb_text_count(&out, 65768);
    wpb_buf_char(&out, ' ');
    wpb_text_count(&out, 999);
    wpb_buf_char(&out, ' ');
    wpb_text_count(&out, UINT64_MAX);
    assert_string_equal(out.data, "65,768 999 18,446,744,073,709,551,615");
    wpb_buf_fini(&out);
}

static void times_are_rfc3339(void **state)
{
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    wpb_clock_rfc3339(&out, 1795464061000);
    assert_string_equal(out.data, "2026-11-23T20:01:01Z");
    wpb_buf_fini(&out);
}

static void buffer_keeps_its_limit_and_its_error(void **state)
{
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 4);
    wpb_buf_text(&out, "abc");
    wpb_buf_text(&out, "de");
    wpb_buf_text(&out, "f");
    assert_true(wpb_buf_failed(&out));
    assert_string_equal(out.data, "abc");
    wpb_buf_fini(&out);
}

static void arena_allocations_are_aligned_zeroed_and_kept(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    unsigned char *items[300];

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * i;
        items[i] = wpb_arena_alloc(arena, size + 1);
        assert_int_equal((uintptr_t)items[i] % sizeof(max_align_t), 0);
        for (size_t j = 0; j <= size; j++)
            assert_int_equal(items[i][j], 0);
        memset(items[i], (int)i, size + 1);
    }
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(items[i][i * i], i & 0xff);
    wpb_arena_free(arena);
}

static int by_weight_then_name(const void *a, const void *b)
{
    const struct wpb_topk_item *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return wpb_slice_compare(x->name, y->name);
}

/* Against a sort of everything, with repeated names and reads in between. */
static void topk_agrees_with_a_full_sort(void **state)
{
    enum { N = 3000, K = 37 };
    static struct wpb_topk_item all[N];
    static char names[N][16];
    struct wpb_topk *top = wpb_topk_new(K);
    const struct wpb_topk_item *kept;
    size_t count;

    (void)state;
    srand(7);
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof(names[i]), "key:%zu", i);
        all[i] = (struct wpb_topk_item){wpb_slice_cstr(names[i]),
                                        (uint64_t)(rand() % 500), (int64_t)i};
    }
    for (size_t i = 0; i < N; i++) {
        wpb_topk_offer(top, all[i].name, all[i].weight, all[i].tag);
        if (i % 3 == 0)
            wpb_topk_offer(top, all[i / 2].name, all[i / 2].weight, all[i / 2].tag);
        if (i % 500 == 0)
            wpb_topk_sorted(top, &count);
    }
    qsort(all, N, sizeof(all[0]), by_weight_then_name);
    kept = wpb_topk_sorted(top, &count);
    assert_int_equal(count, K);
    for (size_t i = 0; i < K; i++) {
        assert_true(wpb_slice_equal(kept[i].name, all[i].name));
        assert_int_equal(kept[i].tag, all[i].tag);
    }
    assert_null(wpb_topk_find(top, wpb_slice_cstr("nobody")));
    assert_non_null(wpb_topk_find(top, all[0].name));
    wpb_topk_free(top);
}

static void topk_refuses_enormous_names(void **state)
{
    static char name[WPB_TOPK_NAME_MAX + 1];
    struct wpb_topk *top = wpb_topk_new(1);

    (void)state;
    assert_false(wpb_topk_offer(top, wpb_slice_of(name, sizeof(name)), 9, 0));
    assert_true(wpb_topk_offer(top, wpb_slice_of(name, sizeof(name) - 1), 9, 0));
    wpb_topk_free(top);
}

static void sizes_parse_with_units_and_nothing_else(void **state)
{
    static const char *const wrong[] = {"",
                                        "-1",
                                        "+1",
                                        "1.5M",
                                        "1MB",
                                        "K",
                                        "1 K",
                                        "0x1",
                                        "1e3",
                                        "1M ",
                                        " 1",
                                        "1s",
                                        "99999999999999999999",
                                        "9007199254740993G"};
    struct wpb_err err;
    uint64_t bytes = 0;

    (void)state;
    assert_int_equal(wpb_option_bytes(wpb_slice_cstr("512"), &bytes, &err), 0);
    assert_int_equal(bytes, 512);
    assert_int_equal(wpb_option_bytes(wpb_slice_cstr("256K"), &bytes, &err), 0);
    assert_int_equal(bytes, 262144);
    assert_int_equal(wpb_option_bytes(wpb_slice_cstr("2G"), &bytes, &err), 0);
    assert_int_equal(bytes, 2147483648u);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(wpb_option_bytes(wpb_slice_cstr(wrong[i]), &bytes, &err), -1);
        assert_int_equal(err.code, WPB_E_ARGUMENT);
    }
}

static void option_bounds_are_kept(void **state)
{
    static const struct wpb_option share = {
        .name = "share", .type = WPB_OPTION_RATIO, .min = 0.1, .max = 1};
    static const struct wpb_option period = {
        .name = "period", .type = WPB_OPTION_DURATION, .min = 1, .max = 3600};
    struct wpb_err err;
    double value = 0;

    (void)state;
    assert_int_equal(wpb_option_parse(&share, wpb_slice_cstr("0.25"), &value, &err), 0);
    assert_float_equal(value, 0.25, 0);
    assert_int_equal(wpb_option_parse(&share, wpb_slice_cstr("1.5"), &value, &err), -1);
    assert_string_equal(err.message, "share: '1.5' is outside 0.1 to 1");
    assert_int_equal(wpb_option_parse(&period, wpb_slice_cstr("2m"), &value, &err), 0);
    assert_float_equal(value, 120, 0);
    assert_int_equal(wpb_option_parse(&period, wpb_slice_cstr("2d"), &value, &err), -1);
}

static void expect_address(const char *uri, const char *scope, const char *cli)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_redis_address address;
    struct wpb_err err = {0};
    struct wpb_buf out;

    wpb_buf_init(&out, 0);
    if (wpb_redis_address_parse(uri, arena, &address, &err))
        fail_msg("%s: %s", uri, err.message);
    wpb_redis_address_scope(&address, true, &out);
    assert_string_equal(out.data, scope);
    wpb_buf_clear(&out);
    wpb_redis_address_cli(&address, &out);
    assert_string_equal(out.data, cli);
    wpb_buf_fini(&out);
    wpb_arena_free(arena);
}

static void redis_addresses_parse_and_print(void **state)
{
    (void)state;
    expect_address("redis://localhost", "redis://localhost:6379/0",
                   "redis-cli -h localhost -p 6379");
    expect_address("rediss://ro@cache.example:6380/2", "rediss://cache.example:6380/2",
                   "redis-cli -h cache.example -p 6380 --tls --user ro -n 2");
    expect_address("redis://[::1]:7000", "redis://[::1]:7000/0",
                   "redis-cli -h ::1 -p 7000");
    /* Where the master is, the sentinels know. */
    expect_address("redis-sentinel://s1,s2:7000/shop", "redis-sentinel://s1:26379/shop/0",
                   "redis-cli -h MASTER -p 6379");
    expect_address("rediss-sentinel://ro@[::1]/shop/3",
                   "rediss-sentinel://[::1]:26379/shop/3",
                   "redis-cli -h MASTER -p 6379 --tls --user ro -n 3");
    expect_address("redis-cluster://ro@n1:7000,n2", "redis-cluster://n1:7000",
                   "redis-cli -c -h n1 -p 7000 --user ro");
    expect_address("unix:///run/my redis.sock?db=1", "unix:///run/my redis.sock?db=1",
                   "redis-cli -s '/run/my redis.sock' -n 1");
}

static void sentinels_tell_where_a_master_is(void **state)
{
    static const char *const wrong[] = {"", "h", "h:0", "h:x", "[::1", ":1"};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_redis_address address;
    struct wpb_err err;
    (void)state;

    assert_int_equal(
        wpb_redis_address_parse("redis-sentinel://s/shop", arena, &address, &err), 0);
    wpb_redis_address_master(wpb_slice_cstr("[::1]:7000"), arena, &address);
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 7000);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        wpb_redis_address_master(wpb_slice_cstr(wrong[i]), arena, &address);
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 7000);
    wpb_arena_free(arena);
}

static void redis_addresses_refuse_nonsense(void **state)
{
    static const char *const wrong[] = {"localhost",
                                        "redis://",
                                        "redis://h:0",
                                        "redis://h:99999",
                                        "redis://h/x",
                                        "redis://u:secret@h",
                                        "unix://relative",
                                        "unix:///s?db=-1",
                                        "unix:///s?x=1",
                                        "redis://[::1",
                                        "redis://[::1]7000",
                                        "redis://h:",
                                        "redis://h/99999999999",
                                        "redis-sentinel://h",
                                        "redis-sentinel://h/",
                                        "redis-sentinel://h//1",
                                        "redis-sentinel://h,/n",
                                        "redis-sentinel://u:secret@h/n",
                                        "redis-sentinel://h/n/x",
                                        "redis-sentinel://a,b,c,d,e,f,g,h,i/n",
                                        "redis-cluster://",
                                        "redis-cluster://h/1",
                                        "redis-cluster://a:0,b"};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_redis_address address;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct wpb_err err = {0};
        assert_int_equal(wpb_redis_address_parse(wrong[i], arena, &address, &err), -1);
        assert_int_equal(err.code, WPB_E_ARGUMENT);
        assert_null(strstr(err.message, "secret"));
    }
    wpb_arena_free(arena);
}

static void subjects_differ_by_kind_scope_name_and_parent(void **state)
{
    struct wpb_subject key = {WPB_SUBJECT_REDIS_KEY, WPB_SLICE("s"), WPB_SLICE("k"),
                              NULL};
    struct wpb_subject twin = key, other = key, child = key;

    (void)state;
    other.name = wpb_slice_cstr("kk");
    child.parent = &key;
    assert_true(wpb_subject_equal(&key, &twin));
    assert_true(wpb_subject_hash(&key) == wpb_subject_hash(&twin));
    assert_true(wpb_subject_compare(&key, &other) < 0);
    assert_true(wpb_subject_compare(&child, &key) > 0);
    assert_true(wpb_subject_compare(&key, &child) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_text_carries_no_escape_sequence),
        cmocka_unit_test(json_text_is_ascii_safe_and_reversible),
        cmocka_unit_test(a_buffer_gives_its_bytes_away),
        cmocka_unit_test(a_label_ends_where_we_end_it),
        cmocka_unit_test(names_mask_people_and_cut_with_a_hash),
        cmocka_unit_test(shell_words_never_become_syntax),
        cmocka_unit_test(shell_words_survive_a_real_shell),
        cmocka_unit_test(sizes_read_well),
        cmocka_unit_test(counts_group_thousands),
        cmocka_unit_test(times_are_rfc3339),
        cmocka_unit_test(buffer_keeps_its_limit_and_its_error),
        cmocka_unit_test(arena_allocations_are_aligned_zeroed_and_kept),
        cmocka_unit_test(topk_agrees_with_a_full_sort),
        cmocka_unit_test(topk_refuses_enormous_names),
        cmocka_unit_test(sizes_parse_with_units_and_nothing_else),
        cmocka_unit_test(option_bounds_are_kept),
        cmocka_unit_test(redis_addresses_parse_and_print),
        cmocka_unit_test(sentinels_tell_where_a_master_is),
        cmocka_unit_test(redis_addresses_refuse_nonsense),
        cmocka_unit_test(subjects_differ_by_kind_scope_name_and_parent),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
