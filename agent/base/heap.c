#include "agent/base/heap.h"

#ifdef WPB_HAS_MALLOPT

#include <malloc.h>

/* Buffers of values and tables of families are larger, what is kept of a site smaller. A
 * number that is set stays: glibc raises its own to the largest that was ever freed. */
#define LARGE_BYTES (128 * 1024)

void wpb_heap_be_lean(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
}

#else

void wpb_heap_be_lean(void)
{
}

#endif
