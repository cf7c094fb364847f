/* The input is taken for each of the files of a process. */
#include <stdlib.h>

#include "probes/requests/proc_title.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of(data, size), name = {NULL, 0};
    enum wpb_fpm_title title = wpb_fpm_title_parse(text, &name);
    uint32_t parent;

    if (title != WPB_FPM_NO_TITLE &&
        (!name.len || name.data < text.data ||
         name.data + name.len > text.data + text.len || memchr(name.data, 0, name.len)))
        abort();
    wpb_proc_parent_parse(text, &parent);
    return 0;
}
