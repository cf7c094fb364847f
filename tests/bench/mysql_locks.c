/* mysql_locks.c - the statement with which mysql.locks asks MariaDB who waits for rows.
 */
#include <stdio.h>

#include "probes/mysql/lock_rows.h"

int main(void)
{
    struct wpb_sql sql;

    wpb_sql_init(&sql, NULL);
    wpb_lock_rows_sql(&sql, WPB_MARIADB);
    printf("%s\n", sql.text.data);
    wpb_sql_fini(&sql);
    return 0;
}
