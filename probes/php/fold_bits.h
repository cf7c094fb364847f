/*
 * fold_bits.h - a short name classified 16 bytes at a time.
 *
 * What fold.c asks of each byte, as bit masks over the whole name, so that only
 * words with a digit need a closer look. Uses the compiler's vectors; SSE2 where
 * it is there. Pure.
 */
#ifndef WPB_PHP_FOLD_BITS_H
#define WPB_PHP_FOLD_BITS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Longest name; a bit is left for the shifts. */
#define WPB_FOLD_BITS_MAX 63
#define WPB_FOLD_LANES 16

/* By class, the first byte lowest. */
struct wpb_fold_bits {
    uint64_t digits, hex, letters;
    uint64_t special; /* neither a letter or digit nor a plain separator */
};

typedef signed char wpb_fold_lanes __attribute__((vector_size(WPB_FOLD_LANES)));

/* One bit for each lane that is all ones. */
static inline uint64_t wpb_fold_lane_bits(wpb_fold_lanes mask)
{
#ifdef __SSE2__
    return (uint64_t)(unsigned)_mm_movemask_epi8((__m128i)mask);
#else
    uint64_t half[2];
    memcpy(half, &mask, sizeof half);
    for (size_t i = 0; i < 2; i++)
        half[i] = ((le64toh(half[i]) & UINT64_C(0x8040201008040201)) *
                   UINT64_C(0x0101010101010101)) >>
                  56;
    return half[0] | half[1] << 8;
#endif
}

static inline struct wpb_fold_bits wpb_fold_classify_lanes(const unsigned char *bytes)
{
    wpb_fold_lanes v, folded;
    memcpy(&v, bytes, sizeof v);
    folded = v | 0x20;
    /* Signed: what is below a blank is a control byte or not ASCII. "|2" makes
     * "<" a ">" and nothing else. */
    return (struct wpb_fold_bits){
        .digits = wpb_fold_lane_bits((v > '0' - 1) & (v < '9' + 1)),
        .hex = wpb_fold_lane_bits((folded > 'a' - 1) & (folded < 'f' + 1)),
        .letters = wpb_fold_lane_bits((folded > 'a' - 1) & (folded < 'z' + 1)),
        .special =
            wpb_fold_lane_bits((v < ' ') | (v == 0x7F) | ((v | 2) == '>') | (v == '@')),
    };
}

static inline void wpb_fold_join(struct wpb_fold_bits *all, struct wpb_fold_bits some,
                                 size_t at)
{
    all->digits |= some.digits << at;
    all->hex |= some.hex << at;
    all->letters |= some.letters << at;
    all->special |= some.special << at;
}

/* LEN is at most WPB_FOLD_BITS_MAX. */
static inline struct wpb_fold_bits wpb_fold_classify(const unsigned char *name,
                                                     size_t len)
{
    struct wpb_fold_bits all = {0};
    if (len < WPB_FOLD_LANES) {
        unsigned char padded[WPB_FOLD_LANES];
        memset(padded, '.', sizeof padded);
        memcpy(padded, name, len);
        wpb_fold_join(&all, wpb_fold_classify_lanes(padded), 0);
        return all;
    }
    for (size_t i = 0; i + WPB_FOLD_LANES <= len; i += WPB_FOLD_LANES)
        wpb_fold_join(&all, wpb_fold_classify_lanes(name + i), i);
    if (len % WPB_FOLD_LANES) /* the last lanes again, with those before them */
        wpb_fold_join(&all, wpb_fold_classify_lanes(name + len - WPB_FOLD_LANES),
                      len - WPB_FOLD_LANES);
    return all;
}

/* BIT is at most WPB_FOLD_BITS_MAX. */
static inline uint64_t wpb_fold_below(size_t bit)
{
    return (UINT64_C(1) << bit) - 1;
}

#endif
