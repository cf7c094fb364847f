#include <stdlib.h>
#include <string.h>

#include "probes/redis/rdb.h"
#include "tests/fuzz/fuzz.h"

/* The input is an RDB file. Read whole, byte by byte and with its checksum it must tell
 * the same keys; what is said of a key must fit into the file; values are read again by
 * their offsets. */

#define VALUES_MAX 4
#define VALUE_CAP 100000

struct file {
    const uint8_t *bytes;
    size_t size, step;
};

struct outcome {
    const struct file *file;
    uint64_t digest, keys;
    uint64_t offsets[VALUES_MAX], lengths[VALUES_MAX];
    size_t values;
    struct wpb_rdb_result result;
    struct wpb_err err;
    int status;
};

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static ptrdiff_t read_file(void *cookie, uint64_t offset, void *bytes, size_t len,
                           struct wpb_err *err)
{
    const struct file *file = cookie;
    (void)err;
    if (offset >= file->size)
        return 0;
    if (len > file->size - offset)
        len = file->size - (size_t)offset;
    if (file->step && len > file->step)
        len = file->step;
    memcpy(bytes, file->bytes + offset, len);
    return (ptrdiff_t)len;
}

static void mix(struct outcome *outcome, uint64_t value)
{
    outcome->digest = (outcome->digest ^ value) * UINT64_C(1099511628211);
}

static int on_key(void *cookie, const struct wpb_rdb_key *key)
{
    struct outcome *outcome = cookie;

    must(key->name.len <= WPB_RDB_NAME_MAX && key->name.len <= key->name_len);
    must(key->name.len == key->name_len || key->name.len == WPB_RDB_NAME_MAX);
    must(key->value_offset + key->encoded_bytes <= outcome->file->size);
    must(!key->has_elements || key->type != WPB_RDB_STRING);
    must(key->type == WPB_RDB_STRING || key->length == 0);
    outcome->keys++;
    mix(outcome, key->database);
    mix(outcome, wpb_slice_hash(key->name));
    mix(outcome, key->name_len);
    mix(outcome, key->type);
    mix(outcome, key->type_byte);
    mix(outcome, key->value_offset);
    mix(outcome, key->encoded_bytes);
    mix(outcome, key->length);
    mix(outcome, key->has_elements ? key->elements : UINT64_MAX);
    mix(outcome, key->memory_bytes);
    mix(outcome, key->has_expiry ? (uint64_t)key->expires_ms : 0);
    mix(outcome, key->has_idle ? key->idle_seconds : 0);
    mix(outcome, key->has_freq ? key->freq : 0);
    if (key->type == WPB_RDB_STRING && outcome->values < VALUES_MAX) {
        outcome->offsets[outcome->values] = key->value_offset;
        outcome->lengths[outcome->values++] = key->length;
    }
    return 0;
}

static void on_aux(void *cookie, struct wpb_slice name, struct wpb_slice value)
{
    mix(cookie, wpb_slice_hash(name));
    mix(cookie, wpb_slice_hash(value));
}

static void walk(struct file *file, bool checks, struct outcome *outcome)
{
    struct wpb_rdb_source source = {read_file, file, file->size};
    struct wpb_rdb_events events = {on_key, on_aux, outcome};

    *outcome = (struct outcome){.file = file};
    outcome->status =
        wpb_rdb_walk(&source, checks, &events, &outcome->result, &outcome->err);
    must(outcome->result.keys == outcome->keys);
    must(outcome->result.bytes <= file->size);
    must(outcome->status == 0 || outcome->err.message[0] != '\0');
}

static int add(void *cookie, struct wpb_slice chunk)
{
    *(uint64_t *)cookie += chunk.len;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file file = {data, size, 0}, slow = {data, size, 1 + size % 5};
    struct wpb_rdb_source source = {read_file, &file, size};
    struct outcome whole, cut, checked;

    walk(&file, false, &whole);
    walk(&slow, false, &cut);
    must(whole.digest == cut.digest);
    must(whole.status == cut.status && strcmp(whole.err.message, cut.err.message) == 0);
    /* The tables of the checksum take longer to make than a walk. */
    if (size % 8 == 0) {
        walk(&file, true, &checked);
        must(whole.digest == checked.digest);
        must(whole.status == checked.status || checked.result.checksum == WPB_RDB_BAD);
    }
    for (size_t i = 0; i < whole.values; i++) {
        struct wpb_err err;
        uint64_t got = 0;
        uint64_t wanted =
            whole.lengths[i] < VALUE_CAP ? whole.lengths[i] : (uint64_t)VALUE_CAP;
        int status = wpb_rdb_value(&source, whole.offsets[i], VALUE_CAP, add, &got, &err);
        must(status == 0 ? got == wanted : got <= wanted);
    }
    return 0;
}
