/*
 * heap.h - the C library's allocator, told that the process lives for months.
 *
 * By itself glibc gives each thread a heap of its own, which keeps what it once needed,
 * and moves large buffers into the heap after the first one, where they leave holes:
 * right for a server that is always busy, not for one that is idle and watched for its
 * memory.
 */
#ifndef WPB_BASE_HEAP_H
#define WPB_BASE_HEAP_H

/* One heap, and large buffers given back when they are freed. Before the first thread;
 * without effect where the allocator cannot be told. */
void wpb_heap_be_lean(void);

#endif
