#include "probes/mysql/client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MARIADB_PACKAGE_VERSION_ID

/* From Connector/C 3.4 on encryption is what happens unless it is switched off, and a
 * server without a certificate is refused. */
static void set_encryption(MYSQL *mysql, bool must_encrypt)
{
    my_bool on = must_encrypt;

    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
}

int wpb_mysql_client_socket(MYSQL *mysql)
{
    return mysql_get_socket(mysql);
}

#else

/* The library asks for a file: the one OpenSSL is told of, or where the systems keep
 * theirs. */
static const char *trusted(void)
{
    static const char *const files[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
    };

    const char *named = getenv("SSL_CERT_FILE");

    if (named && *named)
        return named;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (access(files[i], R_OK) == 0)
            return files[i];
    }
    return files[0];
}

static void set_encryption(MYSQL *mysql, bool must_encrypt)
{
    unsigned mode = must_encrypt ? SSL_MODE_VERIFY_IDENTITY : SSL_MODE_PREFERRED;

    if (must_encrypt)
        mysql_options(mysql, MYSQL_OPT_SSL_CA, trusted());
    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
}

int wpb_mysql_client_socket(MYSQL *mysql)
{
    return mysql->net.fd;
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
