#include "golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

static void write_file(const char *path, struct wpb_slice text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *path, struct wpb_buf *out)
{
    char chunk[4096];
    size_t len;
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no %s: run the test once with WPB_GOLDEN_UPDATE=1", path);
    while ((len = fread(chunk, 1, sizeof(chunk), file)) > 0)
        wpb_buf_add(out, chunk, len);
    (void)fclose(file);
}

void golden_expect(const char *name, struct wpb_slice text)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "golden/%s", name);
    if (getenv("WPB_GOLDEN_UPDATE")) {
        write_file(path, text);
        return;
    }
    struct wpb_buf golden;
    wpb_buf_init(&golden, 0);
    read_file(path, &golden);
    size_t at = 0, line = 1;
    while (at < golden.len && at < text.len && golden.data[at] == text.data[at])
        line += golden.data[at++] == '\n';
    bool is_same = at == golden.len && at == text.len;
    wpb_buf_fini(&golden);
    if (!is_same)
        fail_msg("%s differs from line %zu on; WPB_GOLDEN_UPDATE=1 writes it anew", path,
                 line);
}

void golden_expect_clean(struct wpb_slice text)
{
    assert_true(wpb_text_is_utf8(text));
    assert_true(text.len > 0);
    assert_int_equal(text.data[text.len - 1], '\n');
    if (text.len > 1)
        assert_int_not_equal(text.data[text.len - 2], '\n');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte < 0x20 && byte != '\n') || byte == 0x7f)
            fail_msg("control byte %#x at %zu", byte, i);
        if (byte == '\n' && i > 0 && text.data[i - 1] == ' ')
            fail_msg("a line ends in a space at byte %zu", i);
    }
}

size_t golden_count(struct wpb_slice text, const char *word)
{
    size_t count = 0, len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++)
        count += memcmp(text.data + i, word, len) == 0;
    return count;
}
