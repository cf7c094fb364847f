/*
 * json_write.h - JSON written straight into a buffer, member by member.
 *
 * Byte-stable: members come in the order of the calls, integers are exact at any
 * size, doubles are the shortest decimal that reads back the same, and the only
 * control byte is the newline. The locale is never asked. KEY is static ASCII
 * text; NULL inside arrays. One thread.
 */
#ifndef WPB_OUTPUT_JSON_WRITE_H
#define WPB_OUTPUT_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/sample.h"

#define WPB_JSON_DEPTH_MAX 16

struct wpb_json {
    struct wpb_buf *out;
    bool is_pretty; /* two spaces a level, one member a line */
    size_t depth;
    bool has_member[WPB_JSON_DEPTH_MAX];
    char closing[WPB_JSON_DEPTH_MAX];
};

struct wpb_json wpb_json_of(struct wpb_buf *out, bool is_pretty);

/* At most WPB_JSON_DEPTH_MAX - 1 levels; every open needs its close. */
void wpb_json_open_object(struct wpb_json *json, const char *key);
void wpb_json_open_array(struct wpb_json *json, const char *key);
void wpb_json_close(struct wpb_json *json);

/* Texts that are shown as they are: paths, URIs, commands, words of our own. */
void wpb_json_text(struct wpb_json *json, const char *key, struct wpb_slice text);
/* The same of a C string; NULL and "" are null, which means unknown. */
void wpb_json_known(struct wpb_json *json, const char *key, const char *text);
/* A sentence that may quote names: masked word by word. NULL is "". */
void wpb_json_prose(struct wpb_json *json, const char *key, const char *text);
/* A name: masked and cut. When it is not UTF-8 a second member, KEY_hex, holds the
 * masked and cut bytes in hexadecimal. KEY is not NULL and at most 40 bytes. */
void wpb_json_name(struct wpb_json *json, const char *key, struct wpb_slice name);

void wpb_json_integer(struct wpb_json *json, const char *key, int64_t integer);
void wpb_json_count(struct wpb_json *json, const char *key, uint64_t count);
/* null when it is not known. */
void wpb_json_count_if(struct wpb_json *json, const char *key, bool is_known,
                       uint64_t count);
/* NaN and the infinities, which JSON cannot hold, are null. */
void wpb_json_number(struct wpb_json *json, const char *key, double number);
void wpb_json_bool(struct wpb_json *json, const char *key, bool truth);
void wpb_json_null(struct wpb_json *json, const char *key);
/* An evidence value; texts count as prose. */
void wpb_json_value(struct wpb_json *json, const char *key,
                    const struct wpb_value *value);

/* As the schemas say it: null when unknown (0), -1 when there is none
 * (UINT64_MAX), as PHP itself writes it. */
void wpb_json_memory_limit(struct wpb_json *json, const char *key, uint64_t bytes);
/* 80210 is "8.2.10", 80200 is "8.2", 0 is null. */
void wpb_json_php_version(struct wpb_json *json, const char *key, uint32_t version);

#endif
