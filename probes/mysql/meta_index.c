#include "probes/mysql/meta_index.h"

#include <stdlib.h>

/* "11.8.2-MariaDB": should a later one no longer have the variable. 10.10 switched it on
 * by itself, 11.8 does not. */
#define MARIADB_ALWAYS_MAJOR 11

void wpb_meta_index_ask(struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SHOW VARIABLES WHERE Variable_name IN "
                     "('innodb_prefix_index_cluster_optimization', "
                     "'innodb_buffer_pool_size', 'innodb_page_size')");
}

void wpb_meta_index_take(struct wpb_meta_index *index, const struct wpb_rung *rung,
                         const struct wpb_mysql_rows *rows)
{
    uint64_t pool_bytes = 0, page_bytes = 0;

    index->is_covering =
        wpb_rung_dialect(rung) == WPB_MARIADB &&
        strtoul(wpb_rung_version(rung), NULL, 10) >= MARIADB_ALWAYS_MAJOR;
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice name = wpb_rows_text(rows, i, 0);
        if (wpb_slice_is(name, "innodb_buffer_pool_size"))
            pool_bytes = wpb_rows_count(rows, i, 1);
        else if (wpb_slice_is(name, "innodb_page_size"))
            page_bytes = wpb_rows_count(rows, i, 1);
        else
            index->is_covering = wpb_slice_is(wpb_rows_text(rows, i, 1), "ON");
    }
    index->pool_pages = page_bytes ? pool_bytes / page_bytes : 0;
}

void wpb_meta_names(struct wpb_sql *sql, const char *column,
                    const struct wpb_builder_name *(*names)(size_t *count),
                    bool (*is_wanted)(const struct wpb_builder_name *name))
{
    size_t count;
    const struct wpb_builder_name *rows = names(&count);

    const char *between = " IN (";

    wpb_sql_add(sql, "(");
    wpb_sql_add(sql, column);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].is_prefix || (is_wanted && !is_wanted(&rows[i])))
            continue;
        wpb_sql_add(sql, between);
        between = ", ";
        wpb_sql_string(sql, rows[i].name);
    }
    wpb_sql_add(sql, ")");
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].is_prefix || (is_wanted && !is_wanted(&rows[i])))
            continue;
        wpb_sql_add(sql, " OR ");
        wpb_sql_add(sql, column);
        wpb_sql_like_prefix(sql, rows[i].name);
    }
    wpb_sql_add(sql, ")");
}

bool wpb_meta_guess_ask(struct wpb_sql *sql, size_t first)
{
    size_t count, asked = 0;
    const struct wpb_builder_name *names = wpb_builder_metas(&count);

    for (size_t i = first; i < count && asked < WPB_META_GUESSES; i++) {
        if (names[i].is_prefix)
            continue;
        wpb_sql_add(sql, asked++ ? " UNION ALL " : WPB_ROWS_EXPLAIN);
        wpb_sql_add(sql, "SELECT 1 FROM {postmeta} WHERE meta_key = ");
        wpb_sql_string(sql, names[i].name);
    }
    return asked > 0;
}

size_t wpb_meta_guess_take(const struct wpb_mysql_rows *rows, size_t *first,
                           struct wpb_meta_guess guesses[WPB_META_GUESSES])
{
    size_t count, taken = 0, i = *first;
    const struct wpb_builder_name *names = wpb_builder_metas(&count);

    for (; i < count && taken < WPB_META_GUESSES; i++) {
        if (names[i].is_prefix)
            continue;
        guesses[taken].name = &names[i];
        guesses[taken].rows = wpb_rows_guess(rows, taken);
        taken++;
    }
    *first = i;
    return taken;
}
