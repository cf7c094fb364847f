#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* nftw() has no cookie. */
static size_t files_run;

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    int result = -1;
    uint8_t *data = NULL;
    if (fseek(file, 0, SEEK_END) != 0)
        goto out_file;
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
        goto out_file;
    /* Exactly as large as the input, so that a sanitizer sees a read past it. */
    data = malloc(size > 0 ? (size_t)size : 1);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
        goto out_file;
    LLVMFuzzerTestOneInput(data, (size_t)size);
    files_run++;
    result = 0;
out_file:
    if (result)
        fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    fclose(file);
    return result;
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)where;
    return type == FTW_F ? run_file(path) : 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "%s: replay failed\n", argv[i]);
            return 1;
        }
    }
    printf("%zu inputs replayed\n", files_run);
    return files_run > 0 ? 0 : 1;
}
