#include "agent/alert/fingerprint.h"

#include "agent/base/address.h"
#include "agent/base/mysql_address.h"
#include "agent/base/sha256.h"

/* Parents go no further (subject.h); this bounds a chain that bites its tail. */
#define PARENTS_MAX 8

static void add_length(struct wpb_sha256 *hash, uint64_t length)
{
    char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(length >> (8 * i));
    wpb_sha256_add(hash, wpb_slice_of(bytes, sizeof(bytes)));
}

static void add_field(struct wpb_sha256 *hash, struct wpb_slice field)
{
    add_length(hash, field.len);
    wpb_sha256_add(hash, field);
}

static void add_text(struct wpb_sha256 *hash, const char *text)
{
    add_field(hash, wpb_slice_cstr(text));
}

static void add_addresses(struct wpb_sha256 *hash, const struct wpb_site *site)
{
    struct wpb_buf scope;

    wpb_buf_init(&scope, 0);
    if (site->has_redis)
        wpb_redis_address_scope(&site->redis, true, &scope);
    add_field(hash, wpb_buf_view(&scope));
    wpb_buf_clear(&scope);
    if (site->has_mysql)
        wpb_mysql_address_scope(&site->mysql, true, &scope);
    add_field(hash, wpb_buf_view(&scope));
    wpb_buf_fini(&scope);
    add_text(hash, site->rdb_file);
}

static void add_site(struct wpb_sha256 *hash, const struct wpb_site *site)
{
    bool has_folder = site->path && site->path[0];

    add_text(hash, has_folder ? "folder" : "address");
    if (!has_folder) {
        add_addresses(hash, site);
        return;
    }
    add_text(hash, site->path);
    add_text(hash, site->db_name);
    /* A guess may be corrected later. */
    add_text(hash, site->is_table_prefix_guessed ? "" : site->table_prefix);
}

/* Kinds by their names, since numbers move when a kind is added. */
static void add_subject(struct wpb_sha256 *hash, const struct wpb_subject *subject)
{
    uint64_t levels = 0;

    for (const struct wpb_subject *at = subject; at && levels < PARENTS_MAX;
         at = at->parent)
        levels++;
    add_length(hash, levels);
    for (; levels; levels--, subject = subject->parent) {
        bool is_site = subject->kind == WPB_SUBJECT_SITE;
        add_text(hash, wpb_subject_kind_name(subject->kind));
        add_field(hash, subject->scope);
        /* The name of that subject is what the site is called. */
        add_field(hash, is_site ? wpb_slice_of("", 0) : subject->name);
    }
}

bool wpb_fingerprint_is_shared(const struct wpb_finding *finding)
{
    const struct wpb_subject *whole = finding->subject;
    uint64_t levels = 0;

    /* A PHP-FPM pool, and so its parts, may run several sites. */
    while (whole->parent && ++levels < PARENTS_MAX)
        whole = whole->parent;
    return finding->other_site_count || whole->kind == WPB_SUBJECT_REDIS_SERVER ||
           whole->kind == WPB_SUBJECT_MYSQL_SERVER || whole->kind == WPB_SUBJECT_HOST ||
           whole->kind == WPB_SUBJECT_POOL;
}

void wpb_fingerprint(const struct wpb_finding *finding, struct wpb_slice host_id,
                     char fingerprint[WPB_FINGERPRINT_LEN + 1])
{
    struct wpb_sha256 hash;
    uint8_t digest[WPB_SHA256_BYTES];

    wpb_sha256_init(&hash);
    add_text(&hash, "wpbloat.fingerprint/1");
    add_text(&hash, finding->code);
    add_field(&hash, host_id);
    if (wpb_fingerprint_is_shared(finding))
        add_text(&hash, "shared");
    else
        add_site(&hash, finding->site);
    add_subject(&hash, finding->subject);
    wpb_sha256_end(&hash, digest);
    wpb_sha256_hex(digest, fingerprint, WPB_FINGERPRINT_LEN);
}

static uint64_t first_bits(struct wpb_sha256 *hash)
{
    uint8_t digest[WPB_SHA256_BYTES];
    uint64_t bits = 0;

    wpb_sha256_end(hash, digest);
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | digest[i];
    return bits ? bits : 1;
}

uint64_t wpb_fingerprint_site(const struct wpb_site *site)
{
    struct wpb_sha256 hash;

    wpb_sha256_init(&hash);
    add_site(&hash, site);
    return first_bits(&hash);
}

uint64_t wpb_fingerprint_subject(const struct wpb_subject *subject)
{
    struct wpb_sha256 hash;

    if (!subject)
        return 0;
    wpb_sha256_init(&hash);
    add_subject(&hash, subject);
    return first_bits(&hash);
}

uint64_t wpb_fingerprint_bytes(struct wpb_slice bytes)
{
    struct wpb_sha256 hash;

    wpb_sha256_init(&hash);
    add_field(&hash, bytes);
    return first_bits(&hash);
}

bool wpb_fingerprint_is_valid(struct wpb_slice fingerprint)
{
    if (fingerprint.len != WPB_FINGERPRINT_LEN)
        return false;
    for (size_t i = 0; i < fingerprint.len; i++) {
        if (!memchr("0123456789abcdef", fingerprint.data[i], 16))
            return false;
    }
    return true;
}
