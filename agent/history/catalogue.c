/* Which series there are, and how many of a site there may be. */
#include "agent/history/inside.h"

/* A series that has been silent so long gives way to a new one. */
#define SILENT_MS (2 * WPB_MS_PER_DAY)

/* Sites come and go, and those that were refused stay to be told of. */
static const char ADD_SITE[] = "INSERT OR IGNORE INTO site(identity)"
                               " SELECT ?1 WHERE (SELECT count(*) FROM site) < 2000";
static const char FIND_SITE[] = "SELECT id FROM site WHERE identity = ?1";
static const char COUNT_OF_SITE[] = "SELECT count(*) FROM series WHERE site = ?1";
static const char COUNT_ALL[] = "SELECT count(*) FROM series";
/* CROSS JOIN: by the hash, and not through all series of the site. */
static const char FIND_SERIES[] =
    "SELECT s.id FROM series s CROSS JOIN site t ON t.id = s.site WHERE s.hash = ?1"
    " AND t.identity = ?2 AND s.kind = ?3 AND s.scope = ?4 AND s.name = ?5"
    " AND s.parent = ?6 AND s.metric = ?7";
static const char ADD_SERIES[] =
    "INSERT INTO series(site, kind, scope, name, parent, metric, unit, hash, since_ms)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char LAST_ID[] = "SELECT last_insert_rowid()";
static const char ADD_LATEST[] = "INSERT INTO latest VALUES(?1, NULL, NULL)";
static const char MOST_SILENT[] =
    "SELECT s.id FROM series s JOIN latest l ON l.series = s.id"
    " WHERE (?1 = 0 OR s.site = ?1) AND coalesce(l.time_ms, s.since_ms) < ?2"
    " ORDER BY coalesce(l.time_ms, s.since_ms) LIMIT 1";
static const char *const forget_series[] = {
    "DELETE FROM series WHERE id = ?1",
    "DELETE FROM latest WHERE series = ?1",
    "DELETE FROM epoch WHERE series = ?1",
    "DELETE FROM claim WHERE series = ?1",
};
static const char FORGET_SITES[] = "DELETE FROM site WHERE refused = 0 AND NOT EXISTS"
                                   " (SELECT 1 FROM series WHERE site = site.id)";
static const char REFUSE[] = "UPDATE site SET refused = refused + 1 WHERE id = ?1";
static const char REFUSED[] = "SELECT refused FROM site WHERE identity = ?1";
/* CROSS JOIN: in this order nothing has to be sorted. */
static const char LIST[] =
    "SELECT s.id, t.identity, s.kind, s.scope, s.name, s.parent, s.metric, s.unit,"
    " s.since_ms, l.time_ms, l.value"
    " FROM site t CROSS JOIN series s ON s.site = t.id"
    " CROSS JOIN latest l ON l.series = s.id"
    " WHERE ?1 = '' OR t.identity = ?1 ORDER BY t.id, s.id";

static int64_t key_hash(const struct wpb_store_key *key)
{
    const struct wpb_slice parts[] = {
        key->site,   wpb_slice_cstr(wpb_subject_kind_name(key->kind)),
        key->scope,  key->name,
        key->parent, key->metric};
    unsigned long long hash = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        hash = hash * 31 + wpb_slice_hash(parts[i]);
    return (int64_t)hash;
}

int wpb_store_find_series(struct wpb_database *database,
                          const struct wpb_bound parts[WPB_STORE_SERIES_PARTS],
                          int64_t *id)
{
    return wpb_database_integer(database, FIND_SERIES, parts, WPB_STORE_SERIES_PARTS, 0,
                                id);
}

static int find_key(struct wpb_database *database, const struct wpb_store_key *key,
                    int64_t *id)
{
    const struct wpb_bound parts[WPB_STORE_SERIES_PARTS] = {
        wpb_int(key_hash(key)),
        wpb_text(key->site),
        wpb_cstr(wpb_subject_kind_name(key->kind)),
        wpb_text(key->scope),
        wpb_text(key->name),
        wpb_text(key->parent),
        wpb_text(key->metric)};

    return wpb_store_find_series(database, parts, id);
}

static int forget_series_of(struct wpb_database *database, int64_t id)
{
    int rc = SQLITE_OK;

    for (size_t i = 0; i < sizeof(forget_series) / sizeof(*forget_series); i++)
        if (rc == SQLITE_OK)
            rc = wpb_database_run(database, forget_series[i], WPB_BOUND(wpb_int(id)));
    return rc;
}

int wpb_store_forget_silent(struct wpb_database *database, int64_t site,
                            int64_t before_ms, bool *has_forgotten)
{
    int64_t id;
    int rc = wpb_database_integer(database, MOST_SILENT,
                                  WPB_BOUND(wpb_int(site), wpb_int(before_ms)), 0, &id);

    *has_forgotten = rc == SQLITE_OK && id != 0;
    return *has_forgotten ? forget_series_of(database, id) : rc;
}

int wpb_store_forget_sites(struct wpb_database *database)
{
    return wpb_database_run(database, FORGET_SITES, WPB_UNBOUND);
}

/* ---- finding and making ---- */

struct wanted {
    const struct wpb_store_key *key;
    int64_t now_ms;
    int64_t id;
};

/* Is there room for one more, of SITE and of all? Where there is not, a silent one may
 * give way. */
static int make_room(struct wpb_store *store, int64_t site, int64_t now_ms,
                     bool *has_room)
{
    int64_t of_site, all;
    int rc = wpb_database_integer(store->db, COUNT_OF_SITE, WPB_BOUND(wpb_int(site)), 0,
                                  &of_site);

    if (rc == SQLITE_OK)
        rc = wpb_database_integer(store->db, COUNT_ALL, WPB_UNBOUND, 0, &all);
    if (rc != SQLITE_OK)
        return rc;
    *has_room =
        of_site < WPB_STORE_SERIES_PER_SITE && all < wpb_store_series_limit(store);
    if (*has_room)
        return SQLITE_OK;
    /* Where all sites together are too many, another's silence counts as well. */
    return wpb_store_forget_silent(store->db,
                                   of_site < WPB_STORE_SERIES_PER_SITE ? 0 : site,
                                   now_ms - SILENT_MS, has_room);
}

static int add_series(struct wpb_store *store, int64_t site, struct wanted *wanted)
{
    const struct wpb_store_key *key = wanted->key;
    int rc = wpb_database_run(
        store->db, ADD_SERIES,
        WPB_BOUND(wpb_int(site), wpb_cstr(wpb_subject_kind_name(key->kind)),
                  wpb_text(key->scope), wpb_text(key->name), wpb_text(key->parent),
                  wpb_text(key->metric), wpb_text(key->unit), wpb_int(key_hash(key)),
                  wpb_int(wanted->now_ms)));

    if (rc == SQLITE_OK)
        rc = wpb_database_integer(store->db, LAST_ID, WPB_UNBOUND, 0, &wanted->id);
    if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, ADD_LATEST, WPB_BOUND(wpb_int(wanted->id)));
    return rc;
}

/* An id of 0 afterwards: refused. */
static int make_series(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    struct wanted *wanted = cookie;
    bool has_room = false;
    int64_t site = 0;
    int rc =
        wpb_database_run(store->db, ADD_SITE, WPB_BOUND(wpb_text(wanted->key->site)));

    wanted->id = 0;
    if (rc == SQLITE_OK)
        rc = wpb_database_integer(store->db, FIND_SITE,
                                  WPB_BOUND(wpb_text(wanted->key->site)), 0, &site);
    if (rc == SQLITE_OK && site != 0 && !store->is_crowded)
        rc = make_room(store, site, wanted->now_ms, &has_room);
    if (rc == SQLITE_OK && has_room)
        rc = add_series(store, site, wanted);
    else if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, REFUSE, WPB_BOUND(wpb_int(site)));
    return wpb_store_result(store, rc, "a new series", err);
}

static size_t key_bytes(const struct wpb_store_key *key)
{
    return key->site.len + key->scope.len + key->name.len + key->parent.len +
           key->metric.len + key->unit.len;
}

int wpb_store_series(struct wpb_store *store, const struct wpb_store_key *key,
                     int64_t now_ms, int64_t *id, struct wpb_err *err)
{
    struct wanted wanted = {.key = key, .now_ms = now_ms};

    *id = 0;
    store->now_ms = now_ms;
    if (key_bytes(key) > WPB_STORE_KEY_BYTES_MAX)
        return wpb_err_set(err, WPB_E_ARGUMENT, WPB_STORE_STAGE,
                           "the name of a series is longer than %d bytes",
                           WPB_STORE_KEY_BYTES_MAX);
    if (wpb_store_result(store, find_key(store->db, key, id), "a series", err) != 0)
        return -1;
    if (*id != 0)
        return 0;
    if (wpb_store_write(store, make_series, &wanted, err) != 0)
        return -1;
    *id = wanted.id;
    if (*id == 0)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "there are as many series as there may be");
    return 0;
}

int wpb_store_refused(struct wpb_store *store, struct wpb_slice site, uint64_t *refused,
                      struct wpb_err *err)
{
    int64_t count;
    int rc =
        wpb_database_integer(store->db, REFUSED, WPB_BOUND(wpb_text(site)), 0, &count);

    *refused = (uint64_t)count;
    return wpb_store_result(store, rc, "refused series", err);
}

/* ---- listing ---- */

static enum wpb_subject_kind kind_named(const char *name)
{
    int kind = 0;

    while (kind < WPB_SUBJECT_KINDS &&
           strcmp(wpb_subject_kind_name((enum wpb_subject_kind)kind), name) != 0)
        kind++;
    return (enum wpb_subject_kind)kind;
}

int wpb_store_list(struct wpb_store *store, struct wpb_slice site,
                   wpb_store_series_seen *seen, void *cookie, struct wpb_err *err)
{
    struct wpb_cursor rows =
        wpb_database_rows(store->db, LIST, WPB_BOUND(wpb_text(site)));

    while (wpb_cursor_next(&rows)) {
        struct wpb_store_listed listed = {
            .id = wpb_cursor_int(&rows, 0),
            .key = {.site = wpb_cursor_bytes(&rows, 1),
                    .kind = kind_named(wpb_cursor_text(&rows, 2)),
                    .scope = wpb_cursor_bytes(&rows, 3),
                    .name = wpb_cursor_bytes(&rows, 4),
                    .parent = wpb_cursor_bytes(&rows, 5),
                    .metric = wpb_cursor_bytes(&rows, 6),
                    .unit = wpb_cursor_bytes(&rows, 7)},
            .since_ms = wpb_cursor_int(&rows, 8),
            .has_last = !wpb_cursor_is_null(&rows, 9),
            .last = {wpb_cursor_int(&rows, 9), wpb_cursor_real(&rows, 10)},
        };

        /* A kind of another version of this program. */
        if (listed.key.kind != WPB_SUBJECT_KINDS)
            seen(cookie, &listed);
    }
    return wpb_store_result(store, rows.rc, "the catalogue of series", err);
}
