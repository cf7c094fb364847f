#include "probes/redis/guard.h"

#include <hiredis/read.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wpbloat/slice.h"

/* Elements of one array: a SCAN's COUNT of 500 with long hash chains is far below. */
#define ELEMENTS_MAX 65536
/* Arrays in arrays: no reply asked for goes deeper than three. hiredis 0.14 takes eight,
 * later ones as many as the peer sends, and frees them by recursion. */
#define NESTING_MAX 7

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* [kind, channel, payload] */
#define MESSAGE_PARTS 3

static uint64_t digits(uint64_t number)
{
    uint64_t n = 1;
    while (number >= 10) {
        number /= 10;
        n++;
    }
    return n;
}

/* Room for one more item of BYTES on the wire? */
static bool admit(const redisReadTask *task, uint64_t bytes)
{
    struct wpb_reply_guard *guard = task->privdata;

    if (!task->parent)
        guard->reply_bytes = 0;
    guard->reply_bytes += bytes;
    *guard->received += bytes;
    if (*guard->pending == 0 && !guard->takes_messages) {
        snprintf(guard->violation, sizeof guard->violation,
                 "it sent what nobody had asked for");
        return false;
    }
    if (guard->reply_bytes > guard->reply_max) {
        snprintf(guard->violation, sizeof guard->violation,
                 "one reply passed %llu bytes, the most this program takes",
                 (unsigned long long)guard->reply_max);
        return false;
    }
    return true;
}

/* Is the item in its place in a message? hiredis asserts some of this. Subscriptions
 * are never ended here, so that no other kind can come. */
static bool is_of_message(const redisReadTask *task, element_count count,
                          struct wpb_slice text)
{
    struct wpb_reply_guard *guard = task->privdata;
    bool is_right = true;

    if (*guard->pending > 0 || !guard->takes_messages)
        return true;
    if (!task->parent)
        is_right = task->type == REDIS_REPLY_ERROR ||
                   (task->type == REDIS_REPLY_ARRAY && count == MESSAGE_PARTS);
    else if (!task->parent->parent && task->idx < 2)
        is_right = task->type == REDIS_REPLY_STRING &&
                   (task->idx == 1 || wpb_slice_is(text, "message") ||
                    wpb_slice_is(text, "subscribe"));
    if (!is_right)
        snprintf(guard->violation, sizeof guard->violation,
                 "it sent what is no message to a subscriber");
    return is_right;
}

/* A reply and LEN bytes of its own behind it, in one block. */
static redisReply *create(const redisReadTask *task, int type, size_t len)
{
    redisReply *reply = malloc(sizeof *reply + len);
    if (!reply)
        return NULL;
    memset(reply, 0, sizeof *reply);
    reply->type = type;
    if (task->parent) {
        redisReply *parent = task->parent->obj;
        parent->element[task->idx] = reply;
    }
    return reply;
}

/* Recursion is bounded by NESTING_MAX. */
static void free_reply(void *object)
{
    redisReply *reply = object;
    if (!reply)
        return;
    for (size_t i = 0; reply->element && i < reply->elements; i++)
        free_reply(reply->element[i]);
    free(reply->element);
    free(reply);
}

static void *refuse_type(const redisReadTask *task)
{
    struct wpb_reply_guard *guard = task->privdata;
    snprintf(guard->violation, sizeof guard->violation,
             "it sent a type (%d) that RESP2 does not have", task->type);
    return NULL;
}

static void *create_string(const redisReadTask *task, char *bytes, size_t len)
{
    bool is_bulk = task->type == REDIS_REPLY_STRING;
    redisReply *reply;

    if (!is_bulk && task->type != REDIS_REPLY_STATUS && task->type != REDIS_REPLY_ERROR)
        return refuse_type(task);
    if (!admit(task, len + 3 + (is_bulk ? digits(len) + 2 : 0)) ||
        !is_of_message(task, 0, wpb_slice_of(bytes, len)))
        return NULL;
    reply = create(task, task->type, len + 1);
    if (!reply)
        return NULL;
    reply->str = (char *)(reply + 1);
    reply->len = len;
    memcpy(reply->str, bytes, len);
    reply->str[len] = '\0';
    return reply;
}

static int nesting(const redisReadTask *task)
{
    int depth = 0;
    for (; task; task = task->parent)
        depth++;
    return depth;
}

static void *create_array(const redisReadTask *task, element_count count)
{
    struct wpb_reply_guard *guard = task->privdata;
    redisReply **elements = NULL;
    redisReply *reply;

    if (task->type != REDIS_REPLY_ARRAY)
        return refuse_type(task);
    if (!admit(task, digits((uint64_t)count) + 3) ||
        !is_of_message(task, count, wpb_slice_of("", 0)))
        return NULL;
    if (nesting(task) > NESTING_MAX) {
        snprintf(guard->violation, sizeof guard->violation,
                 "it nested arrays more than %d deep", NESTING_MAX);
        return NULL;
    }
    if (count > ELEMENTS_MAX) {
        snprintf(guard->violation, sizeof guard->violation,
                 "it announced an array of %llu elements", (unsigned long long)count);
        return NULL;
    }
    if (count > 0) {
        elements = calloc((size_t)count, sizeof *elements);
        if (!elements)
            return NULL;
    }
    reply = create(task, REDIS_REPLY_ARRAY, 0);
    if (!reply) {
        free(elements);
        return NULL;
    }
    reply->element = elements;
    reply->elements = (size_t)count;
    return reply;
}

static void *create_integer(const redisReadTask *task, long long value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    redisReply *reply;

    if (!admit(task, digits(size) + (value < 0) + 3) ||
        !is_of_message(task, 0, wpb_slice_of("", 0)))
        return NULL;
    reply = create(task, REDIS_REPLY_INTEGER, 0);
    if (reply)
        reply->integer = value;
    return reply;
}

static void *create_nil(const redisReadTask *task)
{
    if (!admit(task, 5) || !is_of_message(task, 0, wpb_slice_of("", 0)))
        return NULL;
    return create(task, REDIS_REPLY_NIL, 0);
}

#if HIREDIS_MAJOR >= 1
static void *create_double(const redisReadTask *task, double value, char *text,
                           size_t len)
{
    (void)value;
    (void)text;
    (void)len;
    return refuse_type(task);
}

static void *create_bool(const redisReadTask *task, int value)
{
    (void)value;
    return refuse_type(task);
}
#endif

static const redisReplyObjectFunctions functions = {
    .createString = create_string,
    .createArray = create_array,
    .createInteger = create_integer,
    .createNil = create_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = create_double,
    .createBool = create_bool,
#endif
    .freeObject = free_reply,
};

void wpb_reply_guard_install(struct wpb_reply_guard *guard, redisReader *reader)
{
    guard->reply_bytes = 0;
    guard->violation[0] = '\0';
    /* hiredis leaves out the const, and never writes through it. */
    reader->fn = (redisReplyObjectFunctions *)&functions;
    reader->privdata = guard;
}
