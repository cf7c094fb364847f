#include "agent/alert/sink_syslog.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "agent/alert/alert_fields.h"
#include "agent/base/text.h"

#define STAGE "syslog"
#define MAGIC 0x73797367u
#define JOURNAL "/run/systemd/journal/socket"
#define LOG "/dev/log"
#define NAME "wpbloat"

/* RFC 5424's facility of daemons and severities. */
enum { FACILITY_DAEMON = 3, CRITICAL = 2, WARNING = 4, NOTICE = 5, INFO = 6 };
/* What every daemon takes as one line (RFC 3164), and a title's share of it. */
enum { LINE_BYTES_MAX = 1024, TITLE_BYTES_MAX = 600, WORD_BYTES_MAX = 100 };
/* More than the largest alert and its fields. */
enum { ENTRY_BYTES_MAX = 64 * 1024 };

struct syslog_sink {
    unsigned magic;
    char *root; /* in the place of "/" */
    int fd;     /* -1: not connected */
    bool is_journal;

    uv_timer_t turn; /* tells the result from a later turn */
    struct wpb_delivery delivery;
    wpb_sink_done *done; /* NULL: nothing is under way */
    void *done_cookie;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static struct syslog_sink *cast(void *sink)
{
    struct syslog_sink *syslog = sink;

    assert(syslog->magic == MAGIC);
    return syslog;
}

static void *open_syslog(struct uv_loop_s *loop, const struct wpb_sink_settings *settings,
                         struct wpb_err *err)
{
    struct syslog_sink *sink = calloc(1, sizeof(*sink));

    if (!sink || !(sink->root = strdup(settings->path ? settings->path : ""))) {
        free(sink);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a sink");
        return NULL;
    }
    sink->magic = MAGIC;
    sink->fd = -1;
    uv_timer_init(loop, &sink->turn);
    sink->turn.data = sink;
    return sink;
}

/* ---- what is said */

static int severity_of(const struct wpb_alert *alert)
{
    if (alert->status == WPB_ALERT_RESOLVED)
        return NOTICE;
    return alert->severity == WPB_CRITICAL  ? CRITICAL
           : alert->severity == WPB_WARNING ? WARNING
                                            : INFO;
}

/* TEXT escaped, at most so many bytes of it. */
static void add_text(struct wpb_buf *out, const char *text, size_t bytes_max)
{
    wpb_text_log(out, wpb_slice_head(wpb_slice_cstr(text), bytes_max));
}

/* "firing critical cache.notoptions_bloat shop: its title [00112233445566ff]" */
static void add_sentence(struct wpb_buf *out, const struct wpb_alert *alert,
                         const struct wpb_alert_fields *fields)
{
    wpb_buf_printf(out, "%s %s ", wpb_alert_status_name(alert->status),
                   wpb_severity_name(alert->severity));
    add_text(out, fields->code, WORD_BYTES_MAX);
    wpb_buf_char(out, ' ');
    add_text(out, fields->site, WORD_BYTES_MAX);
    wpb_buf_text(out, ": ");
    add_text(out, fields->title, TITLE_BYTES_MAX);
    wpb_buf_text(out, " [");
    add_text(out, alert->fingerprint, WORD_BYTES_MAX);
    wpb_buf_char(out, ']');
}

static void add_line(struct wpb_buf *out, const struct wpb_alert *alert,
                     const struct wpb_alert_fields *fields)
{
    struct wpb_buf line;

    wpb_buf_init(&line, 0);
    wpb_buf_printf(&line, "<%d>%s[%ld]: ", FACILITY_DAEMON * 8 + severity_of(alert), NAME,
                   (long)getpid());
    add_sentence(&line, alert, fields);
    /* What had to be escaped may have become longer. */
    wpb_buf_slice(out, wpb_slice_head(wpb_buf_view(&line), LINE_BYTES_MAX));
    wpb_buf_fini(&line);
}

static void add_field(struct wpb_buf *out, const char *name, const char *value)
{
    wpb_buf_printf(out, "%s=", name);
    add_text(out, value, TITLE_BYTES_MAX);
    wpb_buf_char(out, '\n');
}

/* A value with its length, which may hold any byte. */
static void add_counted_field(struct wpb_buf *out, const char *name,
                              struct wpb_slice value)
{
    wpb_buf_printf(out, "%s\n", name);
    for (unsigned shift = 0; shift < 64; shift += 8)
        wpb_buf_char(out, (char)((uint64_t)value.len >> shift & 0xff));
    wpb_buf_slice(out, value);
    wpb_buf_char(out, '\n');
}

static void add_entry(struct wpb_buf *out, const struct wpb_alert *alert,
                      const struct wpb_alert_fields *fields, bool is_whole)
{
    wpb_buf_text(out, "MESSAGE=");
    add_sentence(out, alert, fields);
    wpb_buf_printf(out, "\nPRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\n",
                   severity_of(alert), FACILITY_DAEMON, NAME);
    add_field(out, "WPBLOAT_STATUS", wpb_alert_status_name(alert->status));
    add_field(out, "WPBLOAT_SEVERITY", wpb_severity_name(alert->severity));
    add_field(out, "WPBLOAT_FINGERPRINT", alert->fingerprint);
    add_field(out, "WPBLOAT_ID", alert->id);
    add_field(out, "WPBLOAT_CODE", fields->code);
    add_field(out, "WPBLOAT_SITE", fields->site);
    add_field(out, "WPBLOAT_OWNER", fields->owner);
    if (is_whole)
        add_counted_field(out, "WPBLOAT_ALERT", alert->body);
}

/* ---- the socket */

static void disconnect(struct syslog_sink *sink)
{
    if (sink->fd >= 0)
        close(sink->fd);
    sink->fd = -1;
}

static int connect_to(struct syslog_sink *sink, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int len =
        snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", sink->root, path);

    if (len < 0 || (size_t)len >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    sink->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sink->fd < 0)
        return -1;
    if (connect(sink->fd, (struct sockaddr *)&address, sizeof(address))) {
        int reason = errno;
        disconnect(sink);
        errno = reason;
        return -1;
    }
    return 0;
}

static int connect_to_one(struct syslog_sink *sink)
{
    if (sink->fd >= 0)
        return 0;
    sink->is_journal = connect_to(sink, JOURNAL) == 0;
    return sink->is_journal ? 0 : connect_to(sink, LOG);
}

/* One datagram; -1 with errno. */
static int hand_over(struct syslog_sink *sink, const struct wpb_alert *alert,
                     const struct wpb_alert_fields *fields, bool is_whole)
{
    struct wpb_buf bytes;
    ssize_t sent = -1;

    wpb_buf_init(&bytes, ENTRY_BYTES_MAX);
    if (sink->is_journal)
        add_entry(&bytes, alert, fields, is_whole);
    else
        add_line(&bytes, alert, fields);
    if (wpb_buf_failed(&bytes))
        errno = ENOMEM;
    else
        sent = send(sink->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    wpb_buf_fini(&bytes);
    return sent < 0 ? -1 : 0;
}

/* A daemon that was restarted has another socket, and one that takes less gets less. */
static int hand_over_somehow(struct syslog_sink *sink, const struct wpb_alert *alert,
                             const struct wpb_alert_fields *fields)
{
    bool was_connected = sink->fd >= 0;

    if (connect_to_one(sink))
        return -1;
    if (hand_over(sink, alert, fields, true) == 0)
        return 0;
    if (errno == EMSGSIZE && sink->is_journal)
        return hand_over(sink, alert, fields, false);
    if (!was_connected || errno == EAGAIN || errno == ENOBUFS)
        return -1;
    disconnect(sink);
    if (connect_to_one(sink))
        return -1;
    return hand_over(sink, alert, fields, true);
}

/* ---- sending */

static void on_turn(uv_timer_t *timer)
{
    struct syslog_sink *sink = timer->data;
    wpb_sink_done *done = sink->done;

    sink->done = NULL;
    done(sink->done_cookie, &sink->delivery);
}

static void send_entry(void *cookie, const struct wpb_alert *alert, wpb_sink_done *done,
                       void *done_cookie)
{
    struct syslog_sink *sink = cast(cookie);
    struct wpb_alert_fields fields;
    struct wpb_err err;

    assert(!sink->done);
    sink->done = done;
    sink->done_cookie = done_cookie;
    sink->delivery = (struct wpb_delivery){.status = WPB_DELIVERED, .retry_after_ms = -1};
    wpb_alert_fields_init(&fields, alert->body);
    if (hand_over_somehow(sink, alert, &fields)) {
        wpb_err_errno(&err, errno, STAGE, "the log takes nothing");
        sink->delivery.status = WPB_DELIVERY_FAILED;
        snprintf(sink->delivery.detail, sizeof(sink->delivery.detail), "%s", err.message);
        if (errno != EAGAIN)
            disconnect(sink);
    } else {
        snprintf(sink->delivery.detail, sizeof(sink->delivery.detail), "handed to %s",
                 sink->is_journal ? "journald" : "syslog");
    }
    wpb_alert_fields_fini(&fields);
    uv_timer_start(&sink->turn, on_turn, 0, 0);
}

static void reopen(void *cookie)
{
    disconnect(cast(cookie));
}

static void on_closed(uv_handle_t *handle)
{
    struct syslog_sink *sink = handle->data;
    void (*closed)(void *) = sink->closed;
    void *cookie = sink->closed_cookie;

    if (sink->done) /* it went as it went */
        sink->done(sink->done_cookie, &sink->delivery);
    disconnect(sink);
    free(sink->root);
    free(sink);
    closed(cookie);
}

static void close_syslog(void *cookie, void (*closed)(void *cookie), void *closed_cookie)
{
    struct syslog_sink *sink = cast(cookie);

    sink->closed = closed;
    sink->closed_cookie = closed_cookie;
    uv_close((uv_handle_t *)&sink->turn, on_closed);
}

const struct wpb_sink_type wpb_sink_syslog = {.name = "syslog",
                                              .open = open_syslog,
                                              .send = send_entry,
                                              .reopen = reopen,
                                              .close = close_syslog};
