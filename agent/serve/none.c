/* A build without libmicrohttpd (-DWPB_WITH_HTTP=OFF). */
#include "agent/serve/serve.h"

#include <stddef.h>

struct wpb_serve *wpb_serve_open(struct uv_loop_s *loop,
                                 const struct wpb_serve_settings *settings,
                                 const struct wpb_serve_routes *routes,
                                 struct wpb_err *err)
{
    (void)loop, (void)settings, (void)routes;
    wpb_err_set(err, WPB_E_UNSUPPORTED, "serve",
                "this wpbloat was built without HTTP: set listen = none");
    return NULL;
}

uint16_t wpb_serve_port(const struct wpb_serve *serve)
{
    (void)serve;
    return 0;
}

uint64_t wpb_serve_requests(const struct wpb_serve *serve)
{
    (void)serve;
    return 0;
}

void wpb_serve_forget(struct wpb_serve *serve)
{
    (void)serve;
}

void wpb_serve_close(struct wpb_serve *serve)
{
    (void)serve;
}
