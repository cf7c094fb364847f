#include "probes/wordpress/pool.h"

#include <ctype.h>
#include <glob.h>
#include <stddef.h>
#include <stdio.h>

#include "agent/base/buf.h"
#include "probes/wordpress/file.h"
#include "probes/wordpress/path.h"

/* PHP's built-in memory_limit, main.c. */
#define DEFAULT_LIMIT_BYTES ((uint64_t)128 << 20)
#define MATCHES_MAX 256
/* In bytes. No path or name is longer; where $pool stands, the rest is cut off. */
#define VALUE_MAX 4096

/* Where a distribution keeps FPM's master file and the php.ini that goes with it. "*"
 * is the PHP version. */
static const struct {
    const char *master;
    const char *pools; /* when the master file cannot be read */
    const char *ini, *additions;
    const char *prefix; /* of relative includes */
} layouts[] = {
    {"/etc/php/*/fpm/php-fpm.conf", "/etc/php/*/fpm/pool.d/*.conf",
     "/etc/php/*/fpm/php.ini", "/etc/php/*/fpm/conf.d/*.ini", "/usr"},
    {"/etc/php-fpm.conf", "/etc/php-fpm.d/*.conf", "/etc/php.ini", "/etc/php.d/*.ini",
     "/usr"},
    {"/usr/local/etc/php-fpm.conf", "/usr/local/etc/php-fpm.d/*.conf",
     "/usr/local/etc/php/php.ini", "/usr/local/etc/php/conf.d/*.ini", "/usr/local"},
};

/* --- lines --- */

struct ini_line {
    uint32_t number;
    bool is_section;
    struct wpb_slice key;   /* or the section's name */
    struct wpb_slice index; /* the X of key[X] */
    struct wpb_slice value; /* without quotes */
    bool is_computed;       /* holds ${...}, which PHP fills in */
};

struct ini_reader {
    struct wpb_slice rest;
    uint32_t number;
};

static struct wpb_slice trimmed(struct wpb_slice text)
{
    while (text.len && isspace((unsigned char)text.data[0]))
        text = wpb_slice_skip(text, 1);
    while (text.len && isspace((unsigned char)text.data[text.len - 1]))
        text.len--;
    return text;
}

/* What stands in quotes; a double one may be escaped, and keeps its backslash. */
static struct wpb_slice quoted(struct wpb_slice text)
{
    struct wpb_slice body = wpb_slice_skip(text, 1);
    size_t len = 0;

    while (len < body.len && body.data[len] != text.data[0])
        len += text.data[0] == '"' && body.data[len] == '\\' ? 2 : 1;
    return wpb_slice_head(body, len);
}

static struct wpb_slice unquoted(struct wpb_slice text)
{
    if (text.len && (text.data[0] == '"' || text.data[0] == '\''))
        return quoted(text);
    const char *comment = text.len ? memchr(text.data, ';', text.len) : NULL;
    return comment ? trimmed(wpb_slice_head(text, (size_t)(comment - text.data))) : text;
}

static void split_index(struct ini_line *line)
{
    const char *open = memchr(line->key.data, '[', line->key.len);
    line->index = wpb_slice_of(NULL, 0);
    if (!open || line->key.data[line->key.len - 1] != ']')
        return;
    size_t at = (size_t)(open - line->key.data);
    line->index = trimmed(wpb_slice_of(open + 1, line->key.len - at - 2));
    line->key = trimmed(wpb_slice_head(line->key, at));
}

/* The next line that says something; false at the end. */
static bool next_line(struct ini_reader *reader, struct ini_line *line)
{
    while (reader->rest.len) {
        const char *end = memchr(reader->rest.data, '\n', reader->rest.len);
        size_t len = end ? (size_t)(end - reader->rest.data) : reader->rest.len;
        struct wpb_slice text = trimmed(wpb_slice_head(reader->rest, len));
        reader->rest = wpb_slice_skip(reader->rest, len + 1);
        *line = (struct ini_line){.number = ++reader->number};
        if (text.len == 0 || text.data[0] == ';' || text.data[0] == '#')
            continue;
        if (text.data[0] == '[') {
            const char *close = memchr(text.data, ']', text.len);
            line->is_section = true;
            line->key = wpb_slice_of(
                text.data + 1, close ? (size_t)(close - text.data) - 1 : text.len - 1);
            return true;
        }
        const char *equals = memchr(text.data, '=', text.len);
        if (!equals || equals == text.data)
            continue;
        size_t at = (size_t)(equals - text.data);
        line->key = trimmed(wpb_slice_head(text, at));
        line->value = unquoted(trimmed(wpb_slice_skip(text, at + 1)));
        line->is_computed = line->value.len &&
                            (line->value.data[0] == '$' ||
                             memmem(line->value.data, line->value.len, "${", 2) != NULL);
        if (line->key.len == 0)
            continue;
        split_index(line);
        return true;
    }
    return false;
}

bool wpb_pool_size(struct wpb_slice text, uint64_t *bytes)
{
    uint64_t number = 0;
    size_t at = 0, first;
    text = trimmed(text);
    bool is_negative = text.len && text.data[0] == '-';

    first = at = is_negative ? 1 : 0;
    while (at < text.len && isdigit((unsigned char)text.data[at])) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text.data[at] - '0'), &number))
            return false;
        at++;
    }
    if (at == first)
        return false;
    struct wpb_slice unit = trimmed(wpb_slice_skip(text, at));
    if (unit.len > 1 && (unit.data[unit.len - 1] | 0x20) == 'b')
        unit.len--; /* "256MB", which WordPress and people write */
    char letter = unit.len ? (char)tolower((unsigned char)unit.data[0]) : '\0';
    unsigned shift = letter == 'k' ? 10 : letter == 'm' ? 20 : letter == 'g' ? 30 : 0;
    if (unit.len > 1 || (unit.len == 1 && shift == 0) || number > UINT64_MAX >> shift)
        return false;
    *bytes = is_negative ? UINT64_MAX : number << shift;
    return true;
}

/* --- one file --- */

/* Directives whose value is kept as it stands. */
static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"user", offsetof(struct wpb_pool, user)},
    {"chdir", offsetof(struct wpb_pool, chdir)},
    {"prefix", offsetof(struct wpb_pool, prefix)},
    {"listen", offsetof(struct wpb_pool, service.listen)},
    {"listen.backlog", offsetof(struct wpb_pool, service.backlog)},
    {"pm", offsetof(struct wpb_pool, service.manager)},
    {"pm.max_children", offsetof(struct wpb_pool, service.max_children)},
    {"pm.status_path", offsetof(struct wpb_pool, service.status_path)},
    {"pm.status_listen", offsetof(struct wpb_pool, service.status_listen)},
    {"access.log", offsetof(struct wpb_pool, service.access_log)},
    {"access.format", offsetof(struct wpb_pool, service.access_format)},
    {"slowlog", offsetof(struct wpb_pool, service.slow_log)},
    {"request_slowlog_timeout", offsetof(struct wpb_pool, service.slow_timeout)},
    {"catch_workers_output", offsetof(struct wpb_pool, service.catches_output)},
};

static const char **text_at(struct wpb_pool *pool, size_t row)
{
    return (const char **)((char *)pool + texts[row].offset);
}

static struct wpb_limit limit_of(struct wpb_slice text, const char *what,
                                 const char *file, uint32_t line, struct wpb_arena *arena)
{
    struct wpb_limit limit = {.is_set = false};
    if (!wpb_pool_size(text, &limit.bytes))
        return limit;
    limit.is_set = true;
    limit.source = wpb_arena_printf(arena, "%s in %s:%u", what, file, line);
    return limit;
}

static struct wpb_pool *pool_named(struct wpb_slice name, const char *file,
                                   uint32_t php_version, struct wpb_arena *arena,
                                   struct wpb_pools *pools, size_t first)
{
    for (size_t i = first; i < pools->count; i++) {
        if (wpb_slice_is(name, pools->items[i].name))
            return &pools->items[i];
    }
    if (pools->count == WPB_POOLS_MAX)
        return NULL;
    struct wpb_pool *pool = &pools->items[pools->count++];
    *pool = (struct wpb_pool){.name = wpb_arena_cstr(arena, name),
                              .file = wpb_arena_printf(arena, "%s", file),
                              .master = "",
                              .fpm_prefix = "",
                              .fpm_log = "",
                              .ini_error_log = "",
                              .php_version = php_version,
                              .user = "",
                              .chdir = "",
                              .prefix = ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *text_at(pool, i) = "";
    pool->service.max_children_file = pool->service.error_log = "";
    wpb_environment_init(&pool->environment, arena);
    return pool;
}

/* $pool stands for the pool's name, wherever it stands. */
static const char *with_name(const struct wpb_pool *pool, struct wpb_slice value,
                             struct wpb_arena *arena)
{
    static const struct wpb_slice variable = WPB_SLICE("$pool");
    struct wpb_slice rest = wpb_slice_head(value, VALUE_MAX);
    struct wpb_buf full;
    const char *at;

    if (!value.len || !memmem(value.data, value.len, variable.data, variable.len))
        return wpb_arena_cstr(arena, value);
    wpb_buf_init(&full, VALUE_MAX);
    while (rest.len && (at = memmem(rest.data, rest.len, variable.data, variable.len))) {
        size_t len = (size_t)(at - rest.data);
        wpb_buf_add(&full, rest.data, len);
        wpb_buf_text(&full, pool->name);
        rest = wpb_slice_skip(rest, len + variable.len);
    }
    wpb_buf_slice(&full, rest);
    const char *text = wpb_arena_cstr(arena, wpb_buf_view(&full));
    wpb_buf_fini(&full);
    return text;
}

/* PHP's error_log: php_admin_value is final, php_value is what a site may change. */
static void error_log_line(struct wpb_pool *pool, const struct ini_line *line,
                           struct wpb_arena *arena)
{
    if (wpb_slice_is(line->key, "php_admin_value")) {
        pool->service.error_log = with_name(pool, line->value, arena);
        pool->service.is_error_log_final = true;
    } else if (wpb_slice_is(line->key, "php_value") &&
               !pool->service.is_error_log_final) {
        pool->service.error_log = with_name(pool, line->value, arena);
    }
}

/* A directive of the table; false when LINE is none. */
static bool text_line(struct wpb_pool *pool, const char *file,
                      const struct ini_line *line, struct wpb_arena *arena)
{
    for (size_t i = 0; line->index.len == 0 && i < sizeof texts / sizeof texts[0]; i++) {
        if (!wpb_slice_is(line->key, texts[i].key))
            continue;
        *text_at(pool, i) = with_name(pool, line->value, arena);
        if (texts[i].offset == offsetof(struct wpb_pool, service.max_children)) {
            pool->service.max_children_file = wpb_arena_printf(arena, "%s", file);
            pool->service.max_children_line = line->number;
        }
        return true;
    }
    return false;
}

static void pool_line(struct wpb_pool *pool, const char *file,
                      const struct ini_line *line, struct wpb_arena *arena)
{
    bool is_limit = wpb_slice_is(line->index, "memory_limit");
    if (text_line(pool, file, line, arena))
        return;
    if (wpb_slice_is(line->index, "error_log"))
        error_log_line(pool, line, arena);
    else if (is_limit && wpb_slice_is(line->key, "php_admin_value"))
        pool->admin_limit =
            limit_of(line->value, "php_admin_value", file, line->number, arena);
    else if (is_limit && wpb_slice_is(line->key, "php_value"))
        pool->value_limit = limit_of(line->value, "php_value", file, line->number, arena);
    else if (wpb_slice_is(line->key, "env") && line->index.len)
        wpb_environment_set(&pool->environment, line->index, line->value,
                            !line->is_computed, true);
}

/* Pools of the same name belong together only within one FPM: those from FIRST on. */
static void parse_from(const char *file, struct wpb_slice bytes, uint32_t php_version,
                       struct wpb_arena *arena, struct wpb_pools *pools, size_t first)
{
    struct ini_reader reader = {.rest = bytes};
    struct ini_line line;
    struct wpb_pool *pool = NULL;

    while (next_line(&reader, &line)) {
        if (line.is_section && wpb_slice_is(line.key, "global"))
            pool = NULL;
        else if (line.is_section)
            pool = pool_named(line.key, file, php_version, arena, pools, first);
        else if (pool)
            pool_line(pool, file, &line, arena);
        if (line.is_section && pool)
            pool->sections++;
    }
}

void wpb_pool_parse(const char *file, struct wpb_slice bytes, uint32_t php_version,
                    struct wpb_arena *arena, struct wpb_pools *pools)
{
    parse_from(file, bytes, php_version, arena, pools, 0);
}

/* One installation of FPM while it is read. File contents go to SCRATCH. */
struct fpm {
    const char *root;
    struct wpb_arena *arena, *scratch;
    struct wpb_pools *pools;
    size_t first; /* its first pool */
    uint32_t php_version;
    uid_t owner; /* on whose behalf its files are read */
};

/* What is wanted of php.ini. */
struct ini {
    struct wpb_limit limit;
    const char *error_log;
};

/* The last memory_limit and error_log of an ini file, outside [PATH=] and [HOST=]
 * sections. */
static void ini_file(const char *file, const struct fpm *fpm, struct ini *ini)
{
    struct wpb_slice bytes;
    struct ini_line line;
    bool is_special = false;

    if (wpb_file_read(file, WPB_FILE_CONFIG_MAX, WPB_FILE_ANY_OWNER, false, fpm->scratch,
                      &bytes, NULL, NULL))
        return;
    struct ini_reader reader = {.rest = bytes};
    while (next_line(&reader, &line)) {
        if (line.is_section)
            is_special = memchr(line.key.data, '=', line.key.len) != NULL;
        else if (!is_special && wpb_slice_is(line.key, "memory_limit"))
            ini->limit =
                limit_of(line.value, "memory_limit", file, line.number, fpm->arena);
        else if (!is_special && wpb_slice_is(line.key, "error_log"))
            ini->error_log = wpb_arena_cstr(fpm->arena, line.value);
    }
}

/* --- all of one FPM --- */

/* PATTERN with its first "*" replaced by VERSION ("" when it has none). */
static const char *fill(struct wpb_arena *arena, const char *root, const char *pattern,
                        const char *version)
{
    const char *star = strchr(pattern, '*');
    if (!star || !*version)
        return wpb_arena_printf(arena, "%s%s", root, pattern);
    return wpb_arena_printf(arena, "%s%.*s%s%s", root, (int)(star - pattern), pattern,
                            version, star + 1);
}

/* The files that PATTERN names, in order; globfree() FOUND. */
static size_t each_file(const char *pattern, glob_t *found)
{
    if (glob(pattern, 0, NULL, found) != 0)
        return 0;
    return found->gl_pathc < MATCHES_MAX ? found->gl_pathc : MATCHES_MAX;
}

static void read_pool_files(const struct fpm *fpm, const char *pattern)
{
    struct wpb_slice bytes;
    glob_t found = {.gl_pathc = 0};
    size_t count = each_file(pattern, &found);

    for (size_t i = 0; i < count; i++) {
        const char *file = wpb_arena_printf(fpm->arena, "%s", found.gl_pathv[i]);
        if (wpb_file_read(file, WPB_FILE_CONFIG_MAX, fpm->owner, false, fpm->scratch,
                          &bytes, NULL, NULL) == 0)
            parse_from(file, bytes, fpm->php_version, fpm->arena, fpm->pools, fpm->first);
    }
    globfree(&found);
}

static void read_includes(const struct fpm *fpm, const char *prefix,
                          struct wpb_slice bytes)
{
    struct ini_reader reader = {.rest = bytes};
    struct ini_line line;

    while (next_line(&reader, &line)) {
        if (line.is_section || !wpb_slice_is(line.key, "include"))
            continue;
        const char *pattern = wpb_arena_cstr(fpm->scratch, line.value);
        if (pattern[0] != '/')
            pattern = wpb_path_join(fpm->scratch, prefix, pattern);
        read_pool_files(fpm, wpb_arena_printf(fpm->scratch, "%s%s", fpm->root, pattern));
    }
}

/* "8.2" is 80200; other names say nothing. */
static uint32_t version_number(const char *text)
{
    unsigned major, minor;
    int end = 0;
    if (sscanf(text, "%2u.%2u%n", &major, &minor, &end) != 2 || text[end])
        return 0;
    return major * 10000 + minor * 100;
}

static void read_ini(const struct fpm *fpm, size_t layout, const char *version)
{
    struct ini ini = {.limit = {true, DEFAULT_LIMIT_BYTES,
                                "PHP's default, no php.ini sets memory_limit"},
                      .error_log = ""};
    glob_t found = {.gl_pathc = 0};
    size_t count;

    ini_file(fill(fpm->arena, fpm->root, layouts[layout].ini, version), fpm, &ini);
    count = each_file(fill(fpm->arena, fpm->root, layouts[layout].additions, version),
                      &found);
    for (size_t i = 0; i < count; i++)
        ini_file(found.gl_pathv[i], fpm, &ini);
    globfree(&found);
    for (size_t i = fpm->first; i < fpm->pools->count; i++) {
        fpm->pools->items[i].ini_limit = ini.limit;
        fpm->pools->items[i].ini_error_log = ini.error_log;
    }
}

/* error_log of [global] in BYTES, FPM's main file. */
static const char *global_log(struct wpb_slice bytes, struct wpb_arena *arena)
{
    struct ini_reader reader = {.rest = bytes};
    struct ini_line line;
    const char *log = "";
    bool is_global = false;

    while (next_line(&reader, &line)) {
        if (line.is_section)
            is_global = wpb_slice_is(line.key, "global");
        else if (is_global && line.index.len == 0 && wpb_slice_is(line.key, "error_log"))
            log = wpb_arena_cstr(arena, line.value);
    }
    return log;
}

/* What FPM itself adds to the pools it read, by its main file MASTER, which has BYTES. */
static void read_as(const struct fpm *fpm, const char *master, struct wpb_slice bytes,
                    const char *prefix)
{
    const char *log = global_log(bytes, fpm->arena);

    for (size_t i = fpm->first; i < fpm->pools->count; i++) {
        fpm->pools->items[i].fpm_log = log;
        fpm->pools->items[i].master = wpb_arena_printf(fpm->arena, "%s", master);
        fpm->pools->items[i].fpm_prefix = wpb_arena_printf(fpm->arena, "%s", prefix);
    }
}

static void read_layout(const struct fpm *base, size_t layout, const char *version)
{
    struct fpm fpm = *base;
    struct wpb_slice bytes = {NULL, 0};
    const char *master = fill(fpm.arena, fpm.root, layouts[layout].master, version);

    fpm.first = fpm.pools->count;
    fpm.php_version = version_number(version);
    if (wpb_file_read(master, WPB_FILE_CONFIG_MAX, WPB_FILE_ANY_OWNER, false, fpm.scratch,
                      &bytes, NULL, NULL) == 0) {
        parse_from(master, bytes, fpm.php_version, fpm.arena, fpm.pools, fpm.first);
        read_includes(&fpm, layouts[layout].prefix, bytes);
    } else {
        read_pool_files(&fpm, fill(fpm.arena, fpm.root, layouts[layout].pools, version));
    }
    read_as(&fpm, master + strlen(fpm.root), bytes, layouts[layout].prefix);
    if (fpm.pools->count > fpm.first)
        read_ini(&fpm, layout, version);
}

/* The Debian layout, once for each PHP version. */
static void read_versions(const struct fpm *base, size_t layout)
{
    glob_t found = {.gl_pathc = 0};
    size_t count = each_file(
        wpb_arena_printf(base->scratch, "%s/etc/php/*/fpm", base->root), &found);

    for (size_t i = 0; i < count; i++) {
        const char *folder = wpb_path_parent(base->scratch, found.gl_pathv[i]);
        read_layout(base, layout, wpb_path_name(folder));
    }
    globfree(&found);
}

void wpb_pools_read(const char *root, struct wpb_arena *arena, struct wpb_pools *pools)
{
    struct fpm fpm = {.root = root,
                      .arena = arena,
                      .scratch = wpb_arena_new(),
                      .pools = pools,
                      .owner = WPB_FILE_ANY_OWNER};

    pools->count = 0;
    for (size_t i = 0; fpm.scratch && i < sizeof layouts / sizeof layouts[0]; i++) {
        if (strchr(layouts[i].master, '*'))
            read_versions(&fpm, i);
        else
            read_layout(&fpm, i, "");
    }
    wpb_arena_free(fpm.scratch);
}

/* Where an FPM with this main file was likely built to live: above its etc. */
static const char *prefix_of(const char *master, struct wpb_arena *arena)
{
    const char *etc = strstr(master, "/etc/");
    if (!etc || etc == master)
        return "/usr";
    return wpb_arena_cstr(arena, wpb_slice_of(master, (size_t)(etc - master)));
}

int wpb_pools_read_master(const char *root, const char *master, uid_t owner,
                          struct wpb_arena *arena, struct wpb_pools *pools,
                          struct wpb_err *err)
{
    struct fpm fpm = {.root = root,
                      .arena = arena,
                      .scratch = wpb_arena_new(),
                      .pools = pools,
                      .first = pools->count,
                      .owner = owner};
    const char *file = wpb_arena_printf(arena, "%s%s", root, master);
    const char *prefix = prefix_of(master, arena);
    struct wpb_slice bytes;
    int result;

    if (!fpm.scratch)
        return wpb_err_set(err, WPB_E_MEMORY, "pool files", "no memory to read %s", file);
    result = wpb_file_read(file, WPB_FILE_CONFIG_MAX, owner, false, fpm.scratch, &bytes,
                           NULL, err);
    if (result == 0) {
        parse_from(file, bytes, 0, arena, pools, fpm.first);
        read_includes(&fpm, prefix, bytes);
        read_as(&fpm, master, bytes, prefix);
    }
    wpb_arena_free(fpm.scratch);
    return result;
}

/* --- which pool serves a site --- */

/* How many bytes of FOLDER lead to PATH: all of it, or none. */
static size_t leads_to(const char *folder, const char *path)
{
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    if (len < 2 || strncmp(folder, path, len) != 0)
        return 0;
    return path[len] == '/' || path[len] == '\0' ? len : 0;
}

static size_t pool_leads_to(const struct wpb_pool *pool, const char *path)
{
    size_t by_chdir = leads_to(pool->chdir, path),
           by_prefix = leads_to(pool->prefix, path);
    return by_chdir > by_prefix ? by_chdir : by_prefix;
}

size_t wpb_pools_match(const struct wpb_pools *pools, const char *path, const char *owner,
                       const struct wpb_pool **matches)
{
    size_t count = 0, longest = 0;

    for (size_t i = 0; i < pools->count; i++) {
        size_t len = pool_leads_to(&pools->items[i], path);
        longest = len > longest ? len : longest;
    }
    for (size_t i = 0; longest && i < pools->count; i++) {
        if (pool_leads_to(&pools->items[i], path) == longest)
            matches[count++] = &pools->items[i];
    }
    for (size_t i = 0; !longest && *owner && i < pools->count; i++) {
        if (strcmp(pools->items[i].user, owner) == 0)
            matches[count++] = &pools->items[i];
    }
    for (size_t i = 0; !longest && !count && i < pools->count; i++)
        matches[i] = &pools->items[i];
    return count ? count : pools->count;
}
