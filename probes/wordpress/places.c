#include "probes/wordpress/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/wordpress/file.h"
#include "probes/wordpress/path.h"

#define DEPTH_MAX 5      /* /srv/www/example.com/current/web/wp is 4 below /srv/www */
#define FOLDERS_MAX 8192 /* of one discovery */
#define ENTRIES_MAX 4096 /* read of one folder */
#define NAMES_MAX 200000 /* kept of all folders */
#define CONFIG_HEAD_MAX ((size_t)16384)

const char wpb_places_usual[] =
    "/var/www, /srv/www, /home/*/{public_html,www,htdocs,domains}, "
    "/usr/share/nginx/html, "
    "/opt/bitnami/wordpress, /usr/share/wordpress, /etc/wordpress";

static const char *const usual_places[] = {
    "/var/www", "/srv/www", "/usr/share/nginx/html", "/opt/bitnami/wordpress"};
static const char *const home_folders[] = {"public_html", "www", "htdocs", "domains"};

static const char debian_code[] = "/usr/share/wordpress";
static const char debian_hosts[] = "/etc/wordpress";
/* What Debian's wp-config.php says and others do not. */
static const struct wpb_slice debian_mark = WPB_SLICE("/etc/wordpress/config-");

/* Folders that hold no site, and many files. */
static const char *const skipped[] = {
    "wp-admin", "wp-includes", "wp-content", "node_modules", "vendor",
    "cache",    "uploads",     "releases",   "backup",       "backups"};

struct queued {
    const char *path;
    unsigned depth;
};

struct walk {
    const char *root;
    struct wpb_arena *arena;
    struct wpb_failure_list *failures;
    struct wpb_place_list *list;
    struct queued *queue;
    size_t head, tail;
    struct {
        dev_t device;
        ino_t inode;
    } * seen;
    size_t seen_count;
    size_t names;
};

/* --- what a folder is --- */

static bool is_regular(const char *folder, const char *name, struct wpb_arena *arena)
{
    struct stat status;
    return stat(wpb_path_join(arena, folder, name), &status) == 0 &&
           S_ISREG(status.st_mode);
}

static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool is_code(const char *folder, struct wpb_arena *arena)
{
    return is_regular(folder, "wp-load.php", arena) ||
           is_regular(folder, "wp-includes/version.php", arena);
}

/* As wp-load.php: beside the code, or one above unless that is another WordPress. ""
 * when there is none. Not only regular files: what stands there is what PHP takes. */
static const char *config_of(const char *code, struct wpb_arena *arena)
{
    const char *own = wpb_path_join(arena, code, "wp-config.php");
    if (is_there(own))
        return own;
    const char *parent = wpb_path_parent(arena, code);
    const char *above = wpb_path_join(arena, parent, "wp-config.php");
    if (is_there(above) && !is_there(wpb_path_join(arena, parent, "wp-settings.php")))
        return above;
    return "";
}

/* True when PATH, or what it links to, has not been met before. */
static bool is_new(struct walk *walk, const char *path, bool *is_folder)
{
    struct stat status;
    *is_folder = false;
    if (stat(path, &status) != 0)
        return false;
    *is_folder = S_ISDIR(status.st_mode);
    for (size_t i = 0; i < walk->seen_count; i++) {
        if (walk->seen[i].device == status.st_dev && walk->seen[i].inode == status.st_ino)
            return false;
    }
    if (walk->seen_count == FOLDERS_MAX)
        return false;
    walk->seen[walk->seen_count].device = status.st_dev;
    walk->seen[walk->seen_count++].inode = status.st_ino;
    return true;
}

/* --- adding places --- */

static void add(struct walk *walk, const char *code, const char *config, const char *host)
{
    struct wpb_place_list *list = walk->list;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].config_file, config) == 0 &&
            strcmp(list->items[i].code_dir, code) == 0 &&
            strcmp(list->items[i].host_file, host) == 0)
            return;
    }
    if (list->count < WPB_PLACES_MAX)
        list->items[list->count++] = (struct wpb_place){code, config, host};
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool may_be_folder(const struct dirent *entry)
{
    return entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
           entry->d_type == DT_UNKNOWN;
}

/* The names in FOLDER, sorted, "." and ".." left out; with FOLDERS_ONLY those that may
 * be folders. NULL and errno when it cannot be read. */
static const char **names_in(struct walk *walk, const char *folder, bool folders_only,
                             size_t *count)
{
    /* A FIFO or a device under that name must not be waited for. */
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    size_t capacity = 32;
    struct dirent *entry;

    *count = 0;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    const char **names = wpb_arena_alloc(walk->arena, capacity * sizeof(*names));
    for (size_t i = 0; i < ENTRIES_MAX && (entry = readdir(dir)); i++) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (folders_only && !may_be_folder(entry)) || walk->names == NAMES_MAX)
            continue;
        if (*count == capacity) {
            const char **larger =
                wpb_arena_alloc(walk->arena, 2 * capacity * sizeof(*larger));
            memcpy(larger, names, capacity * sizeof(*larger));
            names = larger;
            capacity *= 2;
        }
        names[(*count)++] = wpb_arena_printf(walk->arena, "%s", name);
        walk->names++;
    }
    closedir(dir);
    qsort(names, *count, sizeof(*names), compare_names);
    return names;
}

/* Debian's hosts: one site for each config-HOST.php. */
static void add_hosts(struct walk *walk, const char *code, const char *config)
{
    static const struct wpb_slice head = WPB_SLICE("config-"), tail = WPB_SLICE(".php");
    const char *folder = wpb_arena_printf(walk->arena, "%s%s", walk->root, debian_hosts);
    size_t count, hosts = 0;
    bool is_folder;
    const char **names = names_in(walk, folder, false, &count);

    if (!names && errno == EACCES) {
        wpb_failure_add(walk->failures, folder,
                        "listing it: Permission denied; run as root to see its sites");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct wpb_slice name = wpb_slice_cstr(names[i]);
        const char *path = wpb_path_join(walk->arena, folder, names[i]);
        if (!wpb_slice_starts(name, head) || !wpb_slice_ends(name, tail))
            continue;
        hosts++;
        if (is_new(walk, path, &is_folder) && !is_folder)
            add(walk, code, config, path);
    }
    if (hosts == 0)
        wpb_failure_add(walk->failures, config,
                        "Debian's WordPress is installed but has no site: looked for "
                        "/etc/wordpress/config-HOST.php, there is none; nothing to do "
                        "when it is not used");
}

static bool is_debian(const char *config, struct wpb_arena *arena)
{
    struct wpb_slice head;
    return wpb_file_head(config, CONFIG_HEAD_MAX, arena, &head, NULL) == 0 && head.len &&
           memmem(head.data, head.len, debian_mark.data, debian_mark.len);
}

static void add_code(struct walk *walk, const char *code)
{
    const char *config = config_of(code, walk->arena);
    if (!*config)
        wpb_failure_add(walk->failures, code,
                        "it holds WordPress but no wp-config.php, nor does the folder "
                        "above; finish the installation, or give its wp-config.php");
    else if (is_debian(config, walk->arena))
        add_hosts(walk, code, config);
    else
        add(walk, code, config, "");
}

/* --- walking --- */

static bool is_skipped(const char *name)
{
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        if (strcmp(name, skipped[i]) == 0)
            return true;
    }
    return name[0] == '.';
}

static void enqueue(struct walk *walk, const char *path, unsigned depth)
{
    bool is_folder;
    if (walk->tail < FOLDERS_MAX && is_new(walk, path, &is_folder) && is_folder)
        walk->queue[walk->tail++] = (struct queued){path, depth};
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void visit(struct walk *walk, const char *folder, unsigned depth)
{
    size_t count;
    if (is_code(folder, walk->arena))
        add_code(walk, folder);
    if (depth == DEPTH_MAX)
        return;
    const char **names = names_in(walk, folder, true, &count);
    if (!names && errno == EACCES)
        wpb_failure_add(walk->failures, folder,
                        "listing it: Permission denied; run as root, or as a user who "
                        "may read it");
    /* Deployments keep old copies in releases/, and link current to the newest. */
    bool has_current = has_name(names, count, "current");
    for (size_t i = 0; i < count; i++) {
        bool is_release = strcmp(names[i], "releases") == 0;
        if (is_skipped(names[i]) && !(is_release && !has_current))
            continue;
        enqueue(walk, wpb_path_join(walk->arena, folder, names[i]), depth + 1);
    }
}

static void walk_below(struct walk *walk, const char *folder)
{
    walk->head = walk->tail = 0;
    enqueue(walk, folder, 0);
    while (walk->head < walk->tail) {
        struct queued next = walk->queue[walk->head++];
        visit(walk, next.path, next.depth);
    }
}

static void find_usual(struct walk *walk)
{
    struct wpb_arena *arena = walk->arena;
    const char *home = wpb_arena_printf(arena, "%s/home", walk->root);
    size_t count;

    for (size_t i = 0; i < sizeof usual_places / sizeof usual_places[0]; i++)
        walk_below(walk, wpb_arena_printf(arena, "%s%s", walk->root, usual_places[i]));
    const char **users = names_in(walk, home, true, &count);
    for (size_t i = 0; users && i < count; i++) {
        const char *folder = wpb_path_join(arena, home, users[i]);
        for (size_t j = 0; j < sizeof home_folders / sizeof home_folders[0]; j++)
            walk_below(walk, wpb_path_join(arena, folder, home_folders[j]));
    }
    const char *debian = wpb_arena_printf(arena, "%s%s", walk->root, debian_code);
    if (is_code(debian, arena))
        add_code(walk, debian);
}

/* --- paths that were given --- */

/* A WordPress in a folder of FOLDER that has no configuration of its own, so that one
 * in FOLDER is its. "" when there is none. */
static const char *code_below(struct walk *walk, const char *folder)
{
    struct wpb_arena *arena = walk->arena;
    size_t count;
    const char **names = names_in(walk, folder, true, &count);
    for (size_t i = 0; names && i < count; i++) {
        const char *inner = wpb_path_join(arena, folder, names[i]);
        if (is_code(inner, arena) &&
            !is_there(wpb_path_join(arena, inner, "wp-config.php")))
            return inner;
    }
    return "";
}

/* A configuration file, whatever stands under its name. */
static void given_config(struct walk *walk, const char *config)
{
    const char *folder = wpb_path_parent(walk->arena, config);
    const char *code = folder;
    if (!is_code(folder, walk->arena))
        code = code_below(walk, folder);
    if (*code && is_debian(config, walk->arena))
        add_hosts(walk, code, config);
    else
        add(walk, *code ? code : folder, config, "");
}

static void given_host(struct walk *walk, const char *file)
{
    const char *code = wpb_arena_printf(walk->arena, "%s%s", walk->root, debian_code);
    add(walk, code, wpb_path_join(walk->arena, code, "wp-config.php"), file);
}

static bool is_host_file(const char *path, struct wpb_arena *arena)
{
    static const struct wpb_slice ending = WPB_SLICE("/etc/wordpress");
    return strncmp(wpb_path_name(path), "config-", 7) == 0 &&
           wpb_slice_ends(wpb_slice_cstr(wpb_path_parent(arena, path)), ending);
}

static void given_folder(struct walk *walk, const char *folder)
{
    size_t before = walk->list->count, failures = walk->failures->count;
    const char *config = wpb_path_join(walk->arena, folder, "wp-config.php");

    if (is_code(folder, walk->arena)) {
        add_code(walk, folder);
        return;
    }
    if (is_there(config)) {
        given_config(walk, config);
        return;
    }
    walk_below(walk, folder);
    if (walk->list->count == before && walk->failures->count == failures)
        wpb_failure_add(walk->failures, folder,
                        "no WordPress in it: looked for wp-load.php five folders deep; "
                        "give the folder of wp-config.php");
}

static void given(struct walk *walk, const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        struct wpb_err err;
        wpb_err_errno(&err, errno, "wordpress", "looking at %s", path);
        wpb_failure_add_err(walk->failures, path, &err);
    } else if (strcmp(wpb_path_name(path), "wp-config.php") == 0) {
        given_config(walk, path);
    } else if (S_ISREG(status.st_mode) && is_host_file(path, walk->arena)) {
        given_host(walk, path);
    } else if (S_ISDIR(status.st_mode)) {
        given_folder(walk, path);
    } else {
        wpb_failure_add(walk->failures, path,
                        "it is neither a folder nor a wp-config.php; give one of these");
    }
}

static const char *absolute(const char *path, struct wpb_arena *arena)
{
    if (path[0] != '/') {
        char *here = getcwd(NULL, 0);
        path = wpb_path_join(arena, here ? here : "/", path);
        free(here);
    }
    return wpb_path_clean(arena, path);
}

void wpb_places_find(const char *root, const char *const *paths, struct wpb_arena *arena,
                     struct wpb_failure_list *failures, struct wpb_place_list *list)
{
    struct walk walk = {
        .root = root, .failures = failures, .list = list, .arena = wpb_arena_new()};

    list->count = 0;
    if (!walk.arena)
        return;
    walk.queue = wpb_arena_alloc(walk.arena, FOLDERS_MAX * sizeof(*walk.queue));
    walk.seen = wpb_arena_alloc(walk.arena, FOLDERS_MAX * sizeof(*walk.seen));
    if (!paths)
        find_usual(&walk);
    for (size_t i = 0; paths && paths[i]; i++)
        given(&walk, absolute(paths[i], walk.arena));
    for (size_t i = 0; i < list->count; i++) {
        struct wpb_place *place = &list->items[i];
        place->code_dir = wpb_arena_printf(arena, "%s", place->code_dir);
        place->config_file = wpb_arena_printf(arena, "%s", place->config_file);
        place->host_file = wpb_arena_printf(arena, "%s", place->host_file);
    }
    wpb_arena_free(walk.arena);
}
