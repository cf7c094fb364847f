/* The input is what stands behind `listen`. What is taken can be connected to. */
#include <stdlib.h>
#include <sys/un.h>

#include "probes/requests/listen_address.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_listen_address address;
    struct sockaddr_storage target;
    struct wpb_err err;

    if (!arena)
        abort();
    const char *text =
        wpb_arena_cstr(arena, size ? wpb_slice_of(data, size) : wpb_slice_of("", 0));
    int result = wpb_listen_address_parse(text, "/usr", arena, &address, &err);
    if ((result == 0) == (address.kind == WPB_LISTEN_NONE))
        abort();
    if (result == 0) {
        socklen_t len = wpb_listen_address_target(&address, &target);
        if (len == 0 || len > sizeof target)
            abort();
        if (address.kind != WPB_LISTEN_UNIX && address.port == 0)
            abort();
        if (address.kind == WPB_LISTEN_UNIX && address.path[0] != '/')
            abort();
    }
    wpb_arena_free(arena);
    return 0;
}
