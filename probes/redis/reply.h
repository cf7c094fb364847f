/*
 * reply.h - commands as bytes, and error replies as sentences.
 *
 * Pure; any thread. Error replies are strangers' bytes: they are quoted, cut, and
 * left to the output stage to escape.
 */
#ifndef WPB_REDIS_REPLY_H
#define WPB_REDIS_REPLY_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/err.h"

/* Append a command of COUNT words in RESP. */
void wpb_resp_command(struct wpb_buf *out, const struct wpb_slice *words, size_t count);
/* Append `$LEN\r\nWORD\r\n`, one word of a command. */
void wpb_resp_word(struct wpb_buf *out, struct wpb_slice word);

/* The bytes of a string, status or error reply; empty for others. */
struct wpb_slice wpb_reply_text(const struct redisReply *reply);
static inline bool wpb_reply_is_error(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR;
}
/* True for an error reply that begins with CODE, such as "NOPERM". */
bool wpb_reply_is_code(const struct redisReply *reply, const char *code);
/* The server does not offer the command: renamed, too old, or ACL. */
bool wpb_reply_is_refusal(const struct redisReply *reply);
/* TEXT, with which a server names another one, has the form of a name or an address. */
bool wpb_reply_is_host(struct wpb_slice text);
/* The value of an integer reply, FALLBACK for any other. */
int64_t wpb_reply_integer(const struct redisReply *reply, int64_t fallback);

/* Say what the error REPLY to COMMAND means and what to do about it. Returns -1. */
int wpb_reply_fail(struct wpb_err *err, const char *command,
                   const struct redisReply *reply);
/* The same for a reply of a type that the command never gives. Returns -1. */
int wpb_reply_unexpected(struct wpb_err *err, const char *command,
                         const struct redisReply *reply);

#endif
