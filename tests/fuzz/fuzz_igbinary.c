#include "tests/fuzz/decode.h"
#include "tests/fuzz/fuzz.h"

/* The input is an igbinary value, with its version. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return decode_three_ways(WPB_PHP_IGBINARY_UNSERIALIZE, data, size);
}
