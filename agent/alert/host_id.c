#include "agent/alert/host_id.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MACHINE_ID "/etc/machine-id"
#define MACHINE_ID_DIGITS 32
#define HOST_NAME_BYTES 256

/* 32 hexadecimal digits; the file says "uninitialized" in an image that was not booted.
 */
static bool read_machine_id(const char *path, char id[MACHINE_ID_DIGITS])
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got;

    if (file < 0)
        return false;
    got = read(file, id, MACHINE_ID_DIGITS);
    close(file);
    if (got != MACHINE_ID_DIGITS)
        return false;
    for (size_t i = 0; i < MACHINE_ID_DIGITS; i++) {
        if (!memchr("0123456789abcdef", id[i], 16))
            return false;
    }
    return true;
}

void wpb_host_id(struct wpb_buf *out, const char *configured, const char *machine_id_file)
{
    char id[MACHINE_ID_DIGITS], name[HOST_NAME_BYTES] = "";

    if (configured && configured[0]) {
        wpb_buf_text(out, configured);
        return;
    }
    if (read_machine_id(machine_id_file ? machine_id_file : MACHINE_ID, id)) {
        wpb_buf_add(out, id, sizeof(id));
        return;
    }
    if (gethostname(name, sizeof(name) - 1) == 0)
        wpb_buf_text(out, name);
}
