/*
 * The first byte chooses nginx (with one of its ways to escape) or Apache, the rest of
 * its line is a format, and what follows are lines of its log.
 */
#include "probes/requests/web_log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/request_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of((const char *)data, size);
    struct wpb_line_format format;
    struct wpb_err err = {0};

    if (size == 0)
        return 0;
    text = wpb_slice_skip(text, 1);
    struct wpb_slice first = take_first_line(&text);
    int refused = data[0] == 'A' ? wpb_web_log_apache(&format, first, &err)
                                 : wpb_web_log_nginx(&format, first,
                                                     data[0] == 'J'   ? WPB_NGINX_JSON
                                                     : data[0] == 'N' ? WPB_NGINX_NONE
                                                                      : WPB_NGINX_DEFAULT,
                                                     &err);
    if (refused) {
        check(err.code != WPB_OK && err.message[0]);
        return 0;
    }
    check_lines(&format, text);
    return 0;
}
