/* Entries of the book as bytes, to survive a restart.
 *
 *     state   = version u8 (1), phase u8, severity u8, evaluations u8, since u8,
 *               site_count u8, there u64 x 3, held u64 x 3, seq u64, id 26 bytes,
 *               first_seen, starts_at, updated_at, ends_at u64 (milliseconds),
 *               subject, parent, scope u64, sites u64 x site_count,
 *               code, site, path, body text
 *     text    = length u16, bytes
 *
 * Numbers are little-endian. What does not change from one evaluation to the next is the
 * same to the byte, so that a problem that is simply there costs no writing. */
#include <stdlib.h>
#include <string.h>

#include "agent/alert/book.h"
#include "agent/alert/fingerprint.h"
#include "agent/base/text.h"

#define VERSION 1

static void put_number(struct wpb_buf *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        wpb_buf_char(out, (char)(number >> (8 * i)));
}

static void put_text(struct wpb_buf *out, struct wpb_slice text)
{
    put_number(out, text.len, 2);
    wpb_buf_slice(out, text);
}

static void put_entry(struct wpb_buf *out, const struct wpb_alert_entry *entry)
{
    const struct wpb_hysteresis *hysteresis = &entry->hysteresis;
    const uint64_t numbers[] = {
        (uint64_t)entry->first_seen_ms,
        (uint64_t)entry->starts_at_ms,
        (uint64_t)entry->updated_at_ms,
        (uint64_t)entry->ends_at_ms,
        entry->subject,
        entry->parent,
        entry->scope,
    };

    put_number(out, VERSION, 1);
    put_number(out, (uint64_t)entry->phase, 1);
    put_number(out, (uint64_t)entry->severity, 1);
    put_number(out, hysteresis->evaluations, 1);
    put_number(out, hysteresis->since, 1);
    put_number(out, entry->site_count, 1);
    for (size_t i = 0; i < WPB_SEVERITIES; i++)
        put_number(out, hysteresis->there[i], 8);
    for (size_t i = 0; i < WPB_SEVERITIES; i++)
        put_number(out, hysteresis->held[i], 8);
    put_number(out, entry->seq, 8);
    wpb_buf_add(out, entry->id, WPB_ULID_LEN);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put_number(out, numbers[i], 8);
    for (size_t i = 0; i < entry->site_count; i++)
        put_number(out, entry->sites[i], 8);
    put_text(out, wpb_slice_cstr(entry->code));
    put_text(out, wpb_slice_cstr(entry->site));
    put_text(out, wpb_slice_cstr(entry->path));
    put_text(out, wpb_slice_of(entry->body, entry->body_len));
}

static uint64_t hash_of(struct wpb_slice state)
{
    uint64_t hash = wpb_slice_hash(state);

    return hash ? hash : 1;
}

static int save_forgotten(struct wpb_alert_book *book,
                          int (*store)(void *cookie, const char *fingerprint,
                                       struct wpb_slice state),
                          void *cookie)
{
    for (; book->forgotten_count; book->forgotten_count--) {
        const char *fingerprint = book->forgotten[book->forgotten_count - 1];
        /* It may have come back. */
        if (!wpb_alert_book_find(book, fingerprint) &&
            store(cookie, fingerprint, wpb_slice_of("", 0)))
            return -1;
    }
    return 0;
}

int wpb_alert_book_save(struct wpb_alert_book *book,
                        int (*store)(void *cookie, const char *fingerprint,
                                     struct wpb_slice state),
                        void *cookie)
{
    struct wpb_buf state;
    int result = save_forgotten(book, store, cookie);

    wpb_buf_init(&state, 0);
    for (size_t i = 0; i < book->count && result == 0; i++) {
        struct wpb_alert_entry *entry = book->entries[i];
        uint64_t hash;
        wpb_buf_clear(&state);
        put_entry(&state, entry);
        if (wpb_buf_failed(&state)) {
            result = -1;
            break;
        }
        hash = hash_of(wpb_buf_view(&state));
        if (hash == entry->saved)
            continue;
        result = store(cookie, entry->fingerprint, wpb_buf_view(&state)) ? -1 : 0;
        if (result == 0)
            entry->saved = hash;
    }
    wpb_buf_fini(&state);
    return result;
}

void wpb_alert_book_unsaved(struct wpb_alert_book *book)
{
    /* Not 0: what dies before the next save may have reached the disk after all. */
    for (size_t i = 0; i < book->count; i++) {
        if (book->entries[i]->saved)
            book->entries[i]->saved = UINT64_MAX;
    }
}

/* --- back again --- */

struct reader {
    struct wpb_slice rest;
    bool is_wrong;
};

static struct wpb_slice take_bytes(struct reader *reader, size_t len)
{
    struct wpb_slice bytes = wpb_slice_head(reader->rest, len);

    if (bytes.len < len)
        reader->is_wrong = true;
    reader->rest = wpb_slice_skip(reader->rest, len);
    return bytes;
}

static uint64_t take_number(struct reader *reader, size_t len)
{
    struct wpb_slice bytes = take_bytes(reader, len);
    uint64_t number = 0;

    for (size_t i = bytes.len; i-- > 0;)
        number = number << 8 | (unsigned char)bytes.data[i];
    return number;
}

static uint8_t take_small(struct reader *reader, uint8_t most)
{
    uint64_t number = take_number(reader, 1);

    if (number > most)
        reader->is_wrong = true;
    return number > most ? 0 : (uint8_t)number;
}

/* Text without a NUL. */
static struct wpb_slice take_text(struct reader *reader, size_t most)
{
    struct wpb_slice text = take_bytes(reader, take_number(reader, 2));

    if (text.len > most || (text.len && memchr(text.data, '\0', text.len)))
        reader->is_wrong = true;
    return text;
}

static struct wpb_hysteresis take_hysteresis(struct reader *reader, uint8_t evaluations,
                                             uint8_t since)
{
    struct wpb_hysteresis hysteresis = {.evaluations = evaluations, .since = since};

    for (size_t i = 0; i < WPB_SEVERITIES; i++)
        hysteresis.there[i] = take_number(reader, 8);
    for (size_t i = 0; i < WPB_SEVERITIES; i++)
        hysteresis.held[i] = take_number(reader, 8);
    return hysteresis;
}

/* Digits of an identifier; all zero of what never fired. */
static void take_id(struct reader *reader, struct wpb_alert_entry *entry)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", none[WPB_ULID_LEN];
    struct wpb_slice id = take_bytes(reader, WPB_ULID_LEN);

    if (wpb_slice_equal(id, wpb_slice_of(none, sizeof(none))))
        return;
    for (size_t i = 0; i < id.len; i++) {
        if (!memchr(digits, id.data[i], sizeof(digits) - 1))
            reader->is_wrong = true;
    }
    if (id.len)
        memcpy(entry->id, id.data, id.len);
}

static void take_numbers(struct reader *reader, struct wpb_alert_entry *entry)
{
    uint8_t evaluations, since;

    entry->phase = (enum wpb_alert_phase)take_small(reader, WPB_ALERT_IS_OVER);
    entry->severity = take_small(reader, WPB_CRITICAL);
    evaluations = take_small(reader, WPB_HYSTERESIS_WINDOW_MAX);
    since = take_small(reader, WPB_HYSTERESIS_WINDOW_MAX);
    entry->site_count = take_small(reader, WPB_ENTRY_SITES_MAX);
    entry->hysteresis = take_hysteresis(reader, evaluations, since);
    entry->seq = take_number(reader, 8);
    take_id(reader, entry);
    entry->first_seen_ms = (int64_t)take_number(reader, 8);
    entry->starts_at_ms = (int64_t)take_number(reader, 8);
    entry->updated_at_ms = (int64_t)take_number(reader, 8);
    entry->ends_at_ms = (int64_t)take_number(reader, 8);
    entry->subject = take_number(reader, 8);
    entry->parent = take_number(reader, 8);
    entry->scope = take_number(reader, 8);
    for (size_t i = 0; i < entry->site_count; i++)
        entry->sites[i] = take_number(reader, 8);
}

/* A body goes out as it is: nothing in it may end the line or the object it stands in. */
static bool is_body(struct wpb_slice body)
{
    static const struct wpb_slice begin = WPB_SLICE("\"truncated\":");

    for (size_t i = 0; i < body.len; i++) {
        if ((unsigned char)body.data[i] < ' ')
            return false;
    }
    return wpb_slice_starts(body, begin) && wpb_text_is_utf8(body);
}

static bool is_time(int64_t unix_ms)
{
    /* Differences of two are taken. */
    return unix_ms > INT64_MIN / 4 && unix_ms < INT64_MAX / 4;
}

static bool is_sound(const struct wpb_alert_entry *entry, struct wpb_slice body)
{
    bool fires = entry->phase == WPB_ALERT_IS_FIRING;

    return entry->site_count > 0 && fires == (body.len > 0) &&
           (!fires || (is_body(body) && entry->seq && entry->id[0])) &&
           entry->seq < UINT64_MAX / 2 && is_time(entry->first_seen_ms) &&
           is_time(entry->starts_at_ms) && is_time(entry->updated_at_ms) &&
           is_time(entry->ends_at_ms);
}

static int take_entry(struct reader *reader, struct wpb_alert_entry *entry)
{
    struct wpb_slice code, site, path, body;

    if (take_number(reader, 1) != VERSION)
        return -1;
    take_numbers(reader, entry);
    code = take_text(reader, WPB_ENTRY_CODE_BYTES_MAX);
    site = take_text(reader, WPB_ENTRY_NAME_BYTES_MAX);
    path = take_text(reader, WPB_ENTRY_NAME_BYTES_MAX);
    body = take_text(reader, WPB_ALERT_FINDING_BYTES_MAX);
    if (reader->is_wrong || reader->rest.len || !code.len || !is_sound(entry, body))
        return -1;
    return wpb_alert_entry_name(entry, code, site, path) ||
                   wpb_alert_entry_keep_body(entry, body)
               ? -1
               : 0;
}

int wpb_alert_book_load(struct wpb_alert_book *book, const char *fingerprint,
                        struct wpb_slice state, struct wpb_err *err)
{
    struct reader reader = {state, false};
    struct wpb_alert_entry *entry;

    if (!wpb_fingerprint_is_valid(wpb_slice_cstr(fingerprint)) ||
        wpb_alert_book_find(book, fingerprint) || book->count >= WPB_ALERT_ENTRIES_MAX)
        return wpb_err_set(err, WPB_E_SYNTAX, "alerts",
                           "a stored alert is named twice, wrongly, or one too many");
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return wpb_err_set(err, WPB_E_MEMORY, "alerts", "no memory for a stored alert");
    memcpy(entry->fingerprint, fingerprint, sizeof(entry->fingerprint));
    entry->saved = hash_of(state);
    if (take_entry(&reader, entry) || wpb_alert_book_insert(book, entry)) {
        wpb_alert_entry_free(entry);
        return wpb_err_set(err, WPB_E_SYNTAX, "alerts",
                           "the stored state of alert %s cannot be read; it begins anew",
                           fingerprint);
    }
    if (entry->seq > book->last_seq)
        book->last_seq = entry->seq;
    return 0;
}
