#include "probes/wordpress/source_search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "probes/wordpress/source_listing.h"
#include "probes/wordpress/source_match.h"

const struct wpb_source_limits wpb_source_limits_default = {
    .files = 20000,
    .total_bytes = 256u << 20,
    .file_bytes = 4u << 20,
    .depth = 12,
};

/* Folders below a component in which code is not the site's own, or does not run. */
static const char *const secondary_folders[] = {
    "vendor", "vendors", "node_modules", "test", "tests",    "languages",
    "lang",   "i18n",    "docs",         "doc",  "examples", "stubs",
};

/* Drop-ins that hold every name because they are the cache. */
static const char *const cache_drop_ins[] = {"object-cache.php", "advanced-cache.php"};

/* Worth of a match among those of equal length. Production code outranks what is
 * shipped beside it, except where it only mentions what the other calls. */
static const int worth_of_use[] = {
    [WPB_SOURCE_COMMENT] = 5, [WPB_SOURCE_MENTION] = 20, [WPB_SOURCE_STRING] = 40,
    [WPB_SOURCE_METHOD] = 45, [WPB_SOURCE_WRITE] = 50,   [WPB_SOURCE_READ] = 60,
};
#define SECONDARY_PENALTY 25

/* Sorts of matches: where strings hold the name, identifiers that do too and comments
 * add nothing to who asks for it, so they are neither shown nor counted. */
enum sort { STRINGS, MENTIONS, COMMENTS, SORTS };

/* The best match of its sort. */
struct candidate {
    size_t len;
    int worth;
    uint64_t matches; /* of this length */
    struct wpb_source_found found;
};

struct target {
    bool is_searched;
    struct wpb_source_literal literal;
    struct candidate best[SORTS];
};

struct search {
    const struct wpb_source_folders *folders;
    const struct wpb_source_limits *limits;
    const atomic_bool *cancel;
    struct wpb_arena *arena;
    struct wpb_source_result *result;
    struct target *targets;
    size_t count;
    char *bytes; /* of the file at hand */
    size_t capacity;
    char path[PATH_MAX]; /* of the file or folder at hand */
    size_t path_len;
    const char *component_kind; /* "plugin" */
    char component[NAME_MAX + 16];
    bool is_secondary;
    struct target *target; /* whose matches are being visited */
};

static bool is_stopped(struct search *search)
{
    struct wpb_source_result *result = search->result;
    if (*result->stopped)
        return true;
    if (search->cancel && atomic_load(search->cancel))
        result->stopped = "it was cancelled";
    else if (search->limits->until_ms &&
             wpb_clock_monotonic_ms() >= search->limits->until_ms)
        result->stopped = "its time was over";
    else if (result->files >= search->limits->files)
        result->stopped = "the limit of files was reached";
    else if (result->bytes >= search->limits->total_bytes)
        result->stopped = "the limit of bytes was reached";
    return *result->stopped != '\0';
}

static void note_unreadable(struct search *search, int errnum)
{
    if (search->result->unreadable++ == 0)
        search->result->unreadable_example =
            wpb_arena_printf(search->arena, "%s: %s", search->path, strerror(errnum));
}

/* Append "/NAME" to the path; false when it does not fit. */
static bool enter(struct search *search, const char *name)
{
    size_t len = strlen(name);
    if (search->path_len + 1 + len >= sizeof search->path) {
        note_unreadable(search, ENAMETOOLONG);
        return false;
    }
    search->path[search->path_len] = '/';
    memcpy(search->path + search->path_len + 1, name, len + 1);
    search->path_len += 1 + len;
    return true;
}

static void leave(struct search *search, size_t path_len)
{
    search->path_len = path_len;
    search->path[path_len] = '\0';
}

/* ---- one file ---- */

static struct wpb_slice shown_path(const struct search *search)
{
    struct wpb_slice path = wpb_slice_of(search->path, search->path_len);
    struct wpb_slice site = wpb_slice_cstr(search->folders->site_path);
    while (site.len > 0 && site.data[site.len - 1] == '/')
        site.len--;
    if (site.len > 0 && wpb_slice_starts(path, site) && path.len > site.len &&
        path.data[site.len] == '/')
        return wpb_slice_skip(path, site.len + 1);
    return path;
}

static enum sort sort_of(enum wpb_source_use use)
{
    if (use == WPB_SOURCE_COMMENT)
        return COMMENTS;
    return use == WPB_SOURCE_MENTION ? MENTIONS : STRINGS;
}

static void visit_match(void *cookie, const struct wpb_source_match *match)
{
    struct search *search = cookie;
    struct target *target = search->target;
    struct candidate *best = &target->best[sort_of(match->use)];
    int worth = worth_of_use[match->use] - (search->is_secondary ? SECONDARY_PENALTY : 0);

    if (match->len < best->len)
        return;
    if (match->len > best->len)
        *best = (struct candidate){.len = match->len, .worth = INT_MIN};
    best->matches++;
    if (worth <= best->worth)
        return;
    best->worth = worth;
    best->found = (struct wpb_source_found){
        .is_whole = match->len == target->literal.text.len,
        .component = wpb_arena_copy(search->arena, wpb_slice_cstr(search->component)),
        .file = wpb_arena_copy(search->arena, shown_path(search)),
        .line = match->line,
        .excerpt = wpb_arena_copy(search->arena, match->excerpt),
    };
}

/* Room for SIZE bytes. A file is read as it is found, never mapped: it may shrink. */
static bool reserve(struct search *search, size_t size)
{
    if (size <= search->capacity)
        return true;
    char *bytes = realloc(search->bytes, size);
    if (!bytes)
        return false;
    search->bytes = bytes;
    search->capacity = size;
    return true;
}

/* Read FD into search->bytes; its length, or -1 with errno. */
static ssize_t read_file(struct search *search, int fd, size_t size)
{
    size_t len = 0;
    if (!reserve(search, size + 1)) {
        errno = ENOMEM;
        return -1;
    }
    while (len < size) {
        ssize_t got = read(fd, search->bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static void scan_bytes(struct search *search, struct wpb_slice code)
{
    for (size_t i = 0; i < search->count; i++) {
        search->target = &search->targets[i];
        if (search->target->is_searched)
            wpb_source_scan(code, &search->target->literal, visit_match, search);
    }
}

/* The file at search->path, open at FD. */
static void search_open_file(struct search *search, int fd)
{
    struct stat status;
    struct wpb_source_result *result = search->result;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    uint64_t size = (uint64_t)status.st_size;
    if (size > search->limits->file_bytes) {
        size = search->limits->file_bytes;
        result->cut++;
    }
    if (size > search->limits->total_bytes - result->bytes)
        size = search->limits->total_bytes - result->bytes;
    ssize_t len = read_file(search, fd, (size_t)size);
    if (len < 0) {
        note_unreadable(search, errno);
        return;
    }
    result->files++;
    result->bytes += (uint64_t)len;
    scan_bytes(search, wpb_slice_of(search->bytes, (size_t)len));
}

/* Open NAME in FOLDER, known to be a regular file a moment ago: it may have become
 * something else, which O_NONBLOCK keeps from hanging us. -1 when it cannot be. */
static int open_file(struct search *search, int folder, const char *name, int flags)
{
    int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
    if (fd < 0)
        note_unreadable(search, errno);
    return fd;
}

static void search_file(struct search *search, int folder, const char *name)
{
    int fd = open_file(search, folder, name, O_NOFOLLOW);
    if (fd < 0)
        return;
    search_open_file(search, fd);
    close(fd);
}

/* ---- folders ---- */

static bool is_source_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcasecmp(dot, ".php") == 0 || strcasecmp(dot, ".inc") == 0);
}

static bool is_secondary_name(const char *name)
{
    for (size_t i = 0; i < sizeof secondary_folders / sizeof secondary_folders[0]; i++) {
        if (strcasecmp(name, secondary_folders[i]) == 0)
            return true;
    }
    return false;
}

static bool is_version_control(const char *name)
{
    return strcmp(name, ".git") == 0 || strcmp(name, ".svn") == 0;
}

static void search_folder(struct search *search, int folder, unsigned depth);

/* Open NAME in FOLDER and search below it. */
static void descend(struct search *search, int folder, const char *name, unsigned depth)
{
    if (depth > search->limits->depth) {
        search->result->deep++;
        return;
    }
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        note_unreadable(search, errno);
        return;
    }
    search_folder(search, fd, depth);
    close(fd);
}

/* Below the top of a component: NAME of FOLDER, of a type known or looked up. */
static void search_entry(struct search *search, int folder,
                         const struct wpb_source_entry *entry, unsigned depth)
{
    bool was_secondary = search->is_secondary;
    size_t path_len = search->path_len;
    unsigned char type = entry->type;
    if (type == DT_UNKNOWN)
        type = wpb_source_type(folder, entry->name, AT_SYMLINK_NOFOLLOW);
    bool is_source = is_source_name(entry->name);

    if (type == DT_DIR && !is_version_control(entry->name)) {
        if (!enter(search, entry->name))
            return;
        search->is_secondary =
            was_secondary || (depth > 0 && is_secondary_name(entry->name));
        descend(search, folder, entry->name, depth + 1);
        search->is_secondary = was_secondary;
        leave(search, path_len);
    } else if (type == DT_REG && is_source) {
        if (!enter(search, entry->name))
            return;
        search_file(search, folder, entry->name);
        leave(search, path_len);
    } else if (type == DT_LNK &&
               (is_source || wpb_source_type(folder, entry->name, 0) == DT_DIR)) {
        search->result->links++;
    }
}

static void search_folder(struct search *search, int folder, unsigned depth)
{
    struct wpb_source_listing listing;
    if (wpb_source_listing_init(&listing, folder) != 0)
        note_unreadable(search, errno);
    for (size_t i = 0; i < listing.count && !is_stopped(search); i++)
        search_entry(search, folder, &listing.entries[i], depth);
    wpb_source_listing_fini(&listing);
}

/* ---- components ---- */

/* "plugin:kestrel-pricing", "plugin:hello" of hello.php, "mu-plugin:hello.php". */
static void name_component(struct search *search, const char *name)
{
    size_t len = strlen(name);
    bool is_named_by_file = strcmp(search->component_kind, "mu-plugin") == 0 ||
                            strcmp(search->component_kind, "drop-in") == 0;
    if (is_source_name(name) && !is_named_by_file)
        len = (size_t)(strrchr(name, '.') - name);
    snprintf(search->component, sizeof search->component, "%s:%.*s",
             search->component_kind, (int)len, name);
}

/* The name the kernel has for what is open at FD; "" when it does not say. */
static void name_of_open(int fd, char name[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, name, PATH_MAX - 1);
    name[len < 0 ? 0 : len] = '\0';
}

static bool is_below(const char *inner, const char *outer)
{
    size_t len = strlen(outer);
    return len > 1 && strncmp(inner, outer, len) == 0 && inner[len] == '/';
}

static bool is_within_site(const struct search *search, const char *inner)
{
    char outer[PATH_MAX];
    const char *const allowed[] = {search->folders->site_path,
                                   search->folders->content_dir};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (*allowed[i] && realpath(allowed[i], outer) && is_below(inner, outer))
            return true;
    }
    return false;
}

/* A plugin or theme that is a link: Debian and Composer layouts have them. It is
 * followed where it stays within the site, unless it is found under its own name
 * anyway. It is opened first and asked for its name then, so that exchanging the
 * link meanwhile gains nothing. */
static void search_linked(struct search *search, int folder, const char *name)
{
    char inner[PATH_MAX], parent[PATH_MAX];
    unsigned char type = wpb_source_type(folder, name, 0);
    int fd;
    if (type == DT_DIR) {
        fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            note_unreadable(search, errno);
    } else if (type == DT_REG && is_source_name(name)) {
        fd = open_file(search, folder, name, 0);
    } else {
        return;
    }
    if (fd < 0)
        return;
    name_of_open(fd, inner);
    name_of_open(folder, parent);
    bool is_found_anyway = is_below(inner, parent) || strcmp(inner, parent) == 0;
    if (!is_within_site(search, inner))
        search->result->links++;
    else if (!is_found_anyway && type == DT_DIR)
        search_folder(search, fd, 1);
    else if (!is_found_anyway)
        search_open_file(search, fd);
    close(fd);
}

static void search_component(struct search *search, int folder,
                             const struct wpb_source_entry *entry)
{
    size_t path_len = search->path_len;
    unsigned char type = entry->type;
    if (type == DT_UNKNOWN)
        type = wpb_source_type(folder, entry->name, AT_SYMLINK_NOFOLLOW);
    name_component(search, entry->name);
    if (type != DT_LNK) {
        search_entry(search, folder, entry, 0);
    } else if (enter(search, entry->name)) {
        search_linked(search, folder, entry->name);
        leave(search, path_len);
    }
}

static bool is_drop_in(const struct wpb_source_entry *entry)
{
    if (!is_source_name(entry->name) || entry->type == DT_DIR)
        return false;
    for (size_t i = 0; i < sizeof cache_drop_ins / sizeof cache_drop_ins[0]; i++) {
        if (strcmp(entry->name, cache_drop_ins[i]) == 0)
            return false;
    }
    return true;
}

/* All components of KIND in the folder at PATH, which the configuration names: it
 * may be a link itself. */
static void search_components(struct search *search, const char *kind, const char *path)
{
    struct wpb_source_listing listing;
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len == 0 || len >= sizeof search->path || is_stopped(search))
        return;
    memcpy(search->path, path, len);
    leave(search, len);

    int folder = open(search->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        if (errno != ENOENT)
            note_unreadable(search, errno);
        return;
    }
    if (wpb_source_listing_init(&listing, folder) != 0)
        note_unreadable(search, errno);
    else
        search->result->folders++;
    bool is_content = strcmp(kind, "drop-in") == 0;
    search->component_kind = kind;
    for (size_t i = 0; i < listing.count && !is_stopped(search); i++) {
        if (!is_content || is_drop_in(&listing.entries[i]))
            search_component(search, folder, &listing.entries[i]);
    }
    wpb_source_listing_fini(&listing);
    close(folder);
}

/* ---- the whole ---- */

static struct wpb_source_found chosen(const struct target *target)
{
    int sort = STRINGS;
    while (sort < COMMENTS && target->best[sort].matches == 0)
        sort++;
    struct wpb_source_found found = target->best[sort].found;
    found.matches = target->best[sort].matches;
    return found;
}

void wpb_source_search(const struct wpb_source_folders *folders,
                       const struct wpb_slice *literals, size_t count,
                       const struct wpb_source_limits *limits, const atomic_bool *cancel,
                       struct wpb_arena *arena, struct wpb_source_result *result)
{
    *result = (struct wpb_source_result){.unreadable_example = "", .stopped = ""};
    if (count > WPB_SOURCE_LITERALS_MAX)
        count = WPB_SOURCE_LITERALS_MAX;
    struct search *search = wpb_arena_alloc(arena, sizeof *search);
    *search = (struct search){.folders = folders,
                              .limits = limits,
                              .cancel = cancel,
                              .arena = arena,
                              .result = result,
                              .count = count};
    search->targets = wpb_arena_alloc(arena, count * sizeof *search->targets + 1);
    for (size_t i = 0; i < count; i++)
        search->targets[i].is_searched =
            wpb_source_literal_init(&search->targets[i].literal, literals[i]);

    search_components(search, "mu-plugin", folders->mu_plugin_dir);
    search_components(search, "plugin", folders->plugin_dir);
    search_components(search, "theme", folders->theme_dir);
    search_components(search, "drop-in", folders->content_dir);

    for (size_t i = 0; i < count; i++)
        result->found[i] = chosen(&search->targets[i]);
    free(search->bytes);
}

bool wpb_source_is_complete(const struct wpb_source_result *result)
{
    return result->folders > 0 && result->unreadable == 0 && result->links == 0 &&
           result->cut == 0 && result->deep == 0 && !*result->stopped;
}

/* A clause of the sentence that began at BEGIN, when COUNT is not 0. */
static void add_clause(struct wpb_buf *out, size_t begin, uint64_t count,
                       const char *of_one, const char *of_many)
{
    if (count == 0)
        return;
    if (out->len > begin)
        wpb_buf_text(out, "; ");
    wpb_buf_printf(out, "%llu %s", (unsigned long long)count,
                   count == 1 ? of_one : of_many);
}

void wpb_source_explain(const struct wpb_source_result *result, struct wpb_buf *out)
{
    size_t begin = out->len;
    if (*result->stopped)
        wpb_buf_printf(out, "stopped after %llu files, because %s",
                       (unsigned long long)result->files, result->stopped);
    add_clause(out, begin, result->unreadable, "file or folder could not be read",
               "files or folders could not be read");
    if (result->unreadable)
        wpb_buf_printf(out,
                       " (%s): run as root or as a user that may read the site's code",
                       result->unreadable_example);
    add_clause(out, begin, result->links, "symbolic link was not followed",
               "symbolic links were not followed");
    add_clause(out, begin, result->cut, "large file was read in part",
               "large files were read in part");
    add_clause(out, begin, result->deep, "folder lies too deep", "folders lie too deep");
    if (result->folders == 0 && out->len == begin)
        wpb_buf_text(out, "the site has no folder of plugins or themes");
}
