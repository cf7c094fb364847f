/*
 * rdb_object.h - one value of an RDB file, passed over by its structure. Inside the
 * reader only.
 */
#ifndef WPB_REDIS_RDB_OBJECT_H
#define WPB_REDIS_RDB_OBJECT_H

#include "probes/redis/rdb_input.h"

/* Is TYPE_BYTE a value's type, in a file of that make? */
bool wpb_rdb_object_is_known(uint8_t type_byte, bool is_valkey);
/* The type of the value that it announces, which must be known. */
enum wpb_rdb_type wpb_rdb_object_type(uint8_t type_byte);
/* Pass over the value, written by the server that FILE's header names, and fill KEY's
 * type, length, elements and memory_bytes (of the value alone). */
int wpb_rdb_object_skip(struct wpb_rdb_input *input, uint8_t type_byte,
                        const struct wpb_rdb_result *file, struct wpb_rdb_key *key);
/* Pass over what a module wrote, to its end mark. */
int wpb_rdb_module_skip(struct wpb_rdb_input *input);

#endif
