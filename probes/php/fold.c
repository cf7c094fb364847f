#include "probes/php/fold.h"

#include <stdint.h>

#include "agent/base/text.h"
#include "probes/php/fold_bits.h"

/* What a byte can be. Separators are above everything that belongs to a word. */
enum {
    DIGIT = 1,
    HEX = 2,    /* a-f, A-F */
    LETTER = 4, /* the other letters */
    HIGH = 8,   /* above ASCII: letters, when they are UTF-8 */
    BAD = 16,   /* control bytes, and the marks of our own placeholders */
    BREAK = 32, /* separates words */
    SOFT = 64,  /* ... and may stand in the local part of an email address */
    AT = 128,
    ALNUM = DIGIT | HEX | LETTER,
};

static const uint8_t class_of[256] = {
    [0x00 ... 0x1F] = BAD,
    [' ' ... '$'] = BREAK,
    ['%'] = SOFT,
    ['&' ... '*'] = BREAK,
    ['+'] = SOFT,
    [','] = BREAK,
    ['-' ... '.'] = SOFT,
    ['/'] = BREAK,
    ['0' ... '9'] = DIGIT,
    [':' ... ';'] = BREAK,
    ['<'] = BAD,
    ['='] = BREAK,
    ['>'] = BAD,
    ['?'] = BREAK,
    ['@'] = AT,
    ['A' ... 'F'] = HEX,
    ['G' ... 'Z'] = LETTER,
    ['[' ... '`'] = BREAK,
    ['a' ... 'f'] = HEX,
    ['g' ... 'z'] = LETTER,
    ['{' ... '~'] = BREAK,
    [0x7F] = BAD,
    [0x80 ... 0xFF] = HIGH,
};

/* Padded to eight bytes, which are cheaper to copy than some. */
struct placeholder {
    char text[8];
    size_t len;
};
static const struct placeholder of_number = {"<n>", 3}, of_hex = {"<hex>", 5},
                                of_uuid = {"<uuid>", 6}, of_date = {"<date>", 6},
                                of_email = {"<email>", 7}, of_id = {"<id>", 4},
                                of_bytes = {"<bytes>", 7};

/* Decimal numbers up to 64 bits; longer runs of digits are hashes. */
#define DECIMAL_MAX 20
#define HEX_MIN 8
#define RANDOM_MIN 8
#define UUID_LEN 36
#define HOST_MAX 255
#define BLOCK 16

struct mark {
    size_t pos, literal, out_len;
};

/* Literal text is not copied word by word: it stays pending from `literal` on
 * and goes out in one piece before the next placeholder. */
struct folding {
    const unsigned char *name;
    size_t len, pos;
    size_t literal;
    char *out;
    size_t out_len;
    bool is_cut;
    struct mark mark; /* where the local part of an email address would begin */
};

static unsigned class_at(const struct folding *f, size_t pos)
{
    return pos < f->len ? class_of[f->name[pos]] : BREAK;
}

static bool is_digit_at(const struct folding *f, size_t pos)
{
    return class_at(f, pos) == DIGIT;
}

static bool are_digits(const struct folding *f, size_t pos, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_digit_at(f, pos + i))
            return false;
    return true;
}

static unsigned number_at(const struct folding *f, size_t pos, size_t count)
{
    unsigned number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + f->name[pos + i] - '0';
    return number;
}

/* Short copies of unknown length are most of the cost: whole blocks are cheaper,
 * where FROM has AVAILABLE bytes to read. TO has room for 15 bytes more. */
static inline void copy(char *to, const unsigned char *from, size_t count,
                        size_t available)
{
    if (available < ((count + BLOCK - 1) & ~(size_t)(BLOCK - 1))) {
        memcpy(to, from, count);
        return;
    }
    for (size_t i = 0; i < count; i += BLOCK)
        memcpy(to + i, from + i, BLOCK);
}

/* Send the pending text before END out. */
static void flush(struct folding *f, size_t end)
{
    if (end <= f->literal || f->is_cut)
        return;
    size_t count = end - f->literal;
    if (f->out_len + count > WPB_FOLD_CUT) {
        count = WPB_FOLD_CUT - f->out_len;
        while (count > 0 && (f->name[f->literal + count] & 0xC0) == 0x80)
            count--;
        f->is_cut = true;
    }
    copy(f->out + f->out_len, f->name + f->literal, count, f->len - f->literal);
    f->out_len += count;
}

/* The bytes from START to END of the name become PLACEHOLDER. */
static void place(struct folding *f, size_t start, size_t end,
                  const struct placeholder *placeholder)
{
    flush(f, start);
    f->literal = end;
    if (f->is_cut)
        return;
    if (f->out_len + placeholder->len > WPB_FOLD_CUT) {
        f->is_cut = true;
        return;
    }
    memcpy(f->out + f->out_len, placeholder->text, sizeof placeholder->text);
    f->out_len += placeholder->len;
}

static void set_mark(struct folding *f)
{
    f->mark = (struct mark){f->pos, f->literal, f->out_len};
}

/* Binary names come in many small pieces: what lies between two of them, when
 * it is only punctuation, goes with them. */
static void place_bytes(struct folding *f, size_t start)
{
    size_t count = of_bytes.len, gap = f->literal;
    while (gap < start && class_of[f->name[gap]] >= BREAK)
        gap++;
    if (!f->is_cut && gap == start && f->out_len >= count &&
        memcmp(f->out + f->out_len - count, of_bytes.text, count) == 0)
        f->literal = f->pos;
    else
        place(f, start, f->pos, &of_bytes);
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
    return year >= 1970 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 &&
           day <= 31;
}

/* Ymd or YmdHis, all digits. */
static bool is_compact_date(const struct folding *f, size_t start, size_t count)
{
    if (count != 8 && count != 14)
        return false;
    if (!is_day(number_at(f, start, 4), number_at(f, start + 4, 2),
                number_at(f, start + 6, 2)))
        return false;
    return count == 8 ||
           (number_at(f, start + 8, 2) < 24 && number_at(f, start + 10, 2) < 60 &&
            number_at(f, start + 12, 2) < 61);
}

/* "T10:45", "T10:45:00.123Z", "+01:00": where a time at POS ends, or POS. */
static size_t time_end(const struct folding *f, size_t pos)
{
    size_t end = pos;
    if (pos + 6 > f->len || (f->name[pos] != 'T' && f->name[pos] != ' ') ||
        !are_digits(f, pos + 1, 2) || f->name[pos + 3] != ':' ||
        !are_digits(f, pos + 4, 2))
        return pos;
    end = pos + 6;
    if (end < f->len && f->name[end] == ':' && are_digits(f, end + 1, 2))
        end += 3;
    if (end < f->len && f->name[end] == '.' && is_digit_at(f, end + 1))
        for (end++; is_digit_at(f, end);)
            end++;
    if (end < f->len && f->name[end] == 'Z')
        end++;
    else if (end < f->len && (f->name[end] == '+' || f->name[end] == '-') &&
             are_digits(f, end + 1, 2) && class_at(f, end + 3) == BREAK &&
             are_digits(f, end + 4, 2))
        end += 6;
    return class_at(f, end) >= BREAK ? end : pos;
}

/* 2026-11-23 at START: where it ends, time included, or 0. */
static size_t date_end(const struct folding *f, size_t start)
{
    if (start + 10 > f->len)
        return 0;
    unsigned char between = f->name[start + 4];
    if ((between != '-' && between != '_' && between != '/' && between != '.') ||
        f->name[start + 7] != between || !are_digits(f, start, 4) ||
        !are_digits(f, start + 5, 2) || !are_digits(f, start + 8, 2) ||
        !is_day(number_at(f, start, 4), number_at(f, start + 5, 2),
                number_at(f, start + 8, 2)))
        return 0;
    size_t end = start + 10, after = time_end(f, end);
    if (after > end)
        return after;
    return class_at(f, end) >= BREAK ? end : 0;
}

static bool is_uuid(const struct folding *f, size_t start)
{
    if (start + UUID_LEN > f->len || class_at(f, start + UUID_LEN) < BREAK)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++) {
        unsigned char byte = f->name[start + i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (byte != '-')
                return false;
        } else if (!(class_of[byte] & (DIGIT | HEX))) {
            return false;
        }
    }
    return true;
}

static bool take_uuid(struct folding *f, size_t start)
{
    if (f->pos - start != 8 || !is_uuid(f, start))
        return false;
    f->pos = start + UUID_LEN;
    place(f, start, f->pos, &of_uuid);
    return true;
}

static void fold_digits(struct folding *f, size_t start)
{
    size_t count = f->pos - start;
    if (take_uuid(f, start))
        return;
    if (count == 4) {
        size_t end = date_end(f, start);
        if (end) {
            f->pos = end;
            place(f, start, end, &of_date);
            return;
        }
    }
    if (is_compact_date(f, start, count))
        place(f, start, f->pos, &of_date);
    else
        place(f, start, f->pos, count > DECIMAL_MAX ? &of_hex : &of_number);
}

/* Could the letters between START and END be words? Words have vowels and no
 * long runs of consonants, and change case seldom. */
static bool looks_spoken(const struct folding *f, size_t start, size_t end)
{
    size_t letters = 0, vowels = 0, run = 0, longest = 0, flips = 0;
    for (size_t i = start; i < end; i++) {
        unsigned char byte = f->name[i];
        if (class_of[byte] == DIGIT) {
            run = 0;
            continue;
        }
        bool was_lower = i > start && f->name[i - 1] >= 'a';
        flips += was_lower && byte < 'a';
        letters++;
        if (strchr("aeiouyAEIOUY", byte)) {
            vowels++;
            run = 0;
        } else if (++run > longest) {
            longest = run;
        }
    }
    return vowels * 5 >= letters && longest <= 4 && flips <= 2;
}

/* v2, mp3, h1, v10: part of the name's grammar rather than a running number. */
static bool is_version(const struct folding *f, size_t start, size_t stem, size_t digits)
{
    if (stem == 1 && (f->name[start] | 0x20) == 'v')
        return digits <= 2;
    return stem <= 3 && digits == 1;
}

/* A word with letters and digits, where the digits are neither all nor the end:
 * DIGITS of them, the first run of FIRST_RUN at FIRST. */
static void fold_mixed(struct folding *f, size_t start, size_t first, size_t first_run,
                       size_t digits)
{
    size_t count = f->pos - start, after = first + first_run;
    bool is_size = first == start && after < f->pos && (f->name[after] | 0x20) == 'x' &&
                   digits == count - 1 && is_digit_at(f, f->pos - 1);
    if (is_size) {
        place(f, start, after, &of_number);
        place(f, after + 1, f->pos, &of_number);
    } else if (count >= RANDOM_MIN) {
        bool is_word =
            digits == first_run && first_run <= 3 && looks_spoken(f, start, f->pos);
        if (!is_word)
            place(f, start, f->pos, &of_id);
        else if (first_run > 1)
            place(f, first, after, &of_number);
    }
}

/* The word from START to pos holds a digit, a byte that is not ASCII or a bad
 * one; or it is eight hex letters. SEEN: its classes. */
static void fold_word(struct folding *f, size_t start, unsigned seen)
{
    size_t count = f->pos - start;
    if ((seen & BAD) ||
        ((seen & HIGH) && !wpb_text_is_utf8(wpb_slice_of(f->name + start, count)))) {
        place_bytes(f, start);
        return;
    }
    if (seen == DIGIT) {
        fold_digits(f, start);
        return;
    }
    if (!(seen & (LETTER | HIGH)) && take_uuid(f, start))
        return;
    if (!(seen & DIGIT))
        return;
    if (!(seen & (LETTER | HIGH)) && count >= HEX_MIN) {
        place(f, start, f->pos, &of_hex);
        return;
    }

    size_t first = start, first_run = 0, digits = 0;
    while (!is_digit_at(f, first))
        first++;
    while (first + first_run < f->pos && is_digit_at(f, first + first_run))
        first_run++;
    for (size_t i = first; i < f->pos; i++)
        digits += is_digit_at(f, i);
    if (first > start && first + first_run == f->pos) {
        if (!is_version(f, start, first - start, first_run))
            place(f, first, f->pos, &of_number);
    } else if (!(seen & HIGH)) {
        fold_mixed(f, start, first, first_run, digits);
    }
}

/* The byte before pos was an "@". */
static void fold_at(struct folding *f)
{
    size_t at = f->pos - 1, end = f->pos, last_dot = 0;
    size_t limit = f->len - f->pos > HOST_MAX ? f->pos + HOST_MAX : f->len;
    while (end < limit && ((class_of[f->name[end]] & ALNUM) || f->name[end] == '-' ||
                           f->name[end] == '.'))
        end++;
    while (end > f->pos && class_of[f->name[end - 1]] >= BREAK)
        end--;
    for (size_t i = f->pos + 1; i + 1 < end; i++)
        if (f->name[i] == '.')
            last_dot = i;
    bool has_local = at > f->mark.pos && class_of[f->name[at - 1]] < BREAK;
    if (has_local && last_dot && end - last_dot > 2) {
        f->literal = f->mark.literal;
        f->out_len = f->mark.out_len;
        f->is_cut = false; /* the word before the "@" may have passed the end */
        f->pos = end;
        place(f, f->mark.pos, end, &of_email);
    }
    set_mark(f);
}

/* The end of the word that begins at POS; *SEEN gets its classes. */
static inline size_t word_end(const unsigned char *name, size_t pos, size_t len,
                              unsigned *seen)
{
    unsigned all = 0;
    for (; pos < len; pos++) {
        unsigned class = class_of[name[pos]];
        if (class >= BREAK)
            break;
        all |= class;
    }
    *seen = all;
    return pos;
}

/* Any name, byte by byte. */
static void fold_bytes(struct folding *f)
{
    while (f->pos < f->len && !f->is_cut) {
        unsigned seen;
        size_t start = f->pos;
        f->pos = word_end(f->name, start, f->len, &seen);
        if ((seen & (DIGIT | HIGH | BAD)) || (seen == HEX && f->pos - start == 8))
            fold_word(f, start, seen);
        if (f->pos > f->literal && f->pos - f->literal > WPB_FOLD_CUT)
            break;
        unsigned class = class_at(f, f->pos);
        f->pos += f->pos < f->len;
        if (class == AT)
            fold_at(f);
        else if (class != SOFT)
            set_mark(f);
    }
}

/* The same as fold_bytes() for a name of at most WPB_FOLD_BITS_MAX bytes, where BITS has
 * nothing special: only words with a digit are looked at. */
static void fold_plain(struct folding *f, const struct wpb_fold_bits *bits)
{
    uint64_t breaks = ~(bits->digits | bits->letters) & wpb_fold_below(f->len);
    /* v2 and its like stay, and are frequent. */
    uint64_t versions = (bits->letters << 1) & (breaks << 2 | 2) &
                        (breaks >> 1 | UINT64_C(1) << (f->len - 1));
    uint64_t remaining = bits->digits & ~versions;
    for (; remaining; remaining &= ~wpb_fold_below(f->pos)) {
        size_t first = (size_t)__builtin_ctzll(remaining);
        uint64_t before = breaks & wpb_fold_below(first) & ~wpb_fold_below(f->pos);
        uint64_t after = breaks & ~wpb_fold_below(first);
        size_t start = before ? 64 - (size_t)__builtin_clzll(before) : f->pos;
        f->pos = after ? (size_t)__builtin_ctzll(after) : f->len;
        uint64_t word = wpb_fold_below(f->pos) & ~wpb_fold_below(start);
        bool has_hex = bits->hex & word;
        bool has_letter = bits->letters & ~bits->hex & word;
        size_t count = f->pos - start;
        if (has_hex && !has_letter && count > HEX_MIN)
            place(f, start, f->pos, &of_hex);
        else
            fold_word(f, start,
                      DIGIT | (has_hex ? HEX : 0U) | (has_letter ? LETTER : 0U));
    }
    f->pos = f->len;
}

/* Does a word of eight hex letters occur, which may begin a uuid? */
static bool has_hex_word(const struct wpb_fold_bits *bits)
{
    uint64_t letters = bits->hex;
    letters &= letters >> 1;
    letters &= letters >> 2;
    letters &= letters >> 4;
    return letters & (~(bits->digits | bits->letters) >> 8);
}

size_t wpb_fold_name(struct wpb_slice name, char out[static WPB_FOLD_ROOM])
{
    struct folding f = {
        .name = (const unsigned char *)name.data, .len = name.len, .out = out};
    struct wpb_fold_bits bits = {.special = 1};
    if (f.len > 0 && f.len <= WPB_FOLD_BITS_MAX)
        bits = wpb_fold_classify(f.name, f.len);
    if (bits.special || has_hex_word(&bits))
        fold_bytes(&f);
    else
        fold_plain(&f, &bits);
    flush(&f, f.pos);
    if (f.is_cut) {
        memcpy(out + f.out_len, "<*>", 3);
        f.out_len += 3;
    }
    memset(out + f.out_len, 0, 8);
    return f.out_len;
}

size_t wpb_fold_cuts(struct wpb_slice template_name, unsigned char *cuts, size_t max)
{
    size_t count = 0, significant = 0;
    for (size_t i = 0; i + 1 < template_name.len && count < max; i++) {
        if (template_name.data[i] == '<') {
            while (i + 1 < template_name.len && template_name.data[i] != '>')
                i++;
            significant++;
        } else if (class_of[(unsigned char)template_name.data[i]] < BREAK) {
            significant++;
        } else if (significant >= 2) {
            cuts[count++] = (unsigned char)(i + 1);
        }
    }
    return count;
}
