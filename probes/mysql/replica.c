#include "probes/mysql/replica.h"

#include <stdio.h>
#include <stdlib.h>

/* MySQL renamed the statement in 8.0.22 and dropped the old name in 8.4. MariaDB has
 * the old one in all versions, and shows sources with a name only when asked for all. */
const char *wpb_mysql_lag_sql(enum wpb_mysql_dialect dialect, const char *version)
{
    unsigned major = 0, minor = 0, patch = 0;

    if (dialect == WPB_MARIADB)
        return "SHOW ALL SLAVES STATUS";
    if (sscanf(version, "%4u.%4u.%4u", &major, &minor, &patch) == 3 &&
        major * 1000000 + minor * 1000 + patch < 8000022)
        return "SHOW SLAVE STATUS";
    return "SHOW REPLICA STATUS";
}

static bool is_lag(struct wpb_slice name)
{
    return wpb_slice_is(name, "Seconds_Behind_Master") ||
           wpb_slice_is(name, "Seconds_Behind_Source");
}

enum wpb_mysql_lag wpb_mysql_lag_read(const struct wpb_mysql_rows *rows,
                                      uint64_t *seconds)
{
    enum wpb_mysql_lag lag = WPB_MYSQL_LAG_NONE;
    size_t column = 0;

    *seconds = 0;
    while (column < rows->columns && !is_lag(rows->names[column]))
        column++;
    for (size_t i = 0; column < rows->columns && i < rows->rows; i++) {
        const struct wpb_slice *cell = &rows->cells[i * rows->columns + column];
        uint64_t value = cell->data ? strtoull(cell->data, NULL, 10) : 0;
        if (!cell->data)
            lag = WPB_MYSQL_LAG_STOPPED;
        else if (lag != WPB_MYSQL_LAG_STOPPED)
            lag = WPB_MYSQL_LAG_KNOWN;
        if (value > *seconds)
            *seconds = value;
    }
    if (lag == WPB_MYSQL_LAG_STOPPED)
        *seconds = 0;
    return lag;
}
