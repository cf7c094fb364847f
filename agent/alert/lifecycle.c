#include "agent/alert/lifecycle.h"

#include <stdlib.h>
#include <string.h>

#include "agent/alert/book.h"
#include "agent/alert/fingerprint.h"
#include "agent/alert/inhibit.h"
#include "wpbloat/site.h"

struct keyed_site {
    uint64_t key;
    const struct wpb_site *site;
};

/* One call of wpb_alert_book_judge(). */
struct round {
    struct wpb_alert_book *book;
    const struct wpb_alert_judgement *judgement;
    struct wpb_hysteresis_rule rule;
    size_t firing_max;
    struct wpb_arena *arena;
    struct keyed_site *sites; /* in order of key */
    struct wpb_alert *changes;
    size_t change_count;
};

/* --- what the findings are about --- */

static int compare_sites(const void *left, const void *right)
{
    const struct keyed_site *a = left, *b = right;

    return a->key < b->key ? -1 : a->key > b->key;
}

static void index_sites(struct round *round)
{
    const struct wpb_alert_judgement *judgement = round->judgement;

    if (!judgement->site_count)
        return;
    round->sites =
        wpb_arena_alloc(round->arena, judgement->site_count * sizeof(*round->sites));
    for (size_t i = 0; i < judgement->site_count; i++)
        round->sites[i] = (struct keyed_site){wpb_fingerprint_site(judgement->sites[i]),
                                              judgement->sites[i]};
    qsort(round->sites, judgement->site_count, sizeof(*round->sites), compare_sites);
}

static const struct wpb_site *site_with(const struct round *round, uint64_t key)
{
    const struct keyed_site wanted = {key, NULL}, *found = NULL;

    if (round->judgement->site_count)
        found = bsearch(&wanted, round->sites, round->judgement->site_count,
                        sizeof(*round->sites), compare_sites);
    return found ? found->site : NULL;
}

/* Of one of ENTRY's sites. The first is known by its folder when it is gone; the others
 * then have no say. */
static enum wpb_alert_sight sight_at(const struct round *round,
                                     const struct wpb_alert_entry *entry, size_t at)
{
    const struct wpb_alert_judgement *judgement = round->judgement;
    const struct wpb_site *site = site_with(round, entry->sites[at]);

    if (!site && at > 0)
        return WPB_SIGHT_GONE;
    return judgement->sight(judgement->cookie, entry->code, site,
                            site ? site->path : entry->path,
                            site ? site->name : entry->site);
}

/* All sites that share it must have been looked at. */
static enum wpb_alert_sight sight_of(const struct round *round,
                                     const struct wpb_alert_entry *entry)
{
    enum wpb_alert_sight all = WPB_SIGHT_GONE;

    for (size_t i = 0; i < entry->site_count; i++) {
        enum wpb_alert_sight one = sight_at(round, entry, i);
        if (one == WPB_SIGHT_BLIND)
            return WPB_SIGHT_BLIND;
        if (one == WPB_SIGHT_CLEAR)
            all = WPB_SIGHT_CLEAR;
    }
    return all;
}

static void begin(struct round *round)
{
    for (size_t i = 0; i < round->book->count; i++) {
        struct wpb_alert_entry *entry = round->book->entries[i];
        entry->finding = entry->relaxed = NULL;
        entry->target = WPB_NOT_SEEN;
        entry->end = WPB_ALERT_GOES_ON;
        entry->hold = WPB_ALERT_NOT_HELD;
        entry->root = NULL;
    }
    index_sites(round);
}

static void keep_worst(const struct wpb_finding **worst,
                       const struct wpb_finding *finding)
{
    if (!*worst || finding->severity > (*worst)->severity)
        *worst = finding;
}

static void match(struct round *round)
{
    const struct wpb_alert_judgement *judgement = round->judgement;
    char fingerprint[WPB_FINGERPRINT_LEN + 1];
    struct wpb_alert_entry *entry;

    for (size_t i = 0; i < judgement->count; i++) {
        const struct wpb_finding *finding = &judgement->findings[i];
        if (finding->severity < judgement->settings->least)
            continue;
        wpb_fingerprint(finding, judgement->host_id, fingerprint);
        entry = wpb_alert_book_find(round->book, fingerprint);
        if (!entry)
            entry =
                wpb_alert_book_add(round->book, fingerprint, finding, judgement->now_ms);
        if (!entry) {
            round->book->dropped++;
            continue;
        }
        wpb_alert_entry_refresh(entry, finding);
        keep_worst(&entry->finding, finding);
    }
    for (size_t i = 0; i < judgement->relaxed_count; i++) {
        const struct wpb_finding *finding = &judgement->relaxed[i];
        if (finding->severity < judgement->settings->least)
            continue;
        wpb_fingerprint(finding, judgement->host_id, fingerprint);
        entry = wpb_alert_book_find(round->book, fingerprint);
        if (entry)
            keep_worst(&entry->relaxed, finding);
    }
}

/* --- what becomes of each by itself --- */

static int severity_of(const struct wpb_finding *finding)
{
    return finding ? (int)finding->severity : WPB_NOT_SEEN;
}

static void weigh_pending(struct round *round, struct wpb_alert_entry *entry)
{
    int worst = wpb_hysteresis_worst(&entry->hysteresis);

    if (worst == WPB_NOT_SEEN) {
        /* What fired once leaves its number behind. */
        entry->is_dead = entry->seq == 0;
        entry->phase = WPB_ALERT_IS_OVER;
        return;
    }
    entry->severity = worst;
    /* Without a finding there would be nothing to tell. */
    if (entry->finding)
        entry->target = wpb_hysteresis_fires(&entry->hysteresis, &round->rule);
}

static void weigh_firing(struct round *round, struct wpb_alert_entry *entry)
{
    int left = wpb_hysteresis_left(&entry->hysteresis, &round->rule, entry->severity);
    int fires = wpb_hysteresis_fires(&entry->hysteresis, &round->rule);

    entry->target = entry->severity;
    if (left == WPB_NOT_SEEN) {
        entry->target = WPB_NOT_SEEN;
        entry->end = WPB_ALERT_GONE;
    } else if (left < entry->severity) {
        if (entry->finding || entry->relaxed)
            entry->target = left;
    } else if (fires > entry->severity && entry->finding) {
        entry->target = fires;
    }
}

static void weigh_blind(struct wpb_alert_entry *entry)
{
    bool is_new = entry->phase == WPB_ALERT_IS_PENDING && !entry->hysteresis.evaluations;

    entry->finding = entry->relaxed = NULL;
    entry->is_dead = is_new && entry->seq == 0;
    if (entry->phase == WPB_ALERT_IS_FIRING)
        entry->target = entry->severity;
}

static void weigh_unwatched(struct wpb_alert_entry *entry)
{
    entry->finding = entry->relaxed = NULL;
    if (entry->phase == WPB_ALERT_IS_FIRING) {
        entry->end = WPB_ALERT_UNWATCHED;
    } else if (entry->phase == WPB_ALERT_IS_PENDING) {
        entry->is_dead = entry->seq == 0;
        entry->phase = WPB_ALERT_IS_OVER;
        memset(&entry->hysteresis, 0, sizeof(entry->hysteresis));
    }
}

static void weigh(struct round *round, struct wpb_alert_entry *entry)
{
    enum wpb_alert_sight sight = sight_of(round, entry);

    if (sight == WPB_SIGHT_BLIND) {
        weigh_blind(entry);
        return;
    }
    if (sight == WPB_SIGHT_GONE) {
        weigh_unwatched(entry);
        return;
    }
    if (entry->phase == WPB_ALERT_IS_OVER) {
        if (!entry->finding)
            return;
        entry->phase = WPB_ALERT_IS_PENDING;
        entry->first_seen_ms = round->judgement->now_ms;
        memset(&entry->hysteresis, 0, sizeof(entry->hysteresis));
    }
    wpb_hysteresis_note(&entry->hysteresis, &round->rule, severity_of(entry->finding),
                        severity_of(entry->relaxed));
    if (entry->phase == WPB_ALERT_IS_PENDING)
        weigh_pending(round, entry);
    else
        weigh_firing(round, entry);
}

/* --- what becomes of them beside each other --- */

static bool is_tied(const struct wpb_inhibit *row, const struct wpb_alert_entry *root,
                    const struct wpb_alert_entry *derived)
{
    if (row->must_be_worse ? root->target <= derived->target
                           : root->target < derived->target)
        return false;
    switch (row->tie) {
    case WPB_TIE_SUBJECT:
        return root->subject == derived->subject;
    case WPB_TIE_PART:
        return root->subject == derived->parent;
    case WPB_TIE_SCOPE:
        return root->scope == derived->scope && root->sites[0] == derived->sites[0];
    case WPB_TIE_SITE:
        return root->sites[0] == derived->sites[0];
    }
    return false;
}

static const char *find_root(const struct round *round,
                             const struct wpb_alert_entry *derived)
{
    for (size_t i = 0; i < round->book->count; i++) {
        const struct wpb_alert_entry *root = round->book->entries[i];
        uint64_t rows = root->roots & derived->derived;
        if (root->target == WPB_NOT_SEEN || root == derived)
            continue;
        for (size_t r = 0; rows; r++, rows >>= 1) {
            if ((rows & 1) && is_tied(&wpb_inhibits[r], root, derived))
                return wpb_inhibits[r].root;
        }
    }
    return NULL;
}

/* A root counts as soon as it may fire, and also when it is itself inhibited: then what
 * inhibits it tells of both. */
static void inhibit(struct round *round)
{
    for (size_t i = 0; i < round->book->count; i++) {
        struct wpb_alert_entry *entry = round->book->entries[i];
        if (entry->target == WPB_NOT_SEEN || !entry->derived)
            continue;
        entry->root = find_root(round, entry);
        if (entry->root)
            entry->hold = WPB_ALERT_HAS_ROOT;
    }
}

/* By site, then who fires first: the worst; of equals those that fire already, then those
 * that have been there longest. */
static int compare_rank(const void *left, const void *right)
{
    const struct wpb_alert_entry *a = *(struct wpb_alert_entry *const *)left;
    const struct wpb_alert_entry *b = *(struct wpb_alert_entry *const *)right;

    if (a->sites[0] != b->sites[0])
        return a->sites[0] < b->sites[0] ? -1 : 1;
    if (a->target != b->target)
        return a->target > b->target ? -1 : 1;
    if (a->phase != b->phase)
        return a->phase == WPB_ALERT_IS_FIRING ? -1 : 1;
    if (a->first_seen_ms != b->first_seen_ms)
        return a->first_seen_ms < b->first_seen_ms ? -1 : 1;
    return strcmp(a->fingerprint, b->fingerprint);
}

static void suppress(struct round *round)
{
    struct wpb_alert_book *book = round->book;
    struct wpb_alert_entry **ranked;
    size_t count = 0, of_site = 0;

    if (!book->count)
        return;
    ranked =
        wpb_arena_alloc(round->arena, book->count * sizeof(struct wpb_alert_entry *));
    for (size_t i = 0; i < book->count; i++) {
        struct wpb_alert_entry *entry = book->entries[i];
        if (entry->target != WPB_NOT_SEEN && entry->hold == WPB_ALERT_NOT_HELD)
            ranked[count++] = entry;
    }
    if (count)
        qsort(ranked, count, sizeof(struct wpb_alert_entry *), compare_rank);
    for (size_t i = 0; i < count; i++) {
        bool is_same_site = i > 0 && ranked[i]->sites[0] == ranked[i - 1]->sites[0];
        of_site = is_same_site ? of_site + 1 : 1;
        if (of_site > round->firing_max)
            ranked[i]->hold = WPB_ALERT_SUPPRESSED;
    }
}

/* --- what is told of it --- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Numbers begin at the time, so that those of a fingerprint that was forgotten go on
 * above the ones it had. */
static void number(struct round *round, struct wpb_alert_entry *entry)
{
    struct wpb_alert_book *book = round->book;
    int64_t now_ms = round->judgement->now_ms;

    if (entry->seq)
        entry->seq++;
    else
        entry->seq = now_ms > 0 && (uint64_t)now_ms > book->last_seq ? (uint64_t)now_ms
                                                                     : book->last_seq + 1;
    if (entry->seq > book->last_seq)
        book->last_seq = entry->seq;
    wpb_ulid_next(round->judgement->ids, now_ms, entry->id);
    entry->updated_at_ms = later(now_ms, entry->starts_at_ms);
}

static struct wpb_alert alert_of(const struct wpb_alert_entry *entry,
                                 enum wpb_alert_status status)
{
    struct wpb_alert alert = {
        .seq = entry->seq,
        .status = status,
        .severity = (enum wpb_severity)entry->severity,
        .starts_at_ms = entry->starts_at_ms,
        .updated_at_ms = entry->updated_at_ms,
        .ends_at_ms = status == WPB_ALERT_RESOLVED ? entry->ends_at_ms : 0,
    };

    memcpy(alert.fingerprint, entry->fingerprint, sizeof(alert.fingerprint));
    memcpy(alert.id, entry->id, sizeof(alert.id));
    return alert;
}

static void tell(struct round *round, struct wpb_alert_entry *entry,
                 enum wpb_alert_status status,
                 const struct wpb_alert_resolution *resolution)
{
    struct wpb_alert *alert = &round->changes[round->change_count++];

    number(round, entry);
    *alert = alert_of(entry, status);
    alert->body =
        wpb_alert_json(alert, round->judgement->origin, resolution,
                       wpb_slice_of(entry->body, entry->body_len), round->arena);
}

/* Fire, or go on firing with another severity. When there is no memory for what is to be
 * said of it, the next evaluation tries again. */
static void fire(struct round *round, struct wpb_alert_entry *entry)
{
    const struct wpb_finding *finding = entry->finding ? entry->finding : entry->relaxed;
    int from = WPB_NOT_SEEN;
    struct wpb_slice body =
        wpb_alert_json_finding(finding, (enum wpb_severity)entry->target, round->arena);

    if (wpb_alert_entry_keep_body(entry, body))
        return;
    if (entry->phase == WPB_ALERT_IS_FIRING)
        from = entry->severity;
    else
        entry->starts_at_ms = round->judgement->now_ms;
    entry->phase = WPB_ALERT_IS_FIRING;
    entry->severity = entry->target;
    wpb_hysteresis_changed(&entry->hysteresis, from, entry->target);
    tell(round, entry, WPB_ALERT_FIRING, NULL);
}

/* What is held back is still there, and goes on being counted. */
static void resolve(struct round *round, struct wpb_alert_entry *entry)
{
    bool is_held = entry->hold != WPB_ALERT_NOT_HELD;
    struct wpb_alert_resolution resolution = {entry->end, entry->root};

    if (is_held)
        resolution.end =
            entry->hold == WPB_ALERT_HAS_ROOT ? WPB_ALERT_INHIBITED : WPB_ALERT_DISPLACED;
    entry->ends_at_ms = later(round->judgement->now_ms, entry->starts_at_ms);
    tell(round, entry, WPB_ALERT_RESOLVED, &resolution);
    wpb_alert_entry_keep_body(entry, wpb_slice_of(NULL, 0));
    entry->phase = is_held ? WPB_ALERT_IS_PENDING : WPB_ALERT_IS_OVER;
    if (!is_held)
        memset(&entry->hysteresis, 0, sizeof(entry->hysteresis));
}

static void conclude(struct round *round, struct wpb_alert_entry *entry)
{
    bool fires = entry->phase == WPB_ALERT_IS_FIRING;
    bool may_fire = entry->target != WPB_NOT_SEEN && entry->hold == WPB_ALERT_NOT_HELD;

    if (fires && !may_fire)
        resolve(round, entry);
    else if (may_fire && (!fires || entry->target != entry->severity))
        fire(round, entry);
    else if (entry->phase == WPB_ALERT_IS_OVER &&
             round->judgement->now_ms - entry->ends_at_ms > WPB_ALERT_REMEMBER_MS)
        entry->is_dead = true;
}

struct wpb_alert_changes wpb_alert_book_judge(struct wpb_alert_book *book,
                                              const struct wpb_alert_judgement *judgement,
                                              struct wpb_arena *arena)
{
    struct round round = {
        .book = book,
        .judgement = judgement,
        .rule = wpb_hysteresis_bounded(judgement->settings->hysteresis),
        .firing_max = judgement->settings->firing_max ? judgement->settings->firing_max
                                                      : WPB_ALERT_FIRING_MAX,
        .arena = arena,
    };

    begin(&round);
    match(&round);
    for (size_t i = 0; i < book->count; i++)
        weigh(&round, book->entries[i]);
    wpb_alert_book_sweep(book);
    inhibit(&round);
    suppress(&round);
    if (book->count)
        round.changes = wpb_arena_alloc(arena, book->count * sizeof(*round.changes));
    for (size_t i = 0; i < book->count; i++)
        conclude(&round, book->entries[i]);
    wpb_alert_book_sweep(book);
    return (struct wpb_alert_changes){round.changes, round.change_count};
}

struct wpb_alert_changes wpb_alert_book_firing(const struct wpb_alert_book *book,
                                               const struct wpb_alert_origin *origin,
                                               struct wpb_arena *arena)
{
    struct wpb_alert *items;
    size_t count = 0;

    if (!book->count)
        return (struct wpb_alert_changes){NULL, 0};
    items = wpb_arena_alloc(arena, book->count * sizeof(*items));
    for (size_t i = 0; i < book->count; i++) {
        const struct wpb_alert_entry *entry = book->entries[i];
        struct wpb_alert *alert = &items[count];
        if (entry->phase != WPB_ALERT_IS_FIRING)
            continue;
        *alert = alert_of(entry, WPB_ALERT_FIRING);
        alert->body = wpb_alert_json(alert, origin, NULL,
                                     wpb_slice_of(entry->body, entry->body_len), arena);
        count++;
    }
    return (struct wpb_alert_changes){items, count};
}
