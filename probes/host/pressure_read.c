#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "probes/host/pressure.h"

/* The first line of /proc/stat, and all of the others, are shorter. */
#define FILE_MAX 1024

/* The first bytes of ROOT and NAME; empty when there is no such file (or, without PSI,
 * the kernel refuses to read it). */
static struct wpb_slice content(const char *root, const char *name, char bytes[FILE_MAX])
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
        len = read(fd, bytes, FILE_MAX);
    } while (len < 0 && errno == EINTR);
    close(fd);
    return wpb_slice_of(bytes, len > 0 ? (size_t)len : 0);
}

void wpb_pressure_read(const char *root, struct wpb_pressure *pressure)
{
    char bytes[FILE_MAX];
    double some, full;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    wpb_pressure_init(pressure);
    if (wpb_pressure_parse_stall(content(root, "/proc/pressure/cpu", bytes), &some,
                                 &full))
        pressure->cpu_some = some;
    if (wpb_pressure_parse_stall(content(root, "/proc/pressure/io", bytes), &some, &full))
        pressure->io_full = full;
    if (wpb_pressure_parse_stall(content(root, "/proc/pressure/memory", bytes), &some,
                                 &full))
        pressure->memory_full = full;
    wpb_pressure_parse_stat(content(root, "/proc/stat", bytes), pressure);
    wpb_pressure_parse_load(content(root, "/proc/loadavg", bytes), pressure);
    pressure->cores = cores > 0 ? (unsigned)cores : 0;
}
