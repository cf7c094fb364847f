#include "agent/base/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

/* Longer ones are cut: systemctl shows a line. */
#define STATUS_MAX 512u

/* The manager's socket address of NAME; false when it is none that we know. */
static bool address_of(struct wpb_notify *notify, const char *name)
{
    size_t len = strlen(name);
    size_t head = offsetof(struct sockaddr_un, sun_path);

    if ((name[0] != '/' && name[0] != '@') || name[1] == '\0' ||
        len >= sizeof(notify->address.sun_path))
        return false;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, len + 1);
    if (name[0] == '@') {
        notify->address.sun_path[0] = '\0';
        notify->address_bytes = (socklen_t)(head + len); /* no NUL ends it */
    } else {
        notify->address_bytes = (socklen_t)(head + len + 1);
    }
    return true;
}

/* TEXT as a number; 0 when it is none. */
static uint64_t number(const char *text)
{
    uint64_t value;
    char *end;

    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 ? value : 0;
}

/* Half of the time after which the manager loses patience; 0 when it has no end or is
 * another process's. */
static uint64_t watchdog_from(const char *usec, const char *pid)
{
    uint64_t us = number(usec);

    if (us == 0 || us == UINT64_MAX || (pid && number(pid) != (uint64_t)getpid()))
        return 0;
    return us / 2000 > 0 ? us / 2000 : 1;
}

int wpb_notify_init(struct wpb_notify *notify, struct wpb_err *err)
{
    const char *name = getenv("NOTIFY_SOCKET");
    int result = 0;

    *notify = (struct wpb_notify){.fd = -1};
    if (name && *name) {
        if (!address_of(notify, name))
            result = wpb_err_set(err, WPB_E_UNSUPPORTED, "notify",
                                 "NOTIFY_SOCKET is neither a path nor an abstract name");
        else if ((notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
            result = wpb_err_errno(err, errno, "notify", "no socket for NOTIFY_SOCKET");
        else
            notify->watchdog_ms =
                watchdog_from(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return result;
}

void wpb_notify_fini(struct wpb_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    *notify = (struct wpb_notify){.fd = -1};
}

static int send_text(struct wpb_notify *notify, const struct wpb_buf *message)
{
    ssize_t sent;

    if (notify->fd < 0)
        return 0;
    do {
        sent =
            sendto(notify->fd, message->data, message->len, MSG_NOSIGNAL | MSG_DONTWAIT,
                   (struct sockaddr *)&notify->address, notify->address_bytes);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

/* Send STATE (lines that end in a newline) and STATUS, if there is one. */
static int tell(struct wpb_notify *notify, const char *state, const char *status)
{
    struct wpb_buf message;
    int result, errnum;

    wpb_buf_init(&message, 0);
    wpb_buf_text(&message, state);
    if (status) {
        wpb_buf_text(&message, "STATUS=");
        wpb_text_terminal(&message, wpb_slice_head(wpb_slice_cstr(status), STATUS_MAX));
        wpb_buf_char(&message, '\n');
    }
    result = send_text(notify, &message);
    errnum = errno;
    wpb_buf_fini(&message);
    errno = errnum;
    return result;
}

int wpb_notify_ready(struct wpb_notify *notify, const char *status)
{
    return tell(notify, "READY=1\n", status);
}

int wpb_notify_status(struct wpb_notify *notify, const char *status)
{
    return tell(notify, "", status);
}

int wpb_notify_reloading(struct wpb_notify *notify)
{
    struct timespec now;
    struct wpb_buf state;
    int result;

    /* The manager compares it with its own clock: the true one, whatever tests do. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    wpb_buf_init(&state, 0);
    wpb_buf_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
                   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    result = tell(notify, state.data, NULL);
    wpb_buf_fini(&state);
    return result;
}

int wpb_notify_stopping(struct wpb_notify *notify, const char *status)
{
    return tell(notify, "STOPPING=1\n", status);
}

int wpb_notify_watchdog(struct wpb_notify *notify)
{
    return tell(notify, "WATCHDOG=1\n", NULL);
}
