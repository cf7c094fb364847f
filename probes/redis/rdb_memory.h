/*
 * rdb_memory.h - what Redis would spend on a key, from the lengths in an RDB file.
 *
 * An estimate of what MEMORY USAGE answers (Redis 6 to 8, 64 bits, jemalloc):
 *
 *   key     = alloc(sds(name)) + 24                      its entry in the database
 *   string  = alloc(20 + length)                         up to 44 bytes
 *           | 16 + alloc(sds(length))                    longer
 *           | 16                                         an integer
 *   compact = 16 + alloc(blob)                           listpack, ziplist, intset
 *   hash    = 16 + 56 + table(n) + n * (24 + field + value)
 *   set     = 16 + 56 + table(n) + n * (24 + member)
 *   zset    = 16 + 48 + 56 + table(n) + n * (24 + member + 48)
 *   list    = 16 + 40 + nodes * (32 + alloc(blob)); of one node since 7.2 as compact
 *   stream  = 16 + 96 + blocks * (64 + alloc(blob)), the last of 4,096 at least,
 *             + (groups + consumers) * 384 + pending * 64
 *   module  = the bytes in the file
 *
 *   sds(n) = n + 1 + head, head 1 below 32, 3 below 256, 5 below 64 KiB, else 9
 *   alloc  = the next size class: 8, multiples of 16 to 128, then four a doubling
 *   table  = 8 * the next power of two, at least 4
 *
 * What it cannot see: room that a string was given for growth, and other allocators.
 * Pure functions.
 */
#ifndef WPB_REDIS_RDB_MEMORY_H
#define WPB_REDIS_RDB_MEMORY_H

#include <stdint.h>

#define WPB_RDB_OBJECT 16
#define WPB_RDB_ENTRY 24
#define WPB_RDB_DICT 56

/* Bytes taken from the heap by an allocation of SIZE. */
uint64_t wpb_rdb_alloc(uint64_t size);
/* ... by a string of LENGTH bytes that is part of something. */
uint64_t wpb_rdb_sds(uint64_t length);
/* A string value of LENGTH bytes that is no integer. */
uint64_t wpb_rdb_string_memory(uint64_t length);
/* The buckets of a hash table with N entries. */
uint64_t wpb_rdb_table(uint64_t n);

#endif
