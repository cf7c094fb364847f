#include "probes/php/name_sample.h"

/* FNV leaves the high bits of names that differ at their end alike. */
static uint64_t lot_of(struct wpb_slice name)
{
    uint64_t lot = wpb_slice_hash(name);

    lot = (lot ^ lot >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    lot = (lot ^ lot >> 27) * UINT64_C(0x94d049bb133111eb);
    return lot ^ lot >> 31;
}

void wpb_name_sample_offer(struct wpb_topk *sample, struct wpb_slice name)
{
    if (name.len > 0 && name.len <= WPB_NAME_SAMPLE_BYTES)
        wpb_topk_offer(sample, name, lot_of(name), 0);
}
