/* Small facts, by name. */
#include "agent/history/inside.h"

/* Of the others when this is a new one, without those of this room. */
static const char COUNT[] =
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM fact WHERE name = ?1) THEN 0"
    " ELSE (SELECT count(*) FROM fact WHERE name NOT LIKE 'history.%') END";
static const char PUT[] = "INSERT OR REPLACE INTO fact VALUES(?1, ?2)";
static const char GET[] = "SELECT value FROM fact WHERE name = ?1";

struct fact {
    const char *name;
    struct wpb_slice value;
};

static int put(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct fact *fact = cookie;
    int64_t count;
    int rc = wpb_database_integer(store->db, COUNT, WPB_BOUND(wpb_cstr(fact->name)), 0,
                                  &count);

    if (rc == SQLITE_OK && count >= WPB_STORE_FACTS_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "there are as many facts as there may be");
    if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, PUT,
                              WPB_BOUND(wpb_cstr(fact->name), wpb_blob(fact->value)));
    return wpb_store_result(store, rc, "a fact", err);
}

int wpb_store_fact_put(struct wpb_store *store, const char *name, struct wpb_slice value,
                       struct wpb_err *err)
{
    struct fact fact = {name, value};

    if (value.len > WPB_STORE_FACT_BYTES_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "the fact %s is longer than %d bytes", name,
                           WPB_STORE_FACT_BYTES_MAX);
    return wpb_store_write(store, put, &fact, err);
}

int wpb_store_fact(struct wpb_store *store, const char *name, char *value,
                   size_t capacity, size_t *len, struct wpb_err *err)
{
    struct wpb_cursor rows = wpb_database_rows(store->db, GET, WPB_BOUND(wpb_cstr(name)));
    bool has_room = true;

    *len = 0;
    if (wpb_cursor_next(&rows)) {
        struct wpb_slice found = wpb_cursor_bytes(&rows, 0);

        has_room = found.len <= capacity;
        if (has_room && found.len > 0)
            memcpy(value, found.data, found.len);
        *len = has_room ? found.len : 0;
    }
    wpb_cursor_end(&rows);
    if (rows.rc != SQLITE_OK)
        return wpb_store_failed(store, rows.rc, "a fact", err);
    if (!has_room)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "the fact %s does not fit into %zu bytes", name, capacity);
    return 0;
}
