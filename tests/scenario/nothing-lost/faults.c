/* A disk that fails now and then, for a program that is started with this library in
 * LD_PRELOAD: of each WPB_FAULT_EVERY calls of write(), pwrite64() and fsync() on files
 * below WPB_FAULT_FOLDER one fails, with ENOSPC or EIO. Which ones is a matter of
 * WPB_FAULT_SEED. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_uint_fast64_t calls;

static uint64_t number(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : 0;
}

/* Is FD a file below the folder? */
static int is_below(int fd)
{
    const char *folder = getenv("WPB_FAULT_FOLDER");
    char link[64], path[PATH_MAX];
    ssize_t len;

    if (!folder)
        return 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len < 0)
        return 0;
    path[len] = '\0';
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* splitmix64 */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static int fails(int fd)
{
    uint64_t every = number("WPB_FAULT_EVERY"), draw;

    if (every == 0 || !is_below(fd))
        return 0;
    draw = mix(number("WPB_FAULT_SEED") + atomic_fetch_add(&calls, 1));
    if (draw % every)
        return 0;
    errno = draw & 0x100000 ? ENOSPC : EIO;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    static ssize_t (*real)(int, const void *, size_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    return fails(fd) ? -1 : real(fd, bytes, len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    return fails(fd) ? -1 : real(fd, bytes, len, offset);
}

int fsync(int fd)
{
    static int (*real)(int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    static int (*real)(int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return fails(fd) ? -1 : real(fd);
}
