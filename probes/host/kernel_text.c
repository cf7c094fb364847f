#include "probes/host/kernel_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool wpb_kernel_take_word(struct wpb_slice *text, const char *word)
{
    if (!wpb_slice_starts(*text, wpb_slice_cstr(word)))
        return false;
    *text = wpb_slice_skip(*text, strlen(word));
    return true;
}

static bool is_digit(struct wpb_slice text)
{
    return text.len > 0 && text.data[0] >= '0' && text.data[0] <= '9';
}

bool wpb_kernel_take_whole(struct wpb_slice *text, uint64_t *value)
{
    struct wpb_slice rest = *text;
    uint64_t sum = 0;

    if (!is_digit(rest))
        return false;
    for (; is_digit(rest); rest = wpb_slice_skip(rest, 1)) {
        uint64_t digit = (uint64_t)(rest.data[0] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *text = rest;
    *value = sum;
    return true;
}

bool wpb_kernel_take_decimal(struct wpb_slice *text, double most, double *value)
{
    struct wpb_slice rest = *text;
    uint64_t whole;
    double share = 1, sum;

    if (!wpb_kernel_take_whole(&rest, &whole))
        return false;
    sum = (double)whole;
    if (wpb_kernel_take_word(&rest, ".")) {
        if (!is_digit(rest))
            return false;
        for (; is_digit(rest); rest = wpb_slice_skip(rest, 1)) {
            share /= 10;
            sum += share * (rest.data[0] - '0');
        }
    }
    if (sum > most)
        return false;
    *text = rest;
    *value = sum;
    return true;
}

void wpb_kernel_take_line(struct wpb_slice *text)
{
    const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;

    *text = wpb_slice_skip(*text, end ? (size_t)(end - text->data) + 1 : text->len);
}

struct wpb_slice wpb_kernel_read(const char *root, const char *name,
                                 char bytes[WPB_KERNEL_FILE_MAX])
{
    char path[512];
    ssize_t len;
    int fd;

    if (snprintf(path, sizeof(path), "%s%s", root, name) >= (int)sizeof(path))
        return wpb_slice_of(NULL, 0);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wpb_slice_of(NULL, 0);
    do {
        len = read(fd, bytes, WPB_KERNEL_FILE_MAX);
    } while (len < 0 && errno == EINTR);
    close(fd);
    return wpb_slice_of(bytes, len > 0 ? (size_t)len : 0);
}
