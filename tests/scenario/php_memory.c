/* Prints what the memory model says of a value in a file, for php_memory.sh:
 * value, read peak and rewrite peak in bytes, of a full walk or, with "shortcut",
 * of the length and the first 16 bytes alone. */
#include <stdio.h>
#include <stdlib.h>

#include "probes/php/memory.h"

static int add(void *cookie, const struct wpb_php_event *event)
{
    wpb_php_memory_add(cookie, event);
    return 0;
}

static int walk(struct wpb_slice value, struct wpb_php_cost *cost, struct wpb_err *err)
{
    struct wpb_php_memory memory;
    wpb_php_memory_init(&memory, 0);
    struct wpb_php_walker *walker = wpb_php_walker_new(NULL, add, &memory);
    int result = walker && wpb_php_walker_feed(walker, value, err) == 0 &&
                         wpb_php_walker_finish(walker, err) == 0
                     ? 0
                     : -1;
    wpb_php_walker_free(walker);
    wpb_php_memory_cost(&memory, value.len, cost);
    return result;
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
    struct wpb_php_cost cost;
    struct wpb_err err = {0};
    int result = argc > 2 ? wpb_php_notoptions_cost(wpb_slice_head(value, 16), size, 0,
                                                    &cost, &err)
                          : walk(value, &cost, &err);
    if (result)
        fprintf(stderr, "%s: %s\n", argv[1], err.message);
    else
        printf("%llu %llu %llu\n", (unsigned long long)cost.value_bytes,
               (unsigned long long)cost.read_peak_bytes,
               (unsigned long long)cost.rewrite_peak_bytes);
    free(bytes);
    return result ? 1 : 0;
}
