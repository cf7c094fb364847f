#include "tests/fuzz/decode.h"
#include "tests/fuzz/fuzz.h"

/* The input is a JSON text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return decode_three_ways(WPB_PHP_JSON_DECODE, data, size);
}
