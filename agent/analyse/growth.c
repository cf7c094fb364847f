#include "agent/analyse/growth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/analyse/growth_list.h"

#define RUN_ID_MAX 64
#define SCOPE_MAX 512
/* More than half of at least so many keys: what an expiry here and there does not do. */
#define LOST_KEYS_MIN 8
/* s:25:"a_name_of_twenty_five_of_";b:1; */
#define NAME_BYTES 40

static const struct wpb_slice not_this_site = WPB_SLICE("<not this site>");
static const struct wpb_slice other_groups = WPB_SLICE("<other>");

enum list { SERVER, KEYS, GROUPS, FAMILIES, LISTS };

struct place {
    struct wpb_growth_list lists[LISTS];
    char run_id[RUN_ID_MAX + 1];
    char scope[SCOPE_MAX + 1];
    uint64_t passes;
    int64_t since_ms, until_ms;
    uint64_t first_at_ms, last_at_ms;
    bool is_current;
    bool has_groups; /* in every pass so far all groups were seen */
    bool has_site_keys, has_database_keys;
    uint64_t site_keys, database_keys; /* of the last pass */
    enum wpb_growth_break broken;
    uint64_t discarded_passes, keys_before, keys_after;
};

struct wpb_growth {
    struct place *places;
    size_t count;
};

/* What one pass says of a place as a whole. */
struct view {
    const struct wpb_window *window;
    uint64_t pass, at_ms;
    const struct wpb_subject *server, *database;
    struct wpb_slice run_id;
    bool is_seen;
    bool has_groups; /* all of them were seen, each by its name */
    bool has_site_keys, has_database_keys;
    uint64_t site_keys, database_keys;
};

struct wpb_growth *wpb_growth_new(size_t sites)
{
    static const size_t capacities[LISTS] = {
        1, WPB_GROWTH_KEYS_MAX, WPB_GROWTH_GROUPS_MAX, WPB_GROWTH_FAMILIES_MAX};
    struct wpb_growth *growth = calloc(1, sizeof(*growth));

    if (!growth || !(growth->places = calloc(sites + 1, sizeof(*growth->places)))) {
        free(growth);
        return NULL;
    }
    growth->count = sites;
    for (size_t i = 0; i < sites; i++) {
        for (size_t k = 0; k < LISTS; k++)
            wpb_growth_list_init(&growth->places[i].lists[k], capacities[k]);
    }
    return growth;
}

void wpb_growth_free(struct wpb_growth *growth)
{
    if (!growth)
        return;
    for (size_t i = 0; i < growth->count; i++) {
        for (size_t k = 0; k < LISTS; k++)
            wpb_growth_list_fini(&growth->places[i].lists[k]);
    }
    free(growth->places);
    free(growth);
}

static uint64_t count_of(const struct wpb_sample *sample)
{
    return sample && sample->value.type == WPB_VALUE_INTEGER && sample->value.integer > 0
               ? (uint64_t)sample->value.integer
               : 0;
}

static void view_server(struct view *view)
{
    const struct wpb_site *site = wpb_window_site(view->window);
    const struct wpb_subject *subject;
    const struct wpb_sample *keys;
    size_t cursor = 0;
    char name[24];

    snprintf(name, sizeof(name), "db%" PRIu32, site->redis.database);
    while ((subject =
                wpb_window_next(view->window, WPB_SUBJECT_REDIS_SERVER, NULL, &cursor))) {
        if (subject->name.len == 0)
            view->server = subject;
        else if (wpb_slice_is(subject->name, name))
            view->database = subject;
    }
    if (view->server) {
        view->run_id = wpb_window_text(view->window, view->server, WPB_M_RUN_ID);
        view->is_seen = true;
    }
    keys =
        view->database ? wpb_window_get(view->window, view->database, WPB_M_KEYS) : NULL;
    view->has_database_keys = keys != NULL;
    view->database_keys = count_of(keys);
}

/* A group that is not there may be among those that were not counted. */
static void view_groups(struct view *view)
{
    const struct wpb_subject *group;
    size_t cursor = 0, groups = 0;
    bool is_complete = true, has_others = false;

    while (
        (group = wpb_window_next(view->window, WPB_SUBJECT_REDIS_GROUP, NULL, &cursor))) {
        const struct wpb_sample *keys = wpb_window_get(view->window, group, WPB_M_KEYS);
        groups++;
        is_complete &= keys && keys->provenance == WPB_EXACT;
        has_others |= wpb_slice_equal(group->name, other_groups);
        if (!wpb_slice_equal(group->name, not_this_site))
            view->site_keys += count_of(keys);
    }
    /* An empty database has no groups, and that is all of them. */
    if (groups == 0)
        is_complete = view->has_database_keys && view->database_keys == 0;
    view->is_seen |= groups > 0;
    view->has_site_keys = is_complete;
    view->has_groups = is_complete && !has_others;
}

static void view_keys(struct view *view)
{
    size_t cursor = 0;

    if (wpb_window_next(view->window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))
        view->is_seen = true;
}

static bool has_lost_keys(uint64_t before, uint64_t after)
{
    return after < before / 2 && before - after >= LOST_KEYS_MIN;
}

/* The site's own keys say more than those of a database it may share. */
static bool is_flushed(const struct place *place, const struct view *view,
                       uint64_t *before, uint64_t *after)
{
    bool is_known = place->has_database_keys && view->has_database_keys;

    *before = place->database_keys;
    *after = view->database_keys;
    if (place->has_site_keys && view->has_site_keys) {
        is_known = true;
        *before = place->site_keys;
        *after = view->site_keys;
    }
    return is_known && has_lost_keys(*before, *after);
}

static void begin_anew(struct place *place, enum wpb_growth_break why)
{
    for (size_t i = 0; i < LISTS; i++)
        wpb_growth_list_clear(&place->lists[i]);
    place->broken = why;
    place->discarded_passes = place->passes;
    place->passes = 0;
}

static void look_for_break(struct place *place, const struct view *view)
{
    uint64_t before, after;
    bool is_another =
        place->run_id[0] && view->run_id.len &&
        !wpb_slice_is(wpb_slice_head(view->run_id, RUN_ID_MAX), place->run_id);

    if (place->passes == 0)
        return;
    if (is_another) {
        begin_anew(place, WPB_GROWTH_RESTARTED);
    } else if (is_flushed(place, view, &before, &after)) {
        begin_anew(place, WPB_GROWTH_KEYS_LOST);
        place->keys_before = before;
        place->keys_after = after;
    }
}

/* When SAMPLE was taken, on the clock of the passes. */
static uint64_t time_of(const struct view *view, const struct wpb_sample *sample)
{
    int64_t offset = sample ? sample->time_ms - wpb_window_now_ms(view->window) : 0;

    return view->at_ms + (offset > 0 ? (uint64_t)offset : 0);
}

static void note(const struct view *view, struct wpb_growth_entry *entry,
                 const struct wpb_sample *bytes, const struct wpb_sample *count)
{
    entry->is_absent = false;
    wpb_growth_series_note(&entry->bytes, entry, bytes, view->pass, time_of(view, bytes));
    wpb_growth_series_note(&entry->count, entry, count, view->pass, time_of(view, count));
}

static void note_server(struct place *place, const struct view *view)
{
    struct wpb_growth_entry *entry;

    if (!view->server)
        return;
    entry =
        wpb_growth_list_take(&place->lists[SERVER], view->server, 0, true, view->pass);
    if (entry)
        note(view, entry,
             wpb_window_get(view->window, view->server, WPB_M_USED_MEMORY_BYTES),
             view->database ? wpb_window_get(view->window, view->database, WPB_M_KEYS)
                            : NULL);
}

static bool is_role(struct wpb_slice role, const char *name)
{
    return wpb_slice_is(role, name);
}

/* The length of a value is told in every pass only of the keys WordPress has a use of
 * its own for. What is among the largest keys in one pass and not in the next is
 * unknown, not gone. */
static void note_key(struct place *place, const struct view *view,
                     const struct wpb_subject *key)
{
    const struct wpb_window *window = view->window;
    struct wpb_slice role = wpb_window_text(window, key, WPB_M_KEY_ROLE);
    const struct wpb_sample *value = wpb_window_get(window, key, WPB_M_VALUE_BYTES);
    const struct wpb_sample *memory = wpb_window_get(window, key, WPB_M_MEMORY_BYTES);
    const struct wpb_sample *bytes = role.len && value ? value : memory;
    bool is_absent = wpb_window_integer(window, key, WPB_M_PRESENT, 1) == 0;
    bool is_pinned =
        !is_absent && (is_role(role, "notoptions") || is_role(role, "alloptions") ||
                       is_role(role, "metrics"));
    struct wpb_growth_entry *entry;

    if (!is_absent && !bytes)
        return;
    entry = wpb_growth_list_take(&place->lists[KEYS], key,
                                 is_absent ? 0 : count_of(bytes), is_pinned, view->pass);
    if (!entry)
        return;
    if (is_absent)
        wpb_growth_entry_gone(entry, view->pass, view->at_ms);
    else
        note(view, entry, bytes, wpb_window_get(window, key, WPB_M_ENTRIES));
}

static void note_groups(struct place *place, const struct view *view)
{
    struct wpb_growth_list *list = &place->lists[GROUPS];
    const struct wpb_subject *group;
    size_t cursor = 0;

    if (!view->has_site_keys)
        return;
    while (
        (group = wpb_window_next(view->window, WPB_SUBJECT_REDIS_GROUP, NULL, &cursor))) {
        const struct wpb_sample *bytes =
            wpb_window_get(view->window, group, WPB_M_MEMORY_BYTES);
        const struct wpb_sample *keys = wpb_window_get(view->window, group, WPB_M_KEYS);
        bool was_all_seen = place->has_groups && !list->has_left_out && view->pass > 1;
        struct wpb_growth_entry *entry = wpb_growth_list_take(
            list, group, bytes ? count_of(bytes) : count_of(keys), false, view->pass);
        if (!entry)
            continue;
        if (!entry->bytes.has_base && !entry->count.has_base)
            entry->was_absent |= was_all_seen && view->has_groups;
        note(view, entry, bytes, keys);
    }
    for (size_t i = 0; view->has_groups && i < list->count; i++) {
        if (list->entries[i].seen_pass != view->pass)
            wpb_growth_entry_gone(&list->entries[i], view->pass, view->at_ms);
    }
}

static void note_subjects(struct place *place, const struct view *view)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    note_server(place, view);
    while (
        (subject = wpb_window_next(view->window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor)))
        note_key(place, view, subject);
    note_groups(place, view);
    cursor = 0;
    while ((subject = wpb_window_next(view->window, WPB_SUBJECT_OPTION_FAMILY, NULL,
                                      &cursor))) {
        const struct wpb_sample *names =
            wpb_window_get(view->window, subject, WPB_M_NAMES);
        struct wpb_growth_entry *entry = wpb_growth_list_take(
            &place->lists[FAMILIES], subject, count_of(names), false, view->pass);
        if (entry)
            note(view, entry, NULL, names);
    }
}

static void keep_text(char *kept, size_t max, struct wpb_slice text)
{
    text = wpb_slice_head(text, max);
    if (text.len)
        memcpy(kept, text.data, text.len);
    kept[text.len] = '\0';
}

static void keep_scope(struct place *place, const struct view *view)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    subject = wpb_window_next(view->window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor);
    cursor = 0;
    if (!subject)
        subject = wpb_window_next(view->window, WPB_SUBJECT_REDIS_GROUP, NULL, &cursor);
    if (!subject)
        subject = view->server;
    if (subject)
        keep_text(place->scope, SCOPE_MAX, subject->scope);
}

static void note_place(struct place *place, const struct wpb_window *window,
                       uint64_t at_ms)
{
    struct view view = {.window = window, .at_ms = at_ms};

    view_server(&view);
    view_groups(&view);
    view_keys(&view);
    place->is_current = view.is_seen;
    if (!view.is_seen)
        return;
    look_for_break(place, &view);
    if (++place->passes == 1) {
        place->since_ms = wpb_window_now_ms(window);
        place->first_at_ms = at_ms;
        place->has_groups = true;
    }
    view.pass = place->passes;
    keep_scope(place, &view);
    note_subjects(place, &view);
    place->has_groups &= view.has_groups;
    place->until_ms = wpb_window_now_ms(window);
    place->last_at_ms = at_ms;
    place->has_site_keys = view.has_site_keys;
    place->site_keys = view.site_keys;
    place->has_database_keys = view.has_database_keys;
    place->database_keys = view.database_keys;
    if (view.run_id.len)
        keep_text(place->run_id, RUN_ID_MAX, view.run_id);
}

void wpb_growth_note(struct wpb_growth *growth, const struct wpb_window *const *windows,
                     uint64_t at_ms)
{
    for (size_t i = 0; i < growth->count; i++)
        note_place(&growth->places[i], windows[i], at_ms);
}

static struct wpb_growth_figure figure_of(const struct wpb_growth_entry *entry,
                                          const struct wpb_growth_series *series,
                                          uint64_t pass)
{
    struct wpb_growth_figure figure = {0};

    if (!series->has_base || series->seen_pass != pass)
        return figure;
    figure.is_known = true;
    figure.metric = series->metric;
    figure.first = entry->was_absent ? 0 : series->base;
    figure.now = series->now;
    figure.has_previous = series->previous_pass && series->previous_pass + 1 == pass;
    figure.previous = series->previous;
    figure.span_ms = series->now_at_ms - series->base_at_ms;
    figure.has_rate = figure.span_ms >= WPB_GROWTH_RATE_MIN_MS && !entry->is_absent;
    if (figure.has_rate)
        figure.per_second =
            ((double)series->now - (double)series->base) * 1000 / (double)figure.span_ms;
    figure.provenance = series->provenance;
    return figure;
}

static bool has_changed(const struct wpb_growth_figure *figure)
{
    return figure->is_known && figure->first != figure->now;
}

/* False when there is nothing to say of ENTRY. */
static bool make_row(const struct wpb_growth_entry *entry, uint64_t pass,
                     struct wpb_arena *arena, struct wpb_growth_row *row)
{
    struct wpb_growth_row made = {.kind = entry->subject.kind,
                                  .bytes = figure_of(entry, &entry->bytes, pass),
                                  .count = figure_of(entry, &entry->count, pass)};

    if (!made.bytes.is_known && !made.count.is_known)
        return false;
    if (entry->was_absent && entry->is_absent)
        return false;
    if (!entry->is_pinned && !has_changed(&made.bytes) && !has_changed(&made.count))
        return false;
    if (entry->is_absent)
        made.status = WPB_GROWTH_GONE;
    else if (entry->was_absent)
        made.status = WPB_GROWTH_NEW;
    made.name = wpb_arena_copy(arena, entry->subject.name);
    made.parent = wpb_arena_copy(arena, entry->parent);
    *row = made;
    return true;
}

static uint64_t change_of(const struct wpb_growth_figure *figure)
{
    if (!figure->is_known)
        return 0;
    return figure->now > figure->first ? figure->now - figure->first
                                       : figure->first - figure->now;
}

/* Names are told by their count alone; to stand beside bytes they weigh what an entry of
 * notoptions takes at least. */
static uint64_t weight_of(const struct wpb_growth_row *row)
{
    uint64_t names = change_of(&row->count);

    if (row->bytes.is_known)
        return change_of(&row->bytes);
    return names < UINT64_MAX / NAME_BYTES ? names * NAME_BYTES : UINT64_MAX;
}

static int by_change(const void *left, const void *right)
{
    const struct wpb_growth_row *a = left, *b = right;
    bool is_a_server = a->kind == WPB_SUBJECT_REDIS_SERVER;
    uint64_t x = weight_of(a), y = weight_of(b);
    int order;

    if (is_a_server != (b->kind == WPB_SUBJECT_REDIS_SERVER))
        return is_a_server ? -1 : 1;
    if (x == y) {
        x = change_of(&a->count);
        y = change_of(&b->count);
    }
    if (x != y)
        return x > y ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if ((order = wpb_slice_compare(a->name, b->name)) != 0)
        return order;
    return wpb_slice_compare(a->parent, b->parent);
}

static void fill_rows(const struct place *place, size_t rows_max, struct wpb_arena *arena,
                      struct wpb_growth_place *filled)
{
    struct wpb_growth_row *rows;
    size_t room = 1, count = 0;

    for (size_t k = 0; k < LISTS; k++)
        room += place->lists[k].count;
    rows = wpb_arena_alloc(arena, room * sizeof(*rows));
    for (size_t k = 0; k < LISTS; k++) {
        const struct wpb_growth_list *list = &place->lists[k];
        for (size_t i = 0; i < list->count; i++)
            count += make_row(&list->entries[i], place->passes, arena, &rows[count]);
    }
    qsort(rows, count, sizeof(*rows), by_change);
    filled->rows = rows;
    filled->row_count = count < rows_max ? count : rows_max;
}

void wpb_growth_fill(const struct wpb_growth *growth, size_t rows_max,
                     struct wpb_arena *arena, struct wpb_report *report)
{
    struct wpb_growth_place *filled =
        wpb_arena_alloc(arena, (growth->count + 1) * sizeof(*filled));

    report->is_watch = true;
    report->growth = filled;
    report->growth_count = growth->count;
    for (size_t i = 0; i < growth->count; i++) {
        const struct place *place = &growth->places[i];
        filled[i] = (struct wpb_growth_place){
            .site = i < report->site_count ? report->sites[i]->name : "",
            .scope = wpb_arena_copy(arena, wpb_slice_cstr(place->scope)),
            .passes = place->passes,
            .since_ms = place->since_ms,
            .until_ms = place->until_ms,
            .span_ms = place->last_at_ms - place->first_at_ms,
            .is_current = place->is_current,
            .broken = place->broken,
            .discarded_passes = place->discarded_passes,
            .keys_before = place->keys_before,
            .keys_after = place->keys_after};
        if (place->passes)
            fill_rows(place, rows_max, arena, &filled[i]);
    }
}
