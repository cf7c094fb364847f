#include "agent/base/ulid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "agent/base/sha256.h"

#define TIME_MAX (((uint64_t)1 << 48) - 1)

int wpb_ulid_seed(struct wpb_ulid_source *source, struct wpb_err *err)
{
    memset(source, 0, sizeof(*source));
    /* So few bytes come whole, once the kernel has any; until then it waits. */
    while (getrandom(source->seed, sizeof(source->seed), 0) < 0) {
        if (errno != EINTR)
            return wpb_err_errno(err, errno, "ulid", "the kernel gives no random bytes");
    }
    return 0;
}

static void draw(struct wpb_ulid_source *source)
{
    struct wpb_sha256 hash;
    uint8_t digest[WPB_SHA256_BYTES];

    source->drawn++;
    wpb_sha256_init(&hash);
    wpb_sha256_add(&hash, wpb_slice_of(source->seed, sizeof(source->seed)));
    wpb_sha256_add(&hash, wpb_slice_of(&source->drawn, sizeof(source->drawn)));
    wpb_sha256_end(&hash, digest);
    memcpy(source->random, digest, sizeof(source->random));
    /* Room for 2^79 more within the millisecond. */
    source->random[0] &= 0x7f;
}

static void count_up(struct wpb_ulid_source *source)
{
    for (size_t i = sizeof(source->random); i-- > 0;) {
        if (++source->random[i])
            return;
    }
}

void wpb_ulid_next(struct wpb_ulid_source *source, int64_t now_ms,
                   char text[WPB_ULID_TEXT])
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t time = now_ms < 0 ? 0 : (uint64_t)now_ms, high, low;

    if (time > TIME_MAX)
        time = TIME_MAX;
    if (source->drawn && time == source->last_ms)
        count_up(source);
    else
        draw(source);
    source->last_ms = time;

    high = time << 16 | (uint64_t)source->random[0] << 8 | source->random[1];
    low = 0;
    for (size_t i = 2; i < sizeof(source->random); i++)
        low = low << 8 | source->random[i];
    for (size_t i = WPB_ULID_TEXT - 1; i-- > 0;) {
        text[i] = digits[low & 31];
        low = low >> 5 | high << 59;
        high >>= 5;
    }
    text[WPB_ULID_TEXT - 1] = '\0';
}
