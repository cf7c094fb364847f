/*
 * php_codec.c - expands what stdin holds: php_codec zstd|lz4|lzf CHUNK_BYTES
 * Tells what its first bytes look like: php_codec sniff VALUE_BYTES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/php/codec.h"
#include "probes/php/memory.h"

static int print(void *cookie, struct wpb_slice chunk)
{
    return fwrite(chunk.data, 1, chunk.len, cookie) != chunk.len;
}

static int sniff(uint64_t value_bytes)
{
    char head[16];
    size_t len = fread(head, 1, sizeof head, stdin);
    uint64_t entries;
    puts(wpb_php_encoding_name(
        wpb_php_sniff(wpb_slice_of(head, len), value_bytes, &entries)));
    return 0;
}

int main(int argc, char **argv)
{
    static char chunk[1 << 20];
    size_t step = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, got;
    struct wpb_err err = {0};
    struct wpb_codec *codec = NULL;
    int result = 0;

    if (argc == 3 && strcmp(argv[1], "sniff") == 0)
        return sniff(step);
    if (step == 0 || step > sizeof chunk)
        return 64;
    for (int kind = WPB_CODEC_ZSTD; kind <= WPB_CODEC_LZF && !codec; kind++)
        if (strcmp(argv[1], wpb_codec_name((enum wpb_codec_kind)kind)) == 0)
            codec =
                wpb_codec_new((enum wpb_codec_kind)kind, UINT64_MAX, print, stdout, &err);
    while (codec && result == 0 && (got = fread(chunk, 1, step, stdin)) > 0)
        result = wpb_codec_feed(codec, wpb_slice_of(chunk, got), &err);
    if (codec && result == 0)
        result = wpb_codec_finish(codec, &err);
    if (err.message[0])
        fprintf(stderr, "php_codec: %s\n", err.message);
    wpb_codec_free(codec);
    return !codec || result != 0;
}
