#include "probes/requests/proc_title.h"

static bool take(struct wpb_slice *text, struct wpb_slice word)
{
    if (!wpb_slice_starts(*text, word))
        return false;
    *text = wpb_slice_skip(*text, word.len);
    return true;
}

enum wpb_fpm_title wpb_fpm_title_parse(struct wpb_slice cmdline, struct wpb_slice *name)
{
    static const struct wpb_slice master = WPB_SLICE("php-fpm: master process ("),
                                  worker = WPB_SLICE("php-fpm: pool ");
    const char *end = cmdline.len ? memchr(cmdline.data, '\0', cmdline.len) : NULL;
    struct wpb_slice text =
        wpb_slice_head(cmdline, end ? (size_t)(end - cmdline.data) : cmdline.len);

    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    if (take(&text, worker)) {
        *name = text;
        return text.len ? WPB_FPM_WORKER : WPB_FPM_NO_TITLE;
    }
    if (!take(&text, master) || text.len < 2 || text.data[0] != '/' ||
        text.data[text.len - 1] != ')')
        return WPB_FPM_NO_TITLE;
    *name = wpb_slice_head(text, text.len - 1);
    return WPB_FPM_MASTER;
}

bool wpb_proc_parent_parse(struct wpb_slice stat, uint32_t *parent)
{
    const char *bracket = stat.len ? memrchr(stat.data, ')', stat.len) : NULL;
    struct wpb_slice rest;
    uint64_t number = 0;
    size_t at = 0;

    if (!bracket)
        return false;
    rest = wpb_slice_skip(stat, (size_t)(bracket - stat.data) + 1);
    if (rest.len < 4 || rest.data[0] != ' ' || rest.data[2] != ' ')
        return false;
    rest = wpb_slice_skip(rest, 3);
    for (; at < rest.len && rest.data[at] >= '0' && rest.data[at] <= '9'; at++) {
        number = number * 10 + (uint64_t)(rest.data[at] - '0');
        if (number > UINT32_MAX)
            return false;
    }
    if (at == 0 || at == rest.len || rest.data[at] != ' ')
        return false;
    *parent = (uint32_t)number;
    return true;
}
