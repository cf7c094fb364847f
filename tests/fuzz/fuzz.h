/*
 * fuzz.h - the entry point that every fuzz target defines, once.
 *
 * Returns 0; a defect ends the process (abort or a sanitizer's report). The
 * input belongs to the caller and is gone after the call.
 */
#ifndef WPB_TESTS_FUZZ_H
#define WPB_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
