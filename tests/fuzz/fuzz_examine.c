#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"
#include "probes/php/examine.h"
#include "tests/fuzz/fuzz.h"

/* The first byte says how much of the value arrives (in 255ths) and how it is cut;
 * the rest is the value. In one piece and in many it must be examined alike, and
 * what is said of it must be possible. */

#define NAMES_DRAWN 8
#define TEMPLATE_MAX 203
#define PATH_MAX_BYTES 255

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static struct wpb_examination *examine(struct wpb_arena *arena, struct wpb_slice value,
                                       size_t fed, size_t chunk)
{
    const struct wpb_php_limits limits = {
        .max_bytes = 1 << 20, .max_elements = 20000, .max_depth = 128};
    struct wpb_examiner *examiner = wpb_examiner_new(value.len, 0, &limits);
    struct wpb_examination *result = wpb_arena_alloc(arena, sizeof(*result));
    must(examiner != NULL);
    wpb_examiner_sample_names(examiner, NAMES_DRAWN);
    for (size_t at = 0; at < fed;) {
        size_t len = chunk < fed - at ? chunk : fed - at;
        char *copy = malloc(len); /* a look past the chunk must be seen */
        must(copy != NULL);
        memcpy(copy, value.data + at, len);
        int is_done = wpb_examiner_feed(examiner, wpb_slice_of(copy, len));
        free(copy);
        at += len;
        if (is_done)
            break;
    }
    wpb_examiner_finish(examiner, arena, result);
    wpb_examiner_free(examiner);
    return result;
}

static void check(const struct wpb_examination *result)
{
    uint64_t names = 0;
    must(result->examined_bytes <= result->value_bytes);
    must(result->is_complete == (result->flaw[0] == '\0'));
    must(result->provenance == (result->is_complete ? WPB_EXACT : WPB_ESTIMATED));
    must(result->path_count <= WPB_EXAMINE_PATHS_MAX);
    must(result->family_count <= WPB_EXAMINE_FAMILIES_MAX);
    for (size_t i = 0; i < result->path_count; i++) {
        must(result->paths[i].path.len <= PATH_MAX_BYTES);
        must(result->paths[i].bytes <= (result->compression == WPB_PHP_RAW
                                            ? result->examined_bytes
                                            : result->decoded_bytes));
        must(i == 0 || result->paths[i - 1].bytes >= result->paths[i].bytes);
    }
    for (size_t i = 0; i < result->family_count; i++) {
        must(result->families[i].template_name.len <= TEMPLATE_MAX);
        must(wpb_text_is_utf8(result->families[i].template_name));
        names += result->families[i].names;
    }
    must(result->name_count <= NAMES_DRAWN && result->name_count <= result->family_names);
    must(names <= result->family_names && result->family_names <= result->elements);
    if (result->is_complete && result->encoding == WPB_PHP_SERIALIZE)
        must(result->has_cost && result->elements > 0 &&
             result->entries < result->elements);
}

static void check_same(const struct wpb_examination *a, const struct wpb_examination *b)
{
    /* What zstd had passed on when it met a flaw depends on the chunks. */
    if ((a->compression == WPB_PHP_ZSTD || a->encoding == WPB_PHP_ZSTD) && a->flaw[0]) {
        must(b->flaw[0] != '\0');
        return;
    }
    must(a->encoding == b->encoding && a->is_complete == b->is_complete &&
         a->entries == b->entries && a->elements == b->elements &&
         a->max_depth == b->max_depth && a->has_cost == b->has_cost &&
         a->cost.value_bytes == b->cost.value_bytes &&
         a->cost.read_peak_bytes == b->cost.read_peak_bytes &&
         a->cost.rewrite_peak_bytes == b->cost.rewrite_peak_bytes &&
         a->path_count == b->path_count && a->family_count == b->family_count &&
         a->family_names == b->family_names && strcmp(a->flaw, b->flaw) == 0);
    for (size_t i = 0; i < a->path_count; i++)
        must(a->paths[i].bytes == b->paths[i].bytes &&
             wpb_slice_equal(a->paths[i].path, b->paths[i].path));
    for (size_t i = 0; i < a->family_count; i++)
        must(a->families[i].names == b->families[i].names &&
             wpb_slice_equal(a->families[i].template_name, b->families[i].template_name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct wpb_arena *arena = wpb_arena_new();
    must(arena != NULL);
    struct wpb_slice value = wpb_slice_of(data + 1, size - 1);
    size_t fed = data[0] & 1 ? value.len : value.len * data[0] / 255;
    struct wpb_examination *whole = examine(arena, value, fed, SIZE_MAX);
    struct wpb_examination *cut = examine(arena, value, fed, 1U + data[0] % 29);
    check(whole);
    check(cut);
    check_same(whole, cut);
    wpb_arena_free(arena);
    return 0;
}
