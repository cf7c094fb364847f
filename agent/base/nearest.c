#include "agent/base/nearest.h"

size_t wpb_nearest_edits(struct wpb_slice a, struct wpb_slice b)
{
    size_t row[WPB_NEAREST_WORD_MAX + 1];

    a = wpb_slice_head(a, WPB_NEAREST_WORD_MAX);
    b = wpb_slice_head(b, WPB_NEAREST_WORD_MAX);
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.len];
}
