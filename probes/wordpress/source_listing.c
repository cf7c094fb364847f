#include "probes/wordpress/source_listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void wpb_source_listing_fini(struct wpb_source_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].name);
    free(listing->entries);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct wpb_source_entry *)a)->name,
                  ((const struct wpb_source_entry *)b)->name);
}

unsigned char wpb_source_type(int folder, const char *name, int flags)
{
    struct stat status;
    if (fstatat(folder, name, &status, flags) != 0)
        return DT_UNKNOWN;
    return (unsigned char)IFTODT(status.st_mode);
}

/* 0, or -1 with errno. */
static int listing_add(struct wpb_source_listing *listing, const char *name,
                       unsigned char type)
{
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? 2 * listing->capacity : 32;
        struct wpb_source_entry *entries =
            reallocarray(listing->entries, capacity, sizeof *listing->entries);
        if (!entries)
            return -1;
        listing->entries = entries;
        listing->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy)
        return -1;
    listing->entries[listing->count++] = (struct wpb_source_entry){copy, type};
    return 0;
}

int wpb_source_listing_init(struct wpb_source_listing *listing, int folder)
{
    *listing = (struct wpb_source_listing){0};
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0)
        return -1;
    DIR *stream = fdopendir(copy);
    if (!stream) {
        close(copy);
        return -1;
    }
    int result = 0;
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (listing->count == WPB_SOURCE_LISTING_MAX)
            errno = E2BIG;
        if (errno == E2BIG || listing_add(listing, entry->d_name, entry->d_type) != 0)
            break;
    }
    if (errno)
        result = -1;
    int errnum = errno;
    closedir(stream);
    if (listing->count)
        qsort(listing->entries, listing->count, sizeof *listing->entries, by_name);
    errno = errnum;
    return result;
}
