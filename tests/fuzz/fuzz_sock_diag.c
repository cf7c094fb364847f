/* The input is a datagram of the kernel's. Its sockets lie inside it. */
#include <stdlib.h>

#include "probes/requests/sock_diag.h"
#include "tests/fuzz/fuzz.h"

static void take(void *cookie, const struct wpb_diag_socket *socket)
{
    const struct wpb_slice *datagram = cookie;
    volatile char last = 0;

    if (!socket->path.len)
        return;
    if (socket->path.data < datagram->data ||
        socket->path.data + socket->path.len > datagram->data + datagram->len)
        abort();
    last = socket->path.data[socket->path.len - 1];
    (void)last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice datagram = wpb_slice_of(data, size);
    struct wpb_err err = {.code = WPB_OK};
    enum wpb_diag_more more = wpb_diag_parse(datagram, 7, take, &datagram, &err);

    if ((more == WPB_DIAG_FAILED) != (err.code != WPB_OK))
        abort();
    return 0;
}
