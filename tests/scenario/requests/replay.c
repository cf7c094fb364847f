/*
 * replay.c - what the analysis says of a recorded run of the lab (record.py), and of what
 * else might have been recorded.
 *
 *   replay FOLDER WINDOW_S WORKERS CORES [REPLAYS [SEED]]
 *
 * The recording is told to the book as the probes tell it: lines of the access log as
 * rows, counters at the moments at which they were read. Then REPLAYS draws of its rows
 * in blocks (agent/analyse/bootstrap.h) are told likewise. One line each:
 *   NAME capacity=6.5 low=6.1 high=7.0 knee=5.2 first=lock refusal= | QUANTITY=VERDICT
 * ...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/analyse/bootstrap.h"
#include "agent/analyse/work_verdict.h"
#include "probes/requests/access_format.h"
#include "probes/requests/line_parse.h"
#include "probes/requests/request_tally.h"

#define LINE_MAX_BYTES 65536
#define TEXT_MAX (64 << 20)

static const struct wpb_site site = {.name = "shop"};
static const struct wpb_subject pool = {
    .kind = WPB_SUBJECT_POOL, .scope = WPB_SLICE("lab"), .name = WPB_SLICE("shop")};
static const struct wpb_subject host = {.kind = WPB_SUBJECT_HOST};
static const struct wpb_subject mysql = {.kind = WPB_SUBJECT_MYSQL_SERVER,
                                         .scope = WPB_SLICE("lab")};
static const struct wpb_subject redis = {.kind = WPB_SUBJECT_REDIS_SERVER,
                                         .scope = WPB_SLICE("lab")};

static void die(const char *what)
{
    fprintf(stderr, "replay: %s\n", what);
    exit(1);
}

static void post(struct wpb_window *window, const struct wpb_subject *subject,
                 enum wpb_metric metric, double value, int64_t time_ms)
{
    struct wpb_sample sample = {.subject = subject,
                                .metric = metric,
                                .value = wpb_value_double(value),
                                .time_ms = time_ms};

    wpb_window_post(window, &sample);
}

/* ---- counters, as they were recorded */

static char *read_text(const char *folder, const char *source)
{
    char path[4096], *text = malloc(TEXT_MAX + 1);
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), "%s/%s", folder, source);
    file = fopen(path, "r");
    if (!file || !text)
        die(path);
    len = fread(text, 1, TEXT_MAX, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

/* A source, block by block; each begins with "@MILLISECONDS". */
struct blocks {
    char *text, *at; /* at: of the next one */
};

static char *next_block(struct blocks *blocks, int64_t *time_ms)
{
    char *begin = blocks->at, *end;

    if (!begin || *begin != '@')
        return NULL;
    *time_ms = strtoll(begin + 1, NULL, 10);
    begin = strchr(begin, '\n');
    if (!begin)
        return NULL;
    end = strstr(begin, "\n@");
    blocks->at = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    return begin;
}

/* The number behind "\nNAME" and one byte; 0 where it is not told. */
static double number_in(const char *block, const char *name)
{
    char mark[128];
    const char *at;

    snprintf(mark, sizeof(mark), "\n%s", name);
    for (at = strstr(block, mark); at; at = strstr(at + 1, mark)) {
        char behind = at[strlen(mark)];
        if (behind == '\t' || behind == ':')
            return strtod(at + strlen(mark) + 1, NULL);
    }
    return 0;
}

static double cpu_busy_s(const char *block)
{
    double ticks[8] = {0};

    if (sscanf(block, "\ncpu %lf %lf %lf %lf %lf %lf %lf %lf", &ticks[0], &ticks[1],
               &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]) != 8)
        die("proc.stat has no line of all processors");
    return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / 100;
}

static void post_mysql(struct wpb_window *window, const char *block, int64_t time_ms)
{
    static const char *const reads[] = {"Handler_read_first", "Handler_read_key",
                                        "Handler_read_next", "Handler_read_rnd",
                                        "Handler_read_rnd_next"};
    double rows = 0;

    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
        rows += number_in(block, reads[i]);
    post(window, &mysql, WPB_M_ROWS_EXAMINED, rows, time_ms);
    post(window, &mysql, WPB_M_QUESTIONS, number_in(block, "Questions"), time_ms);
    post(window, &mysql, WPB_M_ROW_LOCK_WAITS, number_in(block, "Innodb_row_lock_waits"),
         time_ms);
    post(window, &mysql, WPB_M_ROW_LOCK_SECONDS,
         number_in(block, "Innodb_row_lock_time") / 1000, time_ms);
}

static void post_redis(struct wpb_window *window, const char *block, int64_t time_ms)
{
    post(window, &redis, WPB_M_CACHE_COMMANDS,
         number_in(block, "total_commands_processed"), time_ms);
    post(window, &redis, WPB_M_NET_OUTPUT_BYTES,
         number_in(block, "total_net_output_bytes"), time_ms);
    post(window, &redis, WPB_M_NET_INPUT_BYTES, number_in(block, "total_net_input_bytes"),
         time_ms);
}

/* ---- rows, as the tally of the log's probe makes them */

struct reading {
    struct wpb_work_row rows[WPB_WINDOW_WORK_MAX];
    size_t count;
};

static void on_window(void *cookie, const struct wpb_request_window *window)
{
    struct reading *reading = cookie;
    struct wpb_work_row *row = &reading->rows[reading->count];

    if (reading->count == WPB_WINDOW_WORK_MAX)
        return;
    *row = (struct wpb_work_row){.start_ms = window->start_us / 1000,
                                 .length_s = window->length_s,
                                 .requests = (double)window->requests,
                                 .timed = (double)window->timed,
                                 .busy_s = window->busy_s,
                                 .seen = window->seen,
                                 .queue_wait_s = NAN,
                                 .queries = NAN};
    for (size_t c = 0; c < WPB_ROUTES; c++) {
        row->failed += (double)window->classes[c].failed;
        row->busy_squared_s2 += window->classes[c].busy_squared_s2;
        row->cpu_s += window->classes[c].cpu_s;
        row->class_requests[c] = (float)window->classes[c].requests;
        row->class_busy_s[c] = (float)window->classes[c].busy_s;
    }
    reading->count++;
}

static void read_log(const char *folder, uint32_t length_s, struct reading *reading)
{
    static struct wpb_line_format format;
    struct wpb_request_tally *tally = wpb_request_tally_new(length_s, on_window, reading);
    char *text = read_text(folder, "fpm-access.log");
    struct wpb_err err;

    if (!tally || wpb_access_format(&format, wpb_slice_cstr(WPB_ACCESS_FORMAT), &err))
        die("the access log cannot be read");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        struct wpb_request_line request;
        if (wpb_line_parse(&format, wpb_slice_cstr(line), &request) == WPB_LINE_NO_MATCH)
            continue;
        wpb_request_tally_add(tally, &request, wpb_route_of(&request, NULL),
                              request.end_us);
    }
    wpb_request_tally_finish(tally);
    wpb_request_tally_free(tally);
    free(text);
}

/* ---- telling */

static int64_t row_end_ms(const struct wpb_work_row *row)
{
    return row->start_ms + (int64_t)row->length_s * 1000;
}

/* As in the agent: a look each few seconds, with the rows that are done by then. */
static struct wpb_work_book *tell(const char *folder, const struct reading *reading,
                                  int64_t *now_ms)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    struct wpb_window *known = wpb_window_new(&site, 0);
    struct blocks of_mysql = {.text = read_text(folder, "mysql.status")};
    struct blocks of_redis = {.text = read_text(folder, "redis.info")};
    struct blocks of_host = {.text = read_text(folder, "proc.stat")};
    char *block;
    size_t row = 0;

    of_mysql.at = of_mysql.text;
    of_redis.at = of_redis.text;
    of_host.at = of_host.text;
    while ((block = next_block(&of_mysql, now_ms))) {
        struct wpb_window *read = wpb_window_new(&site, *now_ms);
        int64_t time_ms;
        post_mysql(known, block, *now_ms);
        if ((block = next_block(&of_redis, &time_ms)))
            post_redis(known, block, time_ms);
        if ((block = next_block(&of_host, &time_ms)))
            post(known, &host, WPB_M_CPU_BUSY_SECONDS, cpu_busy_s(block), time_ms);
        while (row < reading->count &&
               row_end_ms(&reading->rows[row]) + WPB_TALLY_GRACE_S * 1000 <= *now_ms)
            wpb_window_post_work(read, &pool, &reading->rows[row++]);
        wpb_work_book_take(book, read, known);
        wpb_window_free(read);
    }
    wpb_window_free(known);
    free(of_mysql.text);
    free(of_redis.text);
    free(of_host.text);
    return book;
}

/* The columns of ROW as counters: what the readings of a drawn history would be. */
static void count_on(struct wpb_window *known, const struct wpb_book_row *row,
                     double sums[WPB_BOOK_COUNTERS], int64_t time_ms)
{
    static const struct {
        const struct wpb_subject *subject;
        enum wpb_metric metric;
    } counters[WPB_BOOK_COUNTERS] = {
        [WPB_BOOK_QUERIES] = {&mysql, WPB_M_QUESTIONS},
        [WPB_BOOK_ROWS_EXAMINED] = {&mysql, WPB_M_ROWS_EXAMINED},
        [WPB_BOOK_LOCK_WAITS] = {&mysql, WPB_M_ROW_LOCK_WAITS},
        [WPB_BOOK_LOCK_WAIT_S] = {&mysql, WPB_M_ROW_LOCK_SECONDS},
        [WPB_BOOK_CACHE_COMMANDS] = {&redis, WPB_M_CACHE_COMMANDS},
        [WPB_BOOK_CACHE_BYTES_OUT] = {&redis, WPB_M_NET_OUTPUT_BYTES},
        [WPB_BOOK_CACHE_BYTES_IN] = {&redis, WPB_M_NET_INPUT_BYTES},
        [WPB_BOOK_CPU_BUSY_S] = {&host, WPB_M_CPU_BUSY_SECONDS},
    };

    for (size_t c = 0; c < WPB_BOOK_COUNTERS; c++) {
        double gain = row ? (double)row->column[c] : 0;
        if (!counters[c].subject || isnan(gain))
            continue;
        sums[c] += gain;
        post(known, counters[c].subject, counters[c].metric, sums[c], time_ms);
    }
}

static struct wpb_work_book *tell_drawn(const struct wpb_book_row *rows,
                                        const size_t *indices, size_t count)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    struct wpb_window *known = wpb_window_new(&site, 0);
    double sums[WPB_BOOK_COUNTERS] = {0};
    int64_t time_ms = rows[0].start_ms;
    struct wpb_window *nothing = wpb_window_new(&site, 0);

    count_on(known, NULL, sums, time_ms);
    wpb_work_book_take(book, nothing, known);
    wpb_window_free(nothing);
    for (size_t i = 0; i < count; i++) {
        const struct wpb_book_row *from = &rows[indices[i]];
        struct wpb_window *read = wpb_window_new(&site, 0);
        struct wpb_work_row row = {.start_ms = time_ms,
                                   .length_s = from->length_s,
                                   .requests = (double)from->requests,
                                   .failed = (double)from->failed,
                                   .timed = (double)from->timed,
                                   .busy_s = (double)from->busy_s,
                                   .busy_squared_s2 = (double)from->busy_squared_s2,
                                   .seen = (double)from->seen,
                                   .cpu_s = (double)from->cpu_s,
                                   .queue_wait_s = NAN,
                                   .queries = NAN};
        memcpy(row.class_requests, from->class_requests, sizeof(row.class_requests));
        memcpy(row.class_busy_s, from->class_busy_s, sizeof(row.class_busy_s));
        time_ms += (int64_t)from->length_s * 1000;
        count_on(known, from, sums, time_ms);
        wpb_window_post_work(read, &pool, &row);
        wpb_work_book_take(book, read, known);
        wpb_window_free(read);
    }
    wpb_window_free(known);
    return book;
}

static void say(const char *name, const struct wpb_work_book *book,
                const struct wpb_verdict_pool *facts)
{
    size_t count;
    const struct wpb_book_row *rows = wpb_work_book_rows(book, &count);
    static struct wpb_verdict verdict;

    if (!count)
        die("no rows");
    if (!wpb_verdict_of(book, facts, rows[count - 1].start_ms, &verdict))
        die("out of memory");
    printf(
        "%s windows=%zu capacity=%.2f low=%.2f high=%.2f knee=%.2f first=%s refusal=%s",
        name, count, verdict.capacity, verdict.capacity_low, verdict.capacity_high,
        verdict.knee, verdict.refusal ? "" : wpb_resource_name(verdict.first),
        wpb_work_refusal_name(verdict.refusal));
    for (int r = 0; r < WPB_RESOURCES; r++)
        printf(" %s=%.2f%s", wpb_resource_name((enum wpb_resource)r),
               verdict.demands[r].capacity,
               wpb_work_refusal_name(verdict.demands[r].refusal));
    printf(" |");
    for (int q = 0; q < WPB_QUANTITIES; q++)
        printf(" %s=%s(%s,%.4g)", wpb_quantity_name((enum wpb_quantity)q),
               wpb_work_verdict_name(verdict.growth[q].verdict),
               wpb_work_refusal_name(verdict.growth[q].refusal), verdict.growth[q].mean);
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct reading reading;
    struct wpb_verdict_pool facts;
    struct wpb_work_book *book;
    struct wpb_bootstrap draws;
    const struct wpb_book_row *rows;
    int64_t now_ms = 0;
    size_t count, *indices;

    if (argc < 5)
        die("usage: replay FOLDER WINDOW_S WORKERS CORES [REPLAYS [SEED]]");
    facts = (struct wpb_verdict_pool){.workers = (unsigned)atoi(argv[3]),
                                      .cores = (unsigned)atoi(argv[4])};
    read_log(argv[1], (uint32_t)atoi(argv[2]), &reading);
    book = tell(argv[1], &reading, &now_ms);
    say("recorded", book, &facts);
    rows = wpb_work_book_rows(book, &count);
    indices = calloc(count, sizeof(*indices));
    wpb_bootstrap_begin(&draws, count, 0, argc > 6 ? strtoull(argv[6], NULL, 10) : 1);
    for (int i = 0; indices && i < (argc > 5 ? atoi(argv[5]) : 0); i++) {
        struct wpb_work_book *drawn;
        wpb_bootstrap_draw(&draws, indices);
        drawn = tell_drawn(rows, indices, count);
        say("replayed", drawn, &facts);
        wpb_work_book_free(drawn);
    }
    free(indices);
    wpb_work_book_free(book);
    return 0;
}
