#include "agent/schedule/bucket.h"

/* So many milliseconds of budget may be spent at once: the average is over about a
 * minute. */
#define FULL_MS 60000
/* And so many may be owed. */
#define DEBT_MS 3600000
#define MILLIONTHS 1e6

static int64_t level_at(const struct wpb_bucket *bucket, uint64_t now_ms)
{
    uint64_t elapsed_ms = now_ms > bucket->filled_ms ? now_ms - bucket->filled_ms : 0;
    int64_t full = FULL_MS * bucket->thousandths_per_s, level;

    if (elapsed_ms > FULL_MS + DEBT_MS)
        return full;
    level = bucket->millionths + (int64_t)elapsed_ms * bucket->thousandths_per_s;
    return level < full ? level : full;
}

static int64_t thousandths(double per_s)
{
    if (per_s <= 0)
        return 0;
    return per_s < 1e6 ? (int64_t)(per_s * 1000) + (per_s < 0.001) : 1000000000;
}

void wpb_bucket_init(struct wpb_bucket *bucket, double per_s, uint64_t now_ms)
{
    bucket->thousandths_per_s = thousandths(per_s);
    bucket->millionths = FULL_MS * bucket->thousandths_per_s;
    bucket->filled_ms = now_ms;
}

void wpb_bucket_rate(struct wpb_bucket *bucket, double per_s, uint64_t now_ms)
{
    int64_t rate = thousandths(per_s), former = bucket->thousandths_per_s;

    if (rate == former)
        return;
    if (former == 0) {
        wpb_bucket_init(bucket, per_s, now_ms);
        return;
    }
    bucket->millionths =
        (int64_t)((double)level_at(bucket, now_ms) * (double)rate / (double)former);
    bucket->thousandths_per_s = rate;
    bucket->filled_ms = now_ms;
}

void wpb_bucket_spend(struct wpb_bucket *bucket, double tokens, uint64_t now_ms)
{
    int64_t level = level_at(bucket, now_ms);
    int64_t owed = -DEBT_MS * bucket->thousandths_per_s;

    bucket->filled_ms = now_ms;
    bucket->millionths = (double)level - tokens * MILLIONTHS < (double)owed
                             ? owed
                             : level - (int64_t)(tokens * MILLIONTHS);
}

uint64_t wpb_bucket_ready_ms(const struct wpb_bucket *bucket, uint64_t now_ms)
{
    int64_t level = level_at(bucket, now_ms);

    if (bucket->thousandths_per_s == 0 || level > 0)
        return now_ms;
    return now_ms + 1 + (uint64_t)(-level / bucket->thousandths_per_s);
}
