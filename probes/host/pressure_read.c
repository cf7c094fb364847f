#include <unistd.h>

#include "probes/host/kernel_text.h"
#include "probes/host/pressure.h"

void wpb_pressure_read(const char *root, struct wpb_pressure *pressure)
{
    char bytes[WPB_KERNEL_FILE_MAX];
    struct wpb_slice text;
    double some, full;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    wpb_pressure_init(pressure);
    text = wpb_kernel_read(root, "/proc/pressure/cpu", bytes);
    if (wpb_pressure_parse_stall(text, &some, &full))
        pressure->cpu_some = some;
    wpb_pressure_parse_minute(text, &pressure->cpu_some_minute);
    text = wpb_kernel_read(root, "/proc/pressure/io", bytes);
    if (wpb_pressure_parse_stall(text, &some, &full))
        pressure->io_full = full;
    text = wpb_kernel_read(root, "/proc/pressure/memory", bytes);
    if (wpb_pressure_parse_stall(text, &some, &full))
        pressure->memory_full = full;
    wpb_pressure_parse_stat(wpb_kernel_read(root, "/proc/stat", bytes), pressure);
    wpb_pressure_parse_load(wpb_kernel_read(root, "/proc/loadavg", bytes), pressure);
    pressure->cores = cores > 0 ? (unsigned)cores : 0;
}
