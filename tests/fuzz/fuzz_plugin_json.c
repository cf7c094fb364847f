/* A plugin's settings in JSON: what is taken out of any bytes is a plain value. */
#include <stdlib.h>

#include "probes/wordpress/connection.h"
#include "probes/wordpress/md5.h"
#include "probes/wordpress/plugin_json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_redis_address address;
    char digits[WPB_MD5_DIGITS + 1];
    struct wpb_err err;
    size_t count;

    if (!arena)
        abort();
    struct wpb_slice bytes = wpb_slice_of(size ? (const char *)data : "", size);
    wpb_md5_hex(bytes, digits);
    struct wpb_plugin_json *json = wpb_plugin_json_parse(bytes, &err);
    if (json) {
        struct wpb_connection settings = {
            .host = wpb_plugin_json_first(json, "h", arena, &count),
            .port = wpb_plugin_json_value(json, "p", arena),
            .database = wpb_plugin_json_value(json, "d", arena),
            .user = wpb_plugin_json_value(json, "u", arena),
            .password = wpb_plugin_json_value(json, "w", arena),
        };
        wpb_connection_address(&settings, arena, &address);
        if (address.scheme == WPB_REDIS_UNIX ? !address.path
                                             : !*address.host || !address.port)
            abort();
    } else if (err.code == WPB_OK || !err.message[0]) {
        abort();
    }
    wpb_plugin_json_free(json);
    wpb_arena_free(arena);
    return 0;
}
