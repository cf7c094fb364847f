/*
 * http_receiver.h - tests/scenario/receiver.py in a process of its own, and certificates.
 */
#ifndef HTTP_RECEIVER_H
#define HTTP_RECEIVER_H

#include <stdbool.h>
#include <sys/types.h>

struct http_receiver {
    pid_t pid;
    int input; /* it ends when this is closed */
    int port;
    char *record; /* what it was sent */
};

/* Start one that records into FOLDER/NAME.jsonl; ARGUMENTS are ended by NULL. */
void http_receiver_start(struct http_receiver *receiver, const char *folder,
                         const char *name, const char *const *arguments);
void http_receiver_stop(struct http_receiver *receiver);

/* "http://127.0.0.1:PORT/PATH" with another SCHEME and HOST; valid until the next call.
 */
const char *http_receiver_url(const struct http_receiver *receiver, const char *scheme,
                              const char *host, const char *path);
/* Requests that it has recorded. */
unsigned http_receiver_requests(const struct http_receiver *receiver);
/* Does its record hold TEXT? */
bool http_receiver_has(const struct http_receiver *receiver, const char *text);

/* In FOLDER: ca.pem; server.pem and server.key for localhost; client.pem and client.key;
 * other-ca.pem, which has signed none of them. */
void http_receiver_certificates(const char *folder);

#endif
