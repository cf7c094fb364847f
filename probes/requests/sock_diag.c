#include "probes/requests/sock_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define STAGE "sock_diag"
/* Attributes begin at multiples of four; of their type two bits are flags. The header's
 * own macros are signed. */
#define ATTRIBUTE_HEADER sizeof(struct nlattr)
#define ATTRIBUTE_ALIGN(len) (((size_t)(len) + 3) & ~(size_t)3)
#define ATTRIBUTE_TYPE 0x3fffu

/* ---- asking ---- */

static void add_header(struct wpb_buf *out, size_t body, uint32_t sequence)
{
    const struct nlmsghdr header = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + body),
                                    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                                    .nlmsg_seq = sequence};
    wpb_buf_add(out, &header, sizeof header);
}

void wpb_diag_ask(enum wpb_diag_family family, uint32_t states, uint16_t port,
                  uint32_t sequence, struct wpb_buf *out)
{
    const struct unix_diag_req of_unix = {.sdiag_family = AF_UNIX,
                                          .udiag_states = states,
                                          .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS |
                                                        UDIAG_SHOW_RQLEN};
    const struct inet_diag_req_v2 of_tcp = {
        .sdiag_family = family == WPB_DIAG_TCP6 ? AF_INET6 : AF_INET,
        .sdiag_protocol = IPPROTO_TCP,
        .idiag_states = states,
        .id.idiag_sport = htons(port)};

    if (family == WPB_DIAG_UNIX) {
        add_header(out, sizeof of_unix, sequence);
        wpb_buf_add(out, &of_unix, sizeof of_unix);
    } else {
        add_header(out, sizeof of_tcp, sequence);
        wpb_buf_add(out, &of_tcp, sizeof of_tcp);
    }
}

/* ---- the reply ---- */

/* The first SIZE bytes of BYTES into OBJECT; false when there are fewer. Copied, since
 * nothing says that they are aligned. */
static bool copy(struct wpb_slice bytes, void *object, size_t size)
{
    if (bytes.len < size)
        return false;
    memcpy(object, bytes.data, size);
    return true;
}

static uint32_t state_bit(uint8_t state)
{
    return state < 32 ? 1u << state : 0;
}

static bool parse_tcp(struct wpb_slice body, struct wpb_diag_socket *socket)
{
    struct inet_diag_msg message;

    if (!copy(body, &message, sizeof message))
        return false;
    *socket = (struct wpb_diag_socket){
        .family = message.idiag_family == AF_INET6 ? WPB_DIAG_TCP6 : WPB_DIAG_TCP4,
        .state = state_bit(message.idiag_state),
        .inode = message.idiag_inode,
        .rqueue = message.idiag_rqueue,
        .wqueue = message.idiag_wqueue,
        .has_queue = true,
        .port = ntohs(message.id.idiag_sport)};
    memcpy(socket->ip, message.id.idiag_src, sizeof socket->ip);
    return true;
}

static void take_attribute(unsigned type, struct wpb_slice value,
                           struct wpb_diag_socket *socket)
{
    struct unix_diag_vfs file;
    struct unix_diag_rqlen queue;

    if (type == UNIX_DIAG_NAME) {
        const char *end = value.len ? memchr(value.data + 1, '\0', value.len - 1) : NULL;
        socket->path =
            wpb_slice_head(value, end ? (size_t)(end - value.data) : value.len);
    } else if (type == UNIX_DIAG_VFS && copy(value, &file, sizeof file)) {
        socket->has_file = true;
        socket->file_inode = file.udiag_vfs_ino;
        socket->file_device = file.udiag_vfs_dev;
    } else if (type == UNIX_DIAG_RQLEN && copy(value, &queue, sizeof queue)) {
        socket->has_queue = true;
        socket->rqueue = queue.udiag_rqueue;
        socket->wqueue = queue.udiag_wqueue;
    }
}

static bool parse_unix(struct wpb_slice body, struct wpb_diag_socket *socket)
{
    struct unix_diag_msg message;
    struct nlattr attribute;

    if (!copy(body, &message, sizeof message))
        return false;
    *socket = (struct wpb_diag_socket){.family = WPB_DIAG_UNIX,
                                       .state = state_bit(message.udiag_state),
                                       .inode = message.udiag_ino,
                                       .path = wpb_slice_of("", 0)};
    body = wpb_slice_skip(body, ATTRIBUTE_ALIGN(sizeof message));
    while (copy(body, &attribute, sizeof attribute)) {
        if (attribute.nla_len < ATTRIBUTE_HEADER || attribute.nla_len > body.len)
            return false;
        struct wpb_slice value = wpb_slice_of(
            body.data + ATTRIBUTE_HEADER, (size_t)attribute.nla_len - ATTRIBUTE_HEADER);
        take_attribute(attribute.nla_type & ATTRIBUTE_TYPE, value, socket);
        body = wpb_slice_skip(body, ATTRIBUTE_ALIGN(attribute.nla_len));
    }
    return true;
}

/* The kernel's word that it will not, as a negative errno. */
static enum wpb_diag_more refused(struct wpb_slice body, struct wpb_err *err)
{
    int code = 0;

    if (!copy(body, &code, sizeof code) || code >= 0 || code < -4095)
        wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "the kernel's error makes no sense");
    else if (code == -ENOENT || code == -EOPNOTSUPP || code == -EINVAL)
        wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                    "this kernel tells nothing of sockets: it lacks the module unix_diag "
                    "or tcp_diag");
    else
        wpb_err_errno(err, -code, STAGE, "the kernel refuses to tell of sockets");
    return WPB_DIAG_FAILED;
}

/* End of the list, which may end in an error. */
static enum wpb_diag_more done(struct wpb_slice body, struct wpb_err *err)
{
    int code = 0;

    if (copy(body, &code, sizeof code) && code < 0)
        return refused(body, err);
    return WPB_DIAG_DONE;
}

static enum wpb_diag_more take_message(uint16_t type, struct wpb_slice body,
                                       wpb_diag_each *each, void *cookie,
                                       struct wpb_err *err)
{
    struct wpb_diag_socket socket;
    uint8_t family = body.len ? (uint8_t)body.data[0] : 0;

    if (type == NLMSG_DONE)
        return done(body, err);
    if (type == NLMSG_ERROR)
        return refused(body, err);
    if (type != SOCK_DIAG_BY_FAMILY)
        return WPB_DIAG_MORE;
    if (family == AF_UNIX ? !parse_unix(body, &socket) : !parse_tcp(body, &socket)) {
        wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "the kernel's reply makes no sense");
        return WPB_DIAG_FAILED;
    }
    each(cookie, &socket);
    return WPB_DIAG_MORE;
}

enum wpb_diag_more wpb_diag_parse(struct wpb_slice datagram, uint32_t sequence,
                                  wpb_diag_each *each, void *cookie, struct wpb_err *err)
{
    struct nlmsghdr header;
    enum wpb_diag_more more = WPB_DIAG_MORE;

    while (more == WPB_DIAG_MORE && datagram.len) {
        if (!copy(datagram, &header, sizeof header) || header.nlmsg_len < NLMSG_HDRLEN ||
            header.nlmsg_len > datagram.len) {
            wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "the kernel's reply is cut");
            return WPB_DIAG_FAILED;
        }
        struct wpb_slice body = wpb_slice_of(datagram.data + NLMSG_HDRLEN,
                                             header.nlmsg_len - (size_t)NLMSG_HDRLEN);
        if (header.nlmsg_seq == sequence)
            more = take_message(header.nlmsg_type, body, each, cookie, err);
        datagram = wpb_slice_skip(datagram, NLMSG_ALIGN((size_t)header.nlmsg_len));
    }
    return more;
}
