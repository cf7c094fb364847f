#include "probes/wordpress/dropin.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "probes/wordpress/file.h"
#include "probes/wordpress/path.h"

#define FILE_NAME "object-cache.php"
#define VERSION_MAX 32

/* What the head of each drop-in says; the first row whose texts all occur wins. */
static const struct {
    enum wpb_flavour flavour;
    struct wpb_slice first, second;
} marks[] = {
    {WPB_FLAVOUR_REDIS_CACHE, WPB_SLICE("Plugin Name: Redis Object Cache Drop-In"),
     WPB_SLICE("")},
    {WPB_FLAVOUR_OBJECT_CACHE_PRO, WPB_SLICE("Object Cache Pro"), WPB_SLICE("")},
    {WPB_FLAVOUR_OBJECT_CACHE_PRO, WPB_SLICE("RedisCachePro"), WPB_SLICE("")},
    {WPB_FLAVOUR_W3TC, WPB_SLICE("W3 Total Cache Object Cache"), WPB_SLICE("")},
    {WPB_FLAVOUR_W3TC, WPB_SLICE("ObjectCache Version:"), WPB_SLICE("W3TC")},
    {WPB_FLAVOUR_LITESPEED, WPB_SLICE("LiteSpeed Cache - Object Cache"), WPB_SLICE("")},
    {WPB_FLAVOUR_LITESPEED, WPB_SLICE("LSCWP_OBJECT_CACHE"), WPB_SLICE("")},
    {WPB_FLAVOUR_DOCKET, WPB_SLICE("Docket Cache Drop-in"), WPB_SLICE("")},
    {WPB_FLAVOUR_DOCKET, WPB_SLICE("Docket Cache Drop-In"), WPB_SLICE("")},
    {WPB_FLAVOUR_WP_REDIS, WPB_SLICE("* WP Redis"), WPB_SLICE("")},
    {WPB_FLAVOUR_WP_REDIS, WPB_SLICE("needs to be symlinked or copied"),
     WPB_SLICE("Redis")},
};

#define MARKS (sizeof marks / sizeof marks[0])

static struct wpb_slice find(struct wpb_slice bytes, struct wpb_slice text)
{
    const char *at =
        bytes.len ? memmem(bytes.data, bytes.len, text.data, text.len) : NULL;
    return at ? wpb_slice_skip(bytes, (size_t)(at - bytes.data)) : wpb_slice_of(NULL, 0);
}

static const char *version_of(struct wpb_slice head, struct wpb_arena *arena)
{
    static const struct wpb_slice label = WPB_SLICE("Version:");
    struct wpb_slice rest = find(head, label);
    size_t len = 0;

    rest = wpb_slice_skip(rest, label.len);
    while (rest.len && (rest.data[0] == ' ' || rest.data[0] == '\t'))
        rest = wpb_slice_skip(rest, 1);
    while (len < rest.len && len < VERSION_MAX &&
           (isalnum((unsigned char)rest.data[len]) || strchr(".-_+", rest.data[len])))
        len++;
    return wpb_arena_cstr(arena, wpb_slice_head(rest, len));
}

void wpb_dropin_recognise(struct wpb_slice head, struct wpb_arena *arena,
                          struct wpb_dropin *dropin)
{
    head = wpb_slice_head(head, WPB_DROPIN_HEAD_MAX);
    dropin->flavour = WPB_FLAVOUR_UNKNOWN;
    dropin->version = "";
    for (size_t i = 0; i < MARKS; i++) {
        if (!find(head, marks[i].first).data || !find(head, marks[i].second).data)
            continue;
        dropin->flavour = marks[i].flavour;
        dropin->version = version_of(head, arena);
        return;
    }
}

/* The path in a stub's `require ... '.../object-cache.php'`: the last quoted text of
 * the head that names such a file. What stands before it (WP_PLUGIN_DIR, __DIR__) is
 * one of two folders, so both are tried. */
static struct wpb_slice stub_target(struct wpb_slice head)
{
    static const struct wpb_slice word = WPB_SLICE("require");
    static const struct wpb_slice ending = WPB_SLICE(".php");
    struct wpb_slice rest = find(head, word), target = {NULL, 0};
    size_t at = 0;

    while (at < rest.len) {
        char quote = rest.data[at];
        if (quote != '\'' && quote != '"') {
            at++;
            continue;
        }
        struct wpb_slice text = wpb_slice_skip(rest, at + 1);
        const char *end = text.len ? memchr(text.data, quote, text.len) : NULL;
        if (!end)
            break;
        text.len = (size_t)(end - text.data);
        if (wpb_slice_ends(text, ending) && !memchr(text.data, '\n', text.len))
            target = text;
        at += text.len + 2;
    }
    return target;
}

static void follow_stub(const char *content_dir, struct wpb_slice head,
                        struct wpb_arena *arena, struct wpb_dropin *dropin)
{
    struct wpb_slice target = stub_target(head);
    if (!target.data || target.len > 512)
        return;
    const char *name = wpb_arena_cstr(arena, target);
    const char *const candidates[] = {
        name,
        wpb_path_join(arena, content_dir, name),
        wpb_path_join(arena, wpb_path_join(arena, content_dir, "plugins"), name),
        wpb_path_join(arena, wpb_path_join(arena, content_dir, "mu-plugins"), name),
    };
    size_t first = name[0] == '/' ? 0 : 1;
    for (size_t i = first; i < sizeof candidates / sizeof candidates[0]; i++) {
        struct wpb_slice body;
        if (wpb_file_head(candidates[i], WPB_DROPIN_HEAD_MAX, arena, &body, NULL) == 0) {
            wpb_dropin_recognise(body, arena, dropin);
            return;
        }
    }
}

int wpb_dropin_read(const char *content_dir, struct wpb_arena *arena,
                    struct wpb_dropin *dropin, struct wpb_err *err)
{
    const char *path = wpb_path_join(arena, content_dir, FILE_NAME);
    struct wpb_slice head;
    struct stat status;

    dropin->flavour = WPB_FLAVOUR_UNKNOWN;
    dropin->version = "";
    /* Not stat(): a link that leads nowhere is no absent drop-in, but a broken one. */
    if (lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        dropin->flavour = WPB_FLAVOUR_NONE;
        return 0;
    }
    if (wpb_file_head(path, WPB_DROPIN_HEAD_MAX, arena, &head, err))
        return -1;
    wpb_dropin_recognise(head, arena, dropin);
    if (dropin->flavour == WPB_FLAVOUR_UNKNOWN)
        follow_stub(content_dir, head, arena, dropin);
    return 0;
}
