/* The files that a configuration names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config/config.h"

#define STAGE "config"
#define SECRET_MAX 4096

int wpb_conf_file_path(const struct wpb_conf_section *section, const char *key,
                       struct wpb_arena *arena, const char **path, struct wpb_err *err)
{
    const char *name = wpb_conf_text(section, key), *folder;

    *path = name;
    if (!name || name[0] == '/')
        return 0;
    folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || folder[0] != '/') {
        *path = NULL;
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                           "%s: '%.60s' is a credential, and there are none here: "
                           "CREDENTIALS_DIRECTORY is set by LoadCredential= of the unit",
                           key, name);
    }
    *path = wpb_arena_printf(arena, "%s/%s", folder, name);
    return 0;
}

/* What STATUS, of the file PATH that KEY names, forbids. */
static int check_status(const char *key, const char *path, const struct stat *status,
                        bool is_secret, struct wpb_err *err)
{
    if (!S_ISREG(status->st_mode))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "%s: %.160s is not a regular file",
                           key, path);
    if (is_secret && (status->st_mode & (S_IROTH | S_IWOTH)))
        return wpb_err_set(err, WPB_E_DENIED, STAGE,
                           "%s: everybody on this host can %s %.140s; chmod 600 it", key,
                           status->st_mode & S_IROTH ? "read" : "write", path);
    return 0;
}

int wpb_conf_secret(const struct wpb_conf_section *section, const char *key,
                    struct wpb_arena *arena, const char **secret, struct wpb_err *err)
{
    char text[SECRET_MAX + 1];
    const char *path;
    struct stat status;
    size_t line;
    ssize_t len;
    int file;

    *secret = NULL;
    if (wpb_conf_file_path(section, key, arena, &path, err))
        return -1;
    if (!path)
        return 0;
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return wpb_err_errno(err, errno, STAGE, "%s: cannot open %.160s", key, path);
    if (fstat(file, &status) || check_status(key, path, &status, true, err)) {
        close(file);
        return -1;
    }
    len = read(file, text, SECRET_MAX);
    close(file);
    if (len < 0)
        return wpb_err_errno(err, errno, STAGE, "%s: cannot read %.160s", key, path);
    text[len] = '\0';
    line = strcspn(text, "\r\n");
    if (line == 0 || line == SECRET_MAX) {
        wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "%s: the first line of %.140s is %s", key,
                    path, line ? "too long" : "empty");
        line = 0;
    } else {
        *secret = wpb_arena_cstr(arena, wpb_slice_of(text, line));
    }
    explicit_bzero(text, sizeof(text));
    return line ? 0 : -1;
}

static void check_file(const struct wpb_conf_section *section,
                       const struct wpb_conf_value *value, struct wpb_arena *arena,
                       struct wpb_conf_problems *problems)
{
    struct stat status;
    struct wpb_err err = {0};
    const char *path;

    if (wpb_conf_file_path(section, value->name, arena, &path, &err)) {
        wpb_conf_warning(problems, value->file, value->line, "%s", err.message);
        return;
    }
    if (stat(path, &status)) {
        wpb_err_errno(&err, errno, STAGE, "%s: cannot look at %.160s", value->name, path);
        if (err.code == WPB_E_DENIED)
            wpb_conf_warning(problems, value->file, value->line, "%s", err.message);
        else
            wpb_conf_error(problems, value->file, value->line, "%s", err.message);
        return;
    }
    if (check_status(value->name, path, &status,
                     value->setting->type == WPB_SETTING_SECRET, &err))
        wpb_conf_error(problems, value->file, value->line, "%s", err.message);
}

void wpb_conf_check_files(const struct wpb_conf *config,
                          struct wpb_conf_problems *problems)
{
    struct wpb_arena *arena = wpb_arena_new();

    if (!arena)
        abort();
    for (unsigned kind = 0; kind < WPB_SECTION_KINDS; kind++) {
        const struct wpb_conf_section *section =
            wpb_conf_sections(config, (enum wpb_section_kind)kind);
        for (; section; section = section->next) {
            for (size_t i = 0; i < section->value_count; i++) {
                const struct wpb_conf_value *value = &section->values[i];
                if (value->file && value->setting &&
                    (value->setting->type == WPB_SETTING_SECRET ||
                     value->setting->type == WPB_SETTING_FILE))
                    check_file(section, value, arena, problems);
            }
        }
    }
    wpb_arena_free(arena);
}
