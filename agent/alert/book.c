#include "agent/alert/book.h"

#include <stdlib.h>
#include <string.h>

#include "agent/alert/fingerprint.h"
#include "agent/alert/inhibit.h"
#include "wpbloat/site.h"

struct wpb_alert_book *wpb_alert_book_new(void)
{
    return calloc(1, sizeof(struct wpb_alert_book));
}

void wpb_alert_book_free(struct wpb_alert_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->count; i++)
        wpb_alert_entry_free(book->entries[i]);
    free(book->entries);
    free(book->forgotten);
    free(book);
}

void wpb_alert_entry_free(struct wpb_alert_entry *entry)
{
    if (!entry)
        return;
    free(entry->code);
    free(entry->body);
    free(entry);
}

/* Where FINGERPRINT is, or belongs. */
static size_t place_of(const struct wpb_alert_book *book, const char *fingerprint)
{
    size_t low = 0, high = book->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(book->entries[middle]->fingerprint, fingerprint) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct wpb_alert_entry *wpb_alert_book_find(const struct wpb_alert_book *book,
                                            const char *fingerprint)
{
    size_t at = place_of(book, fingerprint);

    if (at == book->count || strcmp(book->entries[at]->fingerprint, fingerprint) != 0)
        return NULL;
    return book->entries[at];
}

int wpb_alert_book_insert(struct wpb_alert_book *book, struct wpb_alert_entry *entry)
{
    size_t at = place_of(book, entry->fingerprint);

    if (book->count == book->capacity) {
        size_t capacity = book->capacity ? book->capacity * 2 : 64;
        void *grown = realloc(book->entries, capacity * sizeof(struct wpb_alert_entry *));
        if (!grown)
            return -1;
        book->entries = grown;
        book->capacity = capacity;
    }
    memmove(book->entries + at + 1, book->entries + at,
            (book->count - at) * sizeof(struct wpb_alert_entry *));
    book->entries[at] = entry;
    book->count++;
    return 0;
}

/* What was never handed over need not be forgotten. When memory is out the store keeps an
 * entry too many, which dies again when it is loaded and not there. */
static void forget(struct wpb_alert_book *book, const struct wpb_alert_entry *entry)
{
    if (!entry->saved)
        return;
    if (book->forgotten_count == book->forgotten_capacity) {
        size_t capacity = book->forgotten_capacity ? book->forgotten_capacity * 2 : 16;
        void *grown = realloc(book->forgotten, capacity * sizeof(book->forgotten[0]));
        if (!grown)
            return;
        book->forgotten = grown;
        book->forgotten_capacity = capacity;
    }
    memcpy(book->forgotten[book->forgotten_count++], entry->fingerprint,
           sizeof(entry->fingerprint));
}

void wpb_alert_book_sweep(struct wpb_alert_book *book)
{
    size_t kept = 0;

    for (size_t i = 0; i < book->count; i++) {
        struct wpb_alert_entry *entry = book->entries[i];
        if (!entry->is_dead) {
            book->entries[kept++] = entry;
            continue;
        }
        forget(book, entry);
        wpb_alert_entry_free(entry);
    }
    book->count = kept;
}

/* Which of two is missed less: what is over, then what is less severe, then what is
 * younger. What fires is never taken out, and nothing that has been matched already. */
static bool is_worth_less(const struct wpb_alert_entry *a,
                          const struct wpb_alert_entry *b)
{
    if (a->phase != b->phase)
        return a->phase == WPB_ALERT_IS_OVER;
    if (a->phase == WPB_ALERT_IS_OVER)
        return a->ends_at_ms < b->ends_at_ms;
    if (a->severity != b->severity)
        return a->severity < b->severity;
    return a->first_seen_ms > b->first_seen_ms;
}

static bool make_room(struct wpb_alert_book *book, int severity)
{
    struct wpb_alert_entry *least = NULL;

    for (size_t i = 0; i < book->count; i++) {
        struct wpb_alert_entry *entry = book->entries[i];
        if (entry->phase == WPB_ALERT_IS_FIRING || entry->finding || entry->is_dead)
            continue;
        if (!least || is_worth_less(entry, least))
            least = entry;
    }
    if (!least || (least->phase == WPB_ALERT_IS_PENDING && least->severity >= severity))
        return false;
    least->is_dead = true;
    wpb_alert_book_sweep(book);
    return true;
}

struct wpb_alert_entry *wpb_alert_book_add(struct wpb_alert_book *book,
                                           const char *fingerprint,
                                           const struct wpb_finding *finding,
                                           int64_t now_ms)
{
    struct wpb_alert_entry *entry;

    if (book->count >= WPB_ALERT_ENTRIES_MAX && !make_room(book, (int)finding->severity))
        return NULL;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return NULL;
    memcpy(entry->fingerprint, fingerprint, sizeof(entry->fingerprint));
    entry->severity = (int)finding->severity;
    entry->first_seen_ms = now_ms;
    entry->subject = wpb_fingerprint_subject(finding->subject);
    entry->parent = wpb_fingerprint_subject(finding->subject->parent);
    entry->scope = wpb_fingerprint_bytes(finding->subject->scope);
    if (wpb_alert_entry_refresh(entry, finding) || wpb_alert_book_insert(book, entry)) {
        wpb_alert_entry_free(entry);
        return NULL;
    }
    return entry;
}

int wpb_alert_entry_name(struct wpb_alert_entry *entry, struct wpb_slice code,
                         struct wpb_slice site, struct wpb_slice path)
{
    char *block = malloc(code.len + site.len + path.len + 3), *at = block;

    if (!block)
        return -1;
    free(entry->code);
    entry->code = at;
    at = (char *)memcpy(at, code.data, code.len) + code.len;
    *at++ = '\0';
    entry->site = at;
    at = (char *)memcpy(at, site.data, site.len) + site.len;
    *at++ = '\0';
    entry->path = at;
    at = (char *)memcpy(at, path.data, path.len) + path.len;
    *at = '\0';
    entry->roots = wpb_inhibit_as_root(entry->code);
    entry->derived = wpb_inhibit_as_derived(entry->code);
    return 0;
}

static struct wpb_slice head_of(const char *text, size_t limit)
{
    return wpb_slice_head(wpb_slice_cstr(text ? text : ""), limit);
}

int wpb_alert_entry_refresh(struct wpb_alert_entry *entry,
                            const struct wpb_finding *finding)
{
    struct wpb_slice site = head_of(finding->site->name, WPB_ENTRY_NAME_BYTES_MAX);
    struct wpb_slice path = head_of(finding->site->path, WPB_ENTRY_NAME_BYTES_MAX);

    entry->sites[0] = wpb_fingerprint_site(finding->site);
    entry->site_count = 1;
    for (size_t i = 0;
         i < finding->other_site_count && entry->site_count < WPB_ENTRY_SITES_MAX; i++)
        entry->sites[entry->site_count++] = wpb_fingerprint_site(finding->other_sites[i]);
    if (entry->code && wpb_slice_is(site, entry->site) && wpb_slice_is(path, entry->path))
        return 0;
    return wpb_alert_entry_name(entry, head_of(finding->code, WPB_ENTRY_CODE_BYTES_MAX),
                                site, path);
}

int wpb_alert_entry_keep_body(struct wpb_alert_entry *entry, struct wpb_slice body)
{
    char *copy = NULL;

    if (body.len) {
        copy = malloc(body.len);
        if (!copy)
            return -1;
        memcpy(copy, body.data, body.len);
    }
    free(entry->body);
    entry->body = copy;
    entry->body_len = body.len;
    return 0;
}

static int64_t since(const struct wpb_alert_entry *entry)
{
    switch (entry->phase) {
    case WPB_ALERT_IS_FIRING:
        return entry->starts_at_ms;
    case WPB_ALERT_IS_OVER:
        return entry->ends_at_ms;
    case WPB_ALERT_IS_PENDING:
        break;
    }
    return entry->first_seen_ms;
}

void wpb_alert_book_each(const struct wpb_alert_book *book,
                         void (*see)(void *cookie, const struct wpb_alert_view *view),
                         void *cookie)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct wpb_alert_entry *entry = book->entries[i];
        struct wpb_alert_view view = {
            .fingerprint = entry->fingerprint,
            .code = entry->code,
            .site = entry->site,
            .path = entry->path,
            .phase = entry->phase,
            .severity = (enum wpb_severity)entry->severity,
            .since_ms = since(entry),
            .hold = entry->hold,
            .root = entry->root,
        };
        see(cookie, &view);
    }
}

struct wpb_alert_counts wpb_alert_book_counts(const struct wpb_alert_book *book)
{
    struct wpb_alert_counts counts = {.dropped = book->dropped};

    for (size_t i = 0; i < book->count; i++) {
        const struct wpb_alert_entry *entry = book->entries[i];
        counts.pending += entry->phase == WPB_ALERT_IS_PENDING;
        counts.firing += entry->phase == WPB_ALERT_IS_FIRING;
        counts.over += entry->phase == WPB_ALERT_IS_OVER;
        counts.suppressed += entry->hold == WPB_ALERT_SUPPRESSED;
        counts.inhibited += entry->hold == WPB_ALERT_HAS_ROOT;
    }
    return counts;
}
