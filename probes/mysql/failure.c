#include "probes/mysql/failure.h"

#include <errmsg.h>
#include <stddef.h>

#define REPAIR "; repair the table: REPAIR TABLE, or mysqlcheck --auto-repair"
#define LOGIN "; check DB_USER and DB_PASSWORD, or give --mysql and --mysql-password-file"
#define GRANT "; packaging/grants.sql has the grant"
#define FULL "; raise max_connections or MAX_USER_CONNECTIONS, or try again later"

/* The client library's own numbers; MySQL's server uses 3000 and above again. */
static bool is_library(unsigned error)
{
    return (error >= 2000 && error < 3000) || (error >= 5000 && error < 6000);
}

static const struct row {
    unsigned error;
    enum wpb_err_code code;
    bool is_loss;
    const char *advice;
} rows[] = {
    {1040, WPB_E_CONNECT, false, FULL},              /* ER_CON_COUNT_ERROR */
    {1203, WPB_E_CONNECT, false, FULL},              /* ER_TOO_MANY_USER_CONNECTIONS */
    {1226, WPB_E_CONNECT, false, FULL},              /* ER_USER_LIMIT_REACHED */
    {1129, WPB_E_CONNECT, false, "; FLUSH HOSTS"},   /* ER_HOST_IS_BLOCKED */
    {1130, WPB_E_AUTH, false, "; let this host in"}, /* ER_HOST_NOT_PRIVILEGED */
    {1045, WPB_E_AUTH, false, LOGIN},                /* ER_ACCESS_DENIED_ERROR */
    {1698, WPB_E_AUTH, false, LOGIN},                /* ... without a password */
    {1044, WPB_E_AUTH, false, GRANT},                /* ER_DBACCESS_DENIED_ERROR */
    {1049, WPB_E_NOT_FOUND, false, "; is DB_NAME right?"}, /* ER_BAD_DB_ERROR */
    {WPB_MYSQL_TABLE_DENIED, WPB_E_DENIED, false, GRANT},
    {1143, WPB_E_DENIED, false, GRANT}, /* ER_COLUMNACCESS_DENIED_ERROR */
    {WPB_MYSQL_PRIVILEGE_MISSING, WPB_E_DENIED, false, GRANT},
    {WPB_MYSQL_NO_SUCH_TABLE, WPB_E_NOT_FOUND, false,
     "; is the table prefix right (--table-prefix)?"},
    {1356, WPB_E_NOT_FOUND, false, "; the view is broken"}, /* ER_VIEW_INVALID */
    {126, WPB_E_IO, false, REPAIR},     /* of the storage engine: index is corrupt */
    {127, WPB_E_IO, false, REPAIR},     /* record file is corrupt */
    {144, WPB_E_IO, false, REPAIR},     /* crashed, and the last repair failed */
    {145, WPB_E_IO, false, REPAIR},     /* marked as crashed */
    {1016, WPB_E_IO, false, REPAIR},    /* ER_CANT_OPEN_FILE */
    {1017, WPB_E_IO, false, REPAIR},    /* ER_FILE_NOT_FOUND */
    {1030, WPB_E_IO, false, REPAIR},    /* ER_GET_ERRNO */
    {1033, WPB_E_IO, false, REPAIR},    /* ER_NOT_FORM_FILE */
    {1034, WPB_E_IO, false, REPAIR},    /* ER_NOT_KEYFILE */
    {1194, WPB_E_IO, false, REPAIR},    /* ER_CRASHED_ON_USAGE */
    {1195, WPB_E_IO, false, REPAIR},    /* ER_CRASHED_ON_REPAIR */
    {1712, WPB_E_IO, false, REPAIR},    /* ER_INDEX_CORRUPT */
    {1932, WPB_E_IO, false, REPAIR},    /* ER_NO_SUCH_TABLE_IN_ENGINE */
    {1205, WPB_E_TIMEOUT, false, ""},   /* ER_LOCK_WAIT_TIMEOUT */
    {1969, WPB_E_TIMEOUT, false, ""},   /* MariaDB's ER_STATEMENT_TIMEOUT */
    {3024, WPB_E_TIMEOUT, false, ""},   /* MySQL's ER_QUERY_TIMEOUT */
    {1317, WPB_E_CANCELLED, false, ""}, /* ER_QUERY_INTERRUPTED */
    {1053, WPB_E_CLOSED, true, ""},     /* ER_SERVER_SHUTDOWN */
    {1927, WPB_E_CLOSED, true, ""},     /* MariaDB's ER_CONNECTION_KILLED */
    {CR_SERVER_GONE_ERROR, WPB_E_CLOSED, true, ""},
    {CR_SERVER_LOST, WPB_E_CLOSED, true, "; has it stopped, or is it overloaded?"},
    {CR_OUT_OF_MEMORY, WPB_E_MEMORY, true, ""},
    {CR_NET_PACKET_TOO_LARGE, WPB_E_UNSUPPORTED, true, "; a row is larger than 2 MB"},
    {CR_SSL_CONNECTION_ERROR, WPB_E_CONNECT, true,
     "; its CA must be among those of this system (update-ca-certificates)"},
};

static const struct row *row_of(unsigned error)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].error == error)
            return &rows[i];
    }
    return NULL;
}

enum wpb_err_code wpb_mysql_failure_code(unsigned error)
{
    const struct row *row = row_of(error);

    if (row)
        return row->code;
    return is_library(error) ? WPB_E_CONNECT : WPB_E_PROTOCOL;
}

const char *wpb_mysql_failure_advice(unsigned error)
{
    const struct row *row = row_of(error);

    if (row)
        return row->advice;
    return wpb_mysql_failure_code(error) == WPB_E_CONNECT
               ? "; is the server running, and is DB_HOST right?"
               : "";
}

bool wpb_mysql_failure_is_loss(unsigned error)
{
    const struct row *row = row_of(error);

    return row ? row->is_loss : is_library(error);
}
