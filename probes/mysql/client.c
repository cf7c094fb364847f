#include "probes/mysql/client.h"

#include <string.h>

#ifdef MARIADB_PACKAGE_VERSION_ID

static void set_encryption(MYSQL *mysql, bool must_encrypt)
{
    my_bool on = 1;

    if (!must_encrypt)
        return;
    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
}

#else

static void set_encryption(MYSQL *mysql, bool must_encrypt)
{
    unsigned mode = must_encrypt ? SSL_MODE_VERIFY_IDENTITY : SSL_MODE_PREFERRED;

    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
}

#endif

void wpb_mysql_client_options(MYSQL *mysql, bool must_encrypt)
{
    unsigned off = 0;
    unsigned long packet_max = 2UL << 20; /* no statement asks for a larger row */

    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
    set_encryption(mysql, must_encrypt);
}

bool wpb_mysql_client_is_mariadb(const char *version)
{
    return strstr(version, "MariaDB") != NULL;
}

void wpb_mysql_client_begin(void)
{
    mysql_library_init(0, NULL, NULL);
}

void wpb_mysql_client_end_thread(void)
{
    mysql_thread_end();
}
