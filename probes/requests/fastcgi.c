#include "probes/requests/fastcgi.h"

#define STAGE "fastcgi"

#define VERSION 1
#define REQUEST_ID 1
#define RESPONDER 1
#define CONTENT_MAX 65535u
#define HEADER_BYTES 8
/* Records may carry little: for each byte of STDOUT so many may come, and this beside. */
#define OVERHEAD_TIMES 4
#define OVERHEAD_BYTES ((uint64_t)64 << 10)

enum record_type {
    BEGIN_REQUEST = 1,
    END_REQUEST = 3,
    PARAMS = 4,
    STDIN = 5,
    STDOUT = 6,
    STDERR = 7,
};

/* ---- asking ---- */

static void add_header(struct wpb_buf *out, enum record_type type, size_t len)
{
    const uint8_t header[HEADER_BYTES] = {
        VERSION, (uint8_t)type, 0, REQUEST_ID, (uint8_t)(len >> 8), (uint8_t)len, 0, 0};
    wpb_buf_add(out, header, sizeof header);
}

static void add_length(struct wpb_buf *out, size_t len)
{
    if (len < 128) {
        wpb_buf_char(out, (char)len);
        return;
    }
    const uint8_t bytes[4] = {(uint8_t)(0x80 | (len >> 24)), (uint8_t)(len >> 16),
                              (uint8_t)(len >> 8), (uint8_t)len};
    wpb_buf_add(out, bytes, sizeof bytes);
}

static void add_pairs(const struct wpb_fastcgi_param *params, size_t count,
                      struct wpb_buf *pairs)
{
    for (size_t i = 0; i < count; i++) {
        struct wpb_slice name = wpb_slice_cstr(params[i].name);
        add_length(pairs, name.len);
        add_length(pairs, params[i].value.len);
        wpb_buf_slice(pairs, name);
        wpb_buf_slice(pairs, params[i].value);
    }
}

void wpb_fastcgi_request(const struct wpb_fastcgi_param *params, size_t count,
                         struct wpb_buf *out)
{
    static const uint8_t begin[8] = {0, RESPONDER, 0 /* close when done */};
    struct wpb_buf pairs;
    struct wpb_slice rest;

    wpb_buf_init(&pairs, 0);
    add_pairs(params, count, &pairs);
    add_header(out, BEGIN_REQUEST, sizeof begin);
    wpb_buf_add(out, begin, sizeof begin);
    for (rest = wpb_buf_view(&pairs); rest.len;
         rest = wpb_slice_skip(rest, CONTENT_MAX)) {
        struct wpb_slice part = wpb_slice_head(rest, CONTENT_MAX);
        add_header(out, PARAMS, part.len);
        wpb_buf_slice(out, part);
    }
    add_header(out, PARAMS, 0);
    add_header(out, STDIN, 0);
    if (wpb_buf_failed(&pairs))
        out->failed = true;
    wpb_buf_fini(&pairs);
}

/* ---- the answer ---- */

void wpb_fastcgi_answer_init(struct wpb_fastcgi_answer *answer, size_t out_max)
{
    *answer = (struct wpb_fastcgi_answer){
        .received_max = out_max * (uint64_t)OVERHEAD_TIMES + OVERHEAD_BYTES};
    wpb_buf_init(&answer->out, out_max);
    wpb_buf_init(&answer->errors, WPB_FASTCGI_ERRORS_MAX);
}

void wpb_fastcgi_answer_fini(struct wpb_fastcgi_answer *answer)
{
    wpb_buf_fini(&answer->out);
    wpb_buf_fini(&answer->errors);
}

/* A header is complete. Records of other requests and management records are for others:
 * they are passed over. */
static int begin_record(struct wpb_fastcgi_answer *answer, struct wpb_err *err)
{
    const uint8_t *header = answer->header;

    if (header[0] != VERSION)
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                           "the answer is no FastCGI: a record begins with byte 0x%02x",
                           header[0]);
    answer->content_left = (uint16_t)(header[4] << 8 | header[5]);
    answer->padding_left = header[6];
    answer->end_len = 0;
    return 0;
}

static bool is_ours(const struct wpb_fastcgi_answer *answer)
{
    return answer->header[2] == 0 && answer->header[3] == REQUEST_ID;
}

static int end_request(struct wpb_fastcgi_answer *answer, struct wpb_err *err)
{
    if (answer->end_len < sizeof answer->end)
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "END_REQUEST of %u bytes",
                           answer->end_len);
    answer->is_ended = true;
    answer->protocol = (enum wpb_fastcgi_protocol)answer->end[4];
    return 0;
}

static int take_content(struct wpb_fastcgi_answer *answer, struct wpb_slice part,
                        struct wpb_err *err)
{
    struct wpb_slice room;

    switch (is_ours(answer) ? answer->header[1] : 0) {
    case STDOUT:
        if (part.len > answer->out.limit - answer->out.len)
            return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                               "the answer is longer than %zu bytes", answer->out.limit);
        wpb_buf_slice(&answer->out, part);
        if (wpb_buf_failed(&answer->out))
            return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for the answer");
        return 0;
    case STDERR:
        room = wpb_slice_head(part, WPB_FASTCGI_ERRORS_MAX - answer->errors.len);
        wpb_buf_slice(&answer->errors, room);
        return 0;
    case END_REQUEST:
        for (size_t i = 0; i < part.len && answer->end_len < sizeof answer->end; i++)
            answer->end[answer->end_len++] = (uint8_t)part.data[i];
        return 0;
    default:
        return 0;
    }
}

/* Take one piece off the front of BYTES: a part of a header, of content, of padding. */
static int take_piece(struct wpb_fastcgi_answer *answer, struct wpb_slice *bytes,
                      struct wpb_err *err)
{
    size_t len;
    int result = 0;

    if (answer->header_len < HEADER_BYTES) {
        answer->header[answer->header_len++] = (uint8_t)bytes->data[0];
        *bytes = wpb_slice_skip(*bytes, 1);
        if (answer->header_len < HEADER_BYTES)
            return 0;
        result = begin_record(answer, err);
    } else if (answer->content_left) {
        len = bytes->len < answer->content_left ? bytes->len : answer->content_left;
        result = take_content(answer, wpb_slice_head(*bytes, len), err);
        answer->content_left = (uint16_t)(answer->content_left - len);
        *bytes = wpb_slice_skip(*bytes, len);
    } else {
        len = bytes->len < answer->padding_left ? bytes->len : answer->padding_left;
        answer->padding_left = (uint8_t)(answer->padding_left - len);
        *bytes = wpb_slice_skip(*bytes, len);
    }
    if (result != 0 || answer->content_left || answer->padding_left)
        return result;
    answer->header_len = 0;
    if (is_ours(answer) && answer->header[1] == END_REQUEST)
        return end_request(answer, err);
    return 0;
}

int wpb_fastcgi_answer_feed(struct wpb_fastcgi_answer *answer, struct wpb_slice bytes,
                            struct wpb_err *err)
{
    answer->received += bytes.len;
    if (!answer->is_ended && answer->received > answer->received_max)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "the answer does not end after %llu bytes",
                           (unsigned long long)answer->received_max);
    while (bytes.len && !answer->is_ended) {
        if (take_piece(answer, &bytes, err) != 0)
            return -1;
    }
    return 0;
}
