#include "agent/load/owner.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "agent/base/sha256.h"

#define STAGE "load"

bool wpb_load_owner_says(const char *host, const char *const *owned, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(host, owned[i]) == 0)
            return true;
    }
    return false;
}

/* An address without its port. IPv4 as IPv6 writes it is IPv4. */
struct bare {
    size_t len;
    unsigned char bytes[16];
};

static struct bare bare_of(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    struct bare bare = {0};

    if (address->sa_family == AF_INET) {
        bare.len = 4;
        memcpy(bare.bytes, &v4->sin_addr, 4);
    } else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        bare.len = 4;
        memcpy(bare.bytes, v6->sin6_addr.s6_addr + 12, 4);
    } else if (address->sa_family == AF_INET6) {
        bare.len = 16;
        memcpy(bare.bytes, &v6->sin6_addr, 16);
    }
    return bare;
}

static bool is_loopback(const struct bare *bare)
{
    return bare->len == 4
               ? bare->bytes[0] == 127
               : bare->len == 16 && memcmp(bare->bytes, &in6addr_loopback, 16) == 0;
}

int wpb_load_address_is_local(const struct sockaddr *address, bool *is_local,
                              struct wpb_err *err)
{
    struct bare wanted = bare_of(address);
    struct ifaddrs *interfaces;

    *is_local = is_loopback(&wanted);
    if (*is_local || !wanted.len)
        return 0;
    if (getifaddrs(&interfaces))
        return wpb_err_errno(err, errno, STAGE, "the interfaces cannot be read");
    for (const struct ifaddrs *at = interfaces; at && !*is_local; at = at->ifa_next) {
        struct bare own = {0};
        if (at->ifa_addr)
            own = bare_of(at->ifa_addr);
        *is_local = own.len == wanted.len && memcmp(own.bytes, wanted.bytes, 16) == 0;
    }
    freeifaddrs(interfaces);
    return 0;
}

int wpb_load_target_is_local(const struct wpb_load_target *target, bool *is_local,
                             struct wpb_err *err)
{
    *is_local = target->address_count > 0;
    for (size_t i = 0; i < target->address_count && *is_local; i++) {
        if (wpb_load_address_is_local((const struct sockaddr *)&target->addresses[i],
                                      is_local, err))
            return -1;
    }
    return 0;
}

void wpb_load_owner_token(struct wpb_slice machine, const char *host,
                          char token[WPB_LOAD_TOKEN_DIGITS + 1])
{
    uint8_t digest[WPB_SHA256_BYTES];
    struct wpb_sha256 hash;

    wpb_sha256_init(&hash);
    wpb_sha256_add(&hash, (struct wpb_slice)WPB_SLICE("wpbloat load\0"));
    wpb_sha256_add(&hash, machine);
    wpb_sha256_add(&hash, (struct wpb_slice)WPB_SLICE("\0"));
    for (; *host; host++) {
        char lower = *host >= 'A' && *host <= 'Z' ? (char)(*host - 'A' + 'a') : *host;
        wpb_sha256_add(&hash, wpb_slice_of(&lower, 1));
    }
    wpb_sha256_end(&hash, digest);
    wpb_sha256_hex(digest, token, WPB_LOAD_TOKEN_DIGITS);
}

static struct wpb_slice trimmed(struct wpb_slice line)
{
    while (line.len && strchr(" \t\r", line.data[line.len - 1]))
        line.len--;
    while (line.len && strchr(" \t", line.data[0]))
        line = wpb_slice_skip(line, 1);
    return line;
}

bool wpb_load_owner_proves(struct wpb_slice file, const char *token)
{
    while (file.len) {
        const char *end = memchr(file.data, '\n', file.len);
        size_t len = end ? (size_t)(end - file.data) : file.len;
        if (wpb_slice_is(trimmed(wpb_slice_head(file, len)), token))
            return true;
        file = wpb_slice_skip(file, len + 1);
    }
    return false;
}
