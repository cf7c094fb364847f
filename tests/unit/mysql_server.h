/*
 * mysql_server.h - a private server for a test: own folder, own socket, ended by its
 * process id. It is mariadbd; with WPB_TEST_MYSQLD in the environment it is MySQL's
 * program of that path. A machine without it fails the test.
 *
 * The empty data folder is installed once for a build folder and copied for each
 * server, which then takes about half a second; start one in a group's setup.
 */
#ifndef TESTS_MYSQL_SERVER_H
#define TESTS_MYSQL_SERVER_H

#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wpbloat/slice.h"

struct mysql_server {
    char folder[64], socket[96];
    uint16_t port; /* loopback; 0 when only the socket is open */
    pid_t pid;
    const char *const *args; /* those it was started with */
    MYSQL *admin;            /* the test's own connection: root, without a password */
};

/* Start one, with an 8 MB buffer pool and no care for the disk. ARGS: further
 * arguments of mariadbd up to a NULL, or NULL; they come last and so win
 * ("--innodb-buffer-pool-size=64M"); they are used again by a restart. With HAS_PORT
 * it listens on loopback too. */
void mysql_server_start(struct mysql_server *server, const char *const *args,
                        bool has_port);
/* End it in good order and start it on the same data: the buffer pool is cold. */
void mysql_server_restart(struct mysql_server *server);
/* Kill at once, leaving the folder and the test's connection, which is dead. */
void mysql_server_kill(struct mysql_server *server);
/* It accepts connections and answers nothing, until it is thawed. */
void mysql_server_freeze(struct mysql_server *server);
void mysql_server_thaw(struct mysql_server *server);
void mysql_server_stop(struct mysql_server *server);

/* End all connections of USER. */
void mysql_server_dismiss(struct mysql_server *server, const char *user);

/* Run SQL, one or more statements; an error fails the test. "FROM seq_1_to_500" is
 * MariaDB's table of numbers, which MySQL is given as a view of the current schema. */
void mysql_server_do(struct mysql_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Run LEN bytes of it as they are. */
void mysql_server_run(struct mysql_server *server, const char *sql, size_t len);
/* The first column of the first row, which must be there. Free the text. */
long long mysql_server_integer(struct mysql_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *mysql_server_text(struct mysql_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Is it MySQL's? A test of what MariaDB alone has, or says otherwise, asks. */
bool mysql_server_is_mysql(void);

/* A port of loopback that is free now. */
uint16_t mysql_free_port(void);

#endif
