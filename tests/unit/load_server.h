/*
 * load_server.h - a web server of the tests' own that behaves as told, well or badly.
 *
 * On 127.0.0.1 and a port that was free; a thread a connection.
 */
#ifndef LOAD_SERVER_H
#define LOAD_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum load_server_manner {
    LOAD_SERVER_PAGE,      /* a small page, at once */
    LOAD_SERVER_ERROR,     /* 500 */
    LOAD_SERVER_MISSING,   /* 404 */
    LOAD_SERVER_REDIRECT,  /* 302 to another server */
    LOAD_SERVER_ENDLESS,   /* a body without end */
    LOAD_SERVER_HEADERS,   /* headers without end */
    LOAD_SERVER_LINE,      /* one header line without end */
    LOAD_SERVER_TRICKLE,   /* a byte now and then, for ever */
    LOAD_SERVER_SILENT,    /* accepts, and says nothing */
    LOAD_SERVER_BINARY,    /* bytes that are no HTTP */
    LOAD_SERVER_HANGS_UP,  /* closes before it answers */
    LOAD_SERVER_CUT_SHORT, /* closes in the middle of a body */
    LOAD_SERVER_PROOF,     /* the proof file `text`, and nothing else */
    LOAD_SERVER_STATION,   /* a page by one of four workers, each 100 ms */
};

struct load_server {
    int fd;
    uint16_t port;
    uint16_t elsewhere; /* where a redirect leads */
    const char *text;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    int busy; /* workers of a station */
    _Atomic enum load_server_manner manner;
    atomic_uint requests, connections;
    atomic_bool is_over;
    char last[2048]; /* request; read it when the server rests */
};

void load_server_start(struct load_server *server, enum load_server_manner manner);
void load_server_stop(struct load_server *server);

#endif
