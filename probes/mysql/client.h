/*
 * client.h - where MariaDB Connector/C and MySQL's libmysqlclient differ.
 */
#ifndef WPB_MYSQL_CLIENT_H
#define WPB_MYSQL_CLIENT_H

#include <mysql.h>
#include <stdbool.h>

/* Options before connecting: TLS and nothing else when MUST_ENCRYPT, no file reads on
 * the server's wish, no reconnection behind our back. */
void wpb_mysql_client_options(MYSQL *mysql, bool must_encrypt);

/* The descriptor of a connection that stands. */
int wpb_mysql_client_socket(MYSQL *mysql);

/* Whether VERSION, as a server reports it, is MariaDB's. */
bool wpb_mysql_client_is_mariadb(const char *version);

/* Once, before any other thread; and what every thread must call before it ends. */
void wpb_mysql_client_begin(void);
void wpb_mysql_client_end_thread(void);

#endif
