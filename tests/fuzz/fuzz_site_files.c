/* The small files around a site: .env, pool files, the head of a drop-in. */
#include <stdlib.h>

#include "probes/wordpress/dropin.h"
#include "probes/wordpress/environment.h"
#include "probes/wordpress/pool.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice input = size ? wpb_slice_of(data, size) : wpb_slice_of("", 0);
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_pools *pools = calloc(1, sizeof(*pools));
    const struct wpb_pool *matches[WPB_POOLS_MAX];
    struct wpb_environment environment;
    struct wpb_dropin dropin;
    uint64_t bytes;

    if (!arena || !pools)
        abort();
    wpb_environment_init(&environment, arena);
    wpb_environment_dotenv(&environment, input, true);
    wpb_dropin_recognise(input, arena, &dropin);
    wpb_pool_size(input, &bytes);
    wpb_pool_parse("pool.conf", input, 80200, arena, pools);
    size_t count = wpb_pools_match(pools, "/srv/www/shop", "www-data", matches);
    if (count > pools->count || (pools->count && !count))
        abort();
    free(pools);
    wpb_arena_free(arena);
    return 0;
}
