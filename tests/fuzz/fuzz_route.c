/*
 * The first line is how a site names one of its pages and its base, then come URIs. Each
 * has a route, and the same one when it is asked for again.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/request_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of((const char *)data, size);
    struct wpb_slice first = take_first_line(&text);
    char name[128];

    size_t len = first.len < sizeof name - 1 ? first.len : sizeof name - 1;
    if (len)
        memcpy(name, first.data, len);
    name[len] = '\0';
    const struct wpb_route_prefix prefix = {name, WPB_ROUTE_PRODUCT};
    const struct wpb_route_names names = {name, &prefix, 1};
    while (text.len) {
        struct wpb_slice uri = take_first_line(&text);
        const char *mark = uri.len ? memchr(uri.data, '?', uri.len) : NULL;
        struct wpb_request_line request = {.known = WPB_LINE_PATH};
        request.path = mark ? wpb_slice_head(uri, (size_t)(mark - uri.data)) : uri;
        if (mark) {
            request.known |= WPB_LINE_QUERY;
            request.query = wpb_slice_skip(uri, request.path.len + 1);
        }
        request.is_rewritten = uri.len % 2;
        check(wpb_route_of(&request, NULL) < WPB_ROUTES);
        enum wpb_route route = wpb_route_of(&request, &names);
        check(route < WPB_ROUTES && route == wpb_route_of(&request, &names));
        check(!request.is_rewritten || !wpb_slice_is(request.path, "/index.php") ||
              wpb_route_of(&request, NULL) != WPB_ROUTE_FRONT_PAGE);
    }
    return 0;
}
