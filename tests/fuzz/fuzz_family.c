#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"
#include "probes/php/family.h"
#include "tests/fuzz/fuzz.h"

/* The input is a list of names, one a line; the first byte says how few families
 * may be held. Every template must be short, UTF-8 and free of forged
 * placeholders, a longer name must fold alike, and no name may be lost. */

#define LIMIT_MAX 271
#define TEMPLATE_MAX 203

static const char tail[] =
    "_tailtailtailtailtailtailtailtailtailtailtailtailtailtailtailtailtail";

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_template(struct wpb_slice text)
{
    static const char *const placeholders[] = {"<n>",     "<hex>", "<uuid>",
                                               "<date>",  "<id>",  "<email>",
                                               "<bytes>", "<*>",   "<other>"};
    must(text.len <= TEMPLATE_MAX && wpb_text_is_utf8(text));
    for (size_t i = 0; i < text.len; i++) {
        size_t known = 0;
        must((unsigned char)text.data[i] >= 0x20 && text.data[i] != '>');
        if (text.data[i] != '<')
            continue;
        for (size_t j = 0; j < sizeof(placeholders) / sizeof(*placeholders); j++)
            if (wpb_slice_starts(wpb_slice_skip(text, i),
                                 wpb_slice_cstr(placeholders[j])))
                known = strlen(placeholders[j]);
        must(known > 0);
        i += known - 1;
    }
    struct wpb_slice literal = wpb_family_literal(text);
    must(literal.len == 0 || (literal.len >= 4 && literal.data >= text.data &&
                              literal.data + literal.len <= text.data + text.len &&
                              !memchr(literal.data, '<', literal.len)));
}

static void check_fold(struct wpb_slice name)
{
    struct wpb_buf folded, longer, both;
    wpb_buf_init(&folded, 0);
    wpb_buf_init(&longer, 0);
    wpb_buf_init(&both, 0);
    wpb_family_fold(name, &folded);
    check_template(wpb_buf_view(&folded));
    wpb_buf_slice(&longer, name);
    wpb_buf_text(&longer, tail);
    wpb_family_fold(wpb_buf_view(&longer), &both);
    wpb_buf_text(&folded, tail);
    if (folded.len <= 200)
        must(wpb_slice_equal(wpb_buf_view(&folded), wpb_buf_view(&both)));
    wpb_buf_fini(&folded);
    wpb_buf_fini(&longer);
    wpb_buf_fini(&both);
}

static void check_top(struct wpb_families *families, size_t k)
{
    struct wpb_family top[LIMIT_MAX + 1];
    uint64_t names = 0;
    size_t count = wpb_families_top(families, top, k);
    must(count <= k);
    for (size_t i = 0; i < count; i++) {
        check_template(top[i].template_name);
        names += top[i].names;
        if (i == 0)
            continue;
        must(top[i - 1].names > top[i].names ||
             (top[i - 1].names == top[i].names &&
              wpb_slice_compare(top[i - 1].template_name, top[i].template_name) < 0));
    }
    must(k <= LIMIT_MAX || names == wpb_families_names(families));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct wpb_families *families = wpb_families_new(16U + data[0]);
    must(families != NULL);
    uint64_t names = 0;
    for (size_t at = 1; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - data) - at : size - at;
        char *name = malloc(len ? len : 1); /* a look past the name must be seen */
        must(name != NULL);
        memcpy(name, data + at, len);
        check_fold(wpb_slice_of(name, len));
        wpb_families_add(families, wpb_slice_of(name, len));
        free(name);
        names++;
        at += len + 1;
    }
    must(names == wpb_families_names(families));
    check_top(families, 3);
    check_top(families, LIMIT_MAX + 1);
    wpb_families_free(families);
    return 0;
}
