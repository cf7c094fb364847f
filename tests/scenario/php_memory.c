/* Prints what the memory model says of a value in a file, for php_memory.sh and
 * php_decoders.sh: value, read peak and rewrite peak in bytes, of a full walk or, with
 * "shortcut", of the length and the first 16 bytes alone. With "lines", each element
 * as php_decoders_lines.php prints it. What the value is, its file's name says. */
#include <stdio.h>
#include <stdlib.h>

#include "probes/php/decoder.h"

static int add(void *cookie, const struct wpb_php_event *event)
{
    wpb_php_memory_add(cookie, event);
    return 0;
}

static void print_bytes(struct wpb_slice bytes)
{
    fwrite(bytes.data, 1, bytes.len, stdout);
}

/* Events in the order of their elements: an array's count follows when it ends, for
 * JSON, so that lines are kept until then. */
struct line {
    uint32_t depth;
    bool has_key, key_is_int;
    int64_t key_int;
    size_t key_len;
    unsigned char key[WPB_PHP_KEY_MAX];
    enum wpb_php_type type;
    uint64_t size;
    size_t class_len;
    char class_name[WPB_PHP_KEY_MAX];
};

struct lines {
    struct line *all;
    size_t count, capacity;
    size_t open[4096];
};

static int keep(void *cookie, const struct wpb_php_event *event)
{
    struct lines *lines = cookie;
    if (event->phase == WPB_PHP_LEAVE) {
        lines->all[lines->open[event->depth]].size = event->count;
        return 0;
    }
    if (lines->count == lines->capacity) {
        lines->capacity = lines->capacity ? lines->capacity * 2 : 1024;
        lines->all = reallocarray(lines->all, lines->capacity, sizeof(*lines->all));
        if (!lines->all)
            abort();
    }
    lines->open[event->depth] = lines->count;
    struct line *line = &lines->all[lines->count++];
    line->depth = event->depth;
    line->has_key = event->has_key;
    line->key_is_int = event->key_is_int;
    line->key_int = event->key_int;
    line->key_len = event->key.len;
    memcpy(line->key, event->key.data, event->key.len);
    line->type = event->type;
    line->size = event->length;
    line->class_len = event->class_name.len;
    memcpy(line->class_name, event->class_name.data, event->class_name.len);
    return 0;
}

static void print_line(const struct line *line)
{
    static const char *const names[] = {"null",   "bool",     "int",    "float",
                                        "string", "array",    "object", "custom",
                                        "enum",   "reference"};
    printf("%u ", line->depth);
    if (line->has_key && line->key_is_int) {
        printf("[%lld] ", (long long)line->key_int);
    } else if (line->has_key) {
        printf("[");
        for (size_t i = 0; i < line->key_len; i++)
            printf("%02x", line->key[i]);
        printf("] ");
    }
    printf("%s", names[line->type]);
    if (line->class_len) {
        printf(" ");
        print_bytes(wpb_slice_of(line->class_name, line->class_len));
    }
    if (line->type >= WPB_PHP_STRING && line->type <= WPB_PHP_CUSTOM)
        printf(" %llu", (unsigned long long)line->size);
    printf("\n");
}

static int walk(struct wpb_slice value, enum wpb_php_decoder kind, wpb_php_visit *visit,
                void *cookie, struct wpb_err *err)
{
    struct wpb_decoder *decoder = wpb_decoder_new(kind, NULL, visit, cookie);
    int result = decoder && wpb_decoder_feed(decoder, value, err) == 0 &&
                         wpb_decoder_finish(decoder, err) == 0
                     ? 0
                     : -1;
    wpb_decoder_free(decoder);
    return result;
}

static int show_lines(struct wpb_slice value, enum wpb_php_decoder kind,
                      struct wpb_err *err)
{
    struct lines *lines = calloc(1, sizeof(*lines));
    if (!lines || walk(value, kind, keep, lines, err))
        return -1;
    for (size_t i = 0; i < lines->count; i++)
        print_line(&lines->all[i]);
    free(lines->all);
    free(lines);
    return 0;
}

static int show_cost(struct wpb_slice value, enum wpb_php_decoder kind, bool is_shortcut,
                     struct wpb_err *err)
{
    struct wpb_php_cost cost;
    struct wpb_php_memory memory;
    wpb_php_memory_init(&memory, kind, 0);
    if (is_shortcut) {
        if (wpb_php_notoptions_cost(wpb_slice_head(value, 16), value.len, 0, &cost, err))
            return -1;
    } else {
        if (walk(value, kind, add, &memory, err))
            return -1;
        wpb_php_memory_cost(&memory, value.len, &cost);
    }
    printf("%llu %llu %llu\n", (unsigned long long)cost.value_bytes,
           (unsigned long long)cost.read_peak_bytes,
           (unsigned long long)cost.rewrite_peak_bytes);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!file)
        return 64;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size + 1);
    if (!bytes || fread(bytes, 1, size, file) != size)
        return 1;
    fclose(file);
    struct wpb_slice value = wpb_slice_of(bytes, size);
    struct wpb_slice name = wpb_slice_cstr(argv[1]);
    enum wpb_php_decoder kind = WPB_PHP_UNSERIALIZE;
    if (wpb_slice_ends(name, wpb_slice_cstr(".igbinary")))
        kind = WPB_PHP_IGBINARY_UNSERIALIZE;
    else if (wpb_slice_ends(name, wpb_slice_cstr(".json")))
        kind = WPB_PHP_JSON_DECODE;
    struct wpb_err err = {0};
    bool is_lines = argc > 2 && strcmp(argv[2], "lines") == 0;
    int result =
        is_lines ? show_lines(value, kind, &err) : show_cost(value, kind, argc > 2, &err);
    if (result)
        fprintf(stderr, "%s: %s\n", argv[1], err.message);
    free(bytes);
    return result ? 1 : 0;
}
