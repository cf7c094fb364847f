#include "agent/command/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/command/cli.h"
#include "agent/command/command.h"
#include "agent/command/explained.h"

#define CHUNK_BYTES 262144

/* Feed the regular file to an examiner. */
static int examine_file(const struct wpb_explain *explain, struct wpb_arena *arena,
                        struct wpb_examination *result, struct wpb_err *err)
{
    const char *path = explain->name;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = -1;
    struct wpb_examiner *examiner = NULL;
    char *chunk = NULL;
    struct stat about;
    ssize_t len;

    if (file < 0)
        return wpb_err_errno(err, errno, "explain", "cannot open %s", path);
    if (fstat(file, &about) || !S_ISREG(about.st_mode)) {
        wpb_err_set(err, WPB_E_ARGUMENT, "explain", "%s is not a regular file", path);
        goto out_file;
    }
    examiner = wpb_examiner_new((uint64_t)about.st_size, explain->php_version, NULL);
    chunk = malloc(CHUNK_BYTES);
    if (!examiner || !chunk) {
        wpb_err_set(err, WPB_E_MEMORY, "explain", "out of memory");
        goto out_examiner;
    }
    while ((len = read(file, chunk, CHUNK_BYTES)) > 0) {
        if (wpb_examiner_feed(examiner, wpb_slice_of(chunk, (size_t)len)))
            break;
    }
    if (len < 0) {
        wpb_err_errno(err, errno, "explain", "cannot read %s", path);
        goto out_examiner;
    }
    wpb_examiner_finish(examiner, arena, result);
    status = 0;
out_examiner:
    free(chunk);
    wpb_examiner_free(examiner);
out_file:
    close(file);
    return status;
}

int wpb_explain_file(const struct wpb_explain *explain)
{
    struct wpb_explanation explanation;
    struct wpb_examination examination = {0};
    struct wpb_err err = {0};

    if (examine_file(explain, explain->arena, &examination, &err)) {
        wpb_cli_error("%s", err.message);
        return WPB_EXIT_UNMEASURED;
    }
    wpb_explained_examination(&examination, explain->arena, &explanation);
    explanation.kind = "file";
    explanation.name = wpb_slice_cstr(explain->name);
    explanation.php_version =
        explain->php_version ? explain->php_version : WPB_PHP_VERSION_MEASURED;
    explanation.memory_limit_bytes = explain->selection.memory_limit_bytes;
    return wpb_explain_show(explain, &explanation);
}
