#include "agent/command/explained.h"

#include <string.h>

static const char *type_name(enum wpb_php_type type)
{
    static const char *const names[] = {
        [WPB_PHP_NULL] = "null",     [WPB_PHP_BOOL] = "bool",
        [WPB_PHP_INT] = "int",       [WPB_PHP_FLOAT] = "float",
        [WPB_PHP_STRING] = "string", [WPB_PHP_ARRAY] = "array",
        [WPB_PHP_OBJECT] = "object", [WPB_PHP_CUSTOM] = "custom",
        [WPB_PHP_ENUM] = "enum",     [WPB_PHP_REFERENCE] = "reference"};

    return names[type];
}

void wpb_explained_examination(const struct wpb_examination *from,
                               struct wpb_arena *arena, struct wpb_explanation *to)
{
    struct wpb_explained_path *paths =
        wpb_arena_alloc(arena, (from->path_count + 1) * sizeof(*paths));
    struct wpb_family_cause *families =
        wpb_arena_alloc(arena, (from->family_count + 1) * sizeof(*families));

    char encoding[WPB_EXAMINE_ENCODING_MAX];
    wpb_examination_encoding(from, encoding);
    for (size_t i = 0; i < from->path_count; i++)
        paths[i] = (struct wpb_explained_path){
            .path = from->paths[i].path,
            .type = wpb_slice_cstr(type_name(from->paths[i].type)),
            .bytes = from->paths[i].bytes,
            .entries = from->paths[i].count};
    for (size_t i = 0; i < from->family_count; i++)
        families[i] = (struct wpb_family_cause){
            .template_name = from->families[i].template_name,
            .names = from->families[i].names,
            .share_ratio = (double)from->families[i].names / (double)from->family_names};
    *to = (struct wpb_explanation){
        .encoding = wpb_arena_copy(arena, wpb_slice_cstr(encoding)),
        .wrapper = wpb_slice_cstr(wpb_wrapper_name(from->wrapper)),
        .decoded_bytes = from->decoded_bytes,
        .value_bytes = from->value_bytes,
        .examined_bytes = from->examined_bytes,
        .has_entries = from->entries > 0,
        .entries = from->entries,
        .has_cost = from->has_cost,
        .php_value_bytes = from->cost.value_bytes,
        .php_read_peak_bytes = from->cost.read_peak_bytes,
        .php_rewrite_peak_bytes = from->cost.rewrite_peak_bytes,
        .provenance = from->cost.provenance,
        .paths = paths,
        .path_count = from->path_count,
        .families = families,
        .family_count = from->family_count,
        .flaw = wpb_arena_copy(arena, wpb_slice_cstr(from->flaw))};
}

static uint64_t count_of(const struct wpb_window *window, const struct wpb_subject *key,
                         enum wpb_metric metric)
{
    int64_t value = wpb_window_integer(window, key, metric, 0);

    return value < 0 ? 0 : (uint64_t)value;
}

static size_t children_of(const struct wpb_window *window, const struct wpb_subject *key,
                          enum wpb_subject_kind kind)
{
    size_t count = 0, cursor = 0;

    while (wpb_window_next(window, kind, key, &cursor))
        count++;
    return count;
}

static void take_paths(const struct wpb_window *window, const struct wpb_subject *key,
                       struct wpb_arena *arena, struct wpb_explanation *explanation)
{
    size_t count = children_of(window, key, WPB_SUBJECT_PATH), cursor = 0;
    struct wpb_explained_path *paths =
        wpb_arena_alloc(arena, (count + 1) * sizeof(*paths));
    const struct wpb_subject *path;

    explanation->paths = paths;
    while ((path = wpb_window_next(window, WPB_SUBJECT_PATH, key, &cursor)))
        paths[explanation->path_count++] = (struct wpb_explained_path){
            .path = path->name,
            .type = wpb_window_text(window, path, WPB_M_TYPE),
            .bytes = count_of(window, path, WPB_M_VALUE_BYTES),
            .entries = count_of(window, path, WPB_M_ENTRIES)};
}

static struct wpb_family_cause family_of(const struct wpb_window *window,
                                         const struct wpb_subject *family)
{
    const struct wpb_sample *share = wpb_window_get(window, family, WPB_M_SHARE_RATIO);
    const struct wpb_sample *matches =
        wpb_window_get(window, family, WPB_M_SOURCE_MATCHES);

    return (struct wpb_family_cause){
        .template_name = family->name,
        .names = count_of(window, family, WPB_M_NAMES),
        .share_ratio = share ? share->value.number : 0,
        .was_searched = matches != NULL,
        .has_source = wpb_window_get(window, family, WPB_M_SOURCE_FILE) != NULL,
        .component = wpb_window_text(window, family, WPB_M_SOURCE_COMPONENT),
        .file = wpb_window_text(window, family, WPB_M_SOURCE_FILE),
        .line = count_of(window, family, WPB_M_SOURCE_LINE),
        .excerpt = wpb_window_text(window, family, WPB_M_SOURCE_EXCERPT),
        .matches = matches ? (uint64_t)matches->value.integer : 0};
}

static void take_families(const struct wpb_window *window, const struct wpb_subject *key,
                          struct wpb_arena *arena, struct wpb_explanation *explanation)
{
    size_t count = children_of(window, key, WPB_SUBJECT_OPTION_FAMILY), cursor = 0;
    struct wpb_family_cause *families =
        wpb_arena_alloc(arena, (count + 1) * sizeof(*families));
    const struct wpb_subject *family;

    explanation->families = families;
    while ((family = wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, key, &cursor)))
        families[explanation->family_count++] = family_of(window, family);
}

int wpb_explained_key(const struct wpb_window *window, const struct wpb_subject *key,
                      struct wpb_arena *arena, struct wpb_explanation *to)
{
    const struct wpb_subject *found = wpb_window_find(window, key);
    const struct wpb_sample *cost, *ttl;

    if (!found || !wpb_window_get(window, found, WPB_M_EXAMINED_BYTES))
        return -1;
    cost = wpb_window_get(window, found, WPB_M_PHP_VALUE_BYTES);
    ttl = wpb_window_get(window, found, WPB_M_TTL_SECONDS);
    *to = (struct wpb_explanation){
        .kind = "redis_key",
        .scope = found->scope,
        .name = found->name,
        .encoding = wpb_window_text(window, found, WPB_M_ENCODING),
        .wrapper = wpb_window_text(window, found, WPB_M_WRAPPER),
        .decoded_bytes = count_of(window, found, WPB_M_DECODED_BYTES),
        .value_bytes = count_of(window, found, WPB_M_VALUE_BYTES),
        .examined_bytes = count_of(window, found, WPB_M_EXAMINED_BYTES),
        .has_memory_bytes = wpb_window_get(window, found, WPB_M_MEMORY_BYTES) != NULL,
        .memory_bytes = count_of(window, found, WPB_M_MEMORY_BYTES),
        .has_ttl = ttl != NULL,
        .ttl_seconds = ttl ? ttl->value.integer : 0,
        .has_entries = wpb_window_get(window, found, WPB_M_ENTRIES) != NULL,
        .entries = count_of(window, found, WPB_M_ENTRIES),
        .has_cost = cost != NULL,
        .php_version = wpb_window_site(window)->php_version
                           ? wpb_window_site(window)->php_version
                           : WPB_PHP_VERSION_MEASURED,
        .php_value_bytes = count_of(window, found, WPB_M_PHP_VALUE_BYTES),
        .php_read_peak_bytes = count_of(window, found, WPB_M_PHP_READ_PEAK_BYTES),
        .php_rewrite_peak_bytes = count_of(window, found, WPB_M_PHP_REWRITE_PEAK_BYTES),
        .provenance = cost ? cost->provenance : WPB_ESTIMATED,
        .memory_limit_bytes = wpb_window_site(window)->memory_limit_bytes,
        .flaw = wpb_window_text(window, found, WPB_M_FLAW)};
    take_paths(window, found, arena, to);
    take_families(window, found, arena, to);
    return 0;
}

int wpb_explained_row(const struct wpb_window *window, const struct wpb_subject *row,
                      struct wpb_arena *arena, struct wpb_explanation *to)
{
    const struct wpb_subject *found = wpb_window_find(window, row);
    const struct wpb_sample *autoloaded, *widgets;
    struct wpb_explained_row *of_row = wpb_arena_alloc(arena, sizeof(*of_row));

    if (wpb_explained_key(window, row, arena, to))
        return -1;
    autoloaded = wpb_window_get(window, found, WPB_M_AUTOLOADED);
    widgets = wpb_window_get(window, found, WPB_M_WIDGETS);
    *of_row = (struct wpb_explained_row){
        .bytes = count_of(window, found, WPB_M_ROW_BYTES),
        .post = found->parent ? found->parent->name : (struct wpb_slice){"", 0},
        .has_autoloaded = autoloaded != NULL,
        .is_autoloaded = autoloaded && autoloaded->value.integer == 1,
        .builder = wpb_window_text(window, found, WPB_M_BUILDER),
        .role = wpb_window_text(window, found, WPB_M_META_ROLE),
        .has_widgets = widgets != NULL,
        .widgets = count_of(window, found, WPB_M_WIDGETS)};
    to->kind = found->kind == WPB_SUBJECT_OPTION ? "option" : "meta";
    to->row = of_row;
    return 0;
}
