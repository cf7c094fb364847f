#include "agent/load/counters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 30

void wpb_load_counters_begin(struct wpb_load_counters *counters, double at_s)
{
    counters->at_s = at_s;
    for (size_t i = 0; i < WPB_LOAD_COUNTERS; i++)
        counters->values[i] = NAN;
}

/* NAN of what is no number. */
static double number_of(struct wpb_slice text)
{
    char digits[DIGITS_MAX + 1], *end;
    double value;

    if (!text.len || text.len > DIGITS_MAX || !strchr("0123456789", text.data[0]))
        return NAN;
    memcpy(digits, text.data, text.len);
    digits[text.len] = '\0';
    value = strtod(digits, &end);
    return *end || !isfinite(value) ? NAN : value;
}

static struct wpb_slice cut(struct wpb_slice *text, char byte)
{
    const char *end = text->len ? memchr(text->data, byte, text->len) : NULL;
    struct wpb_slice head =
        wpb_slice_head(*text, end ? (size_t)(end - text->data) : text->len);

    *text = wpb_slice_skip(*text, head.len + 1);
    return head;
}

/* "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ..." (proc(5)) */
void wpb_load_counters_of_stat(struct wpb_load_counters *counters, struct wpb_slice text,
                               double ticks, double own_s)
{
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
    struct wpb_slice line = cut(&text, '\n');
    double fields[FIELDS], all = 0;
    size_t count = 0;

    if (!wpb_slice_is(cut(&line, ' '), "cpu"))
        return;
    while (line.len && count < FIELDS) {
        struct wpb_slice word = cut(&line, ' ');
        if (word.len)
            fields[count++] = number_of(word) / ticks;
    }
    if (count < FIELDS)
        return;
    for (size_t i = 0; i < FIELDS; i++)
        all += fields[i];
    counters->values[WPB_LOAD_CPU_ALL_S] = all;
    counters->values[WPB_LOAD_CPU_STEAL_S] = fields[STEAL];
    counters->values[WPB_LOAD_CPU_BUSY_S] = fields[USER] + fields[NICE] + fields[SYSTEM] +
                                            fields[IRQ] + fields[SOFTIRQ] - own_s;
}

static void add(struct wpb_load_counters *counters, enum wpb_load_counter counter,
                double value)
{
    double *sum = &counters->values[counter];

    if (!isnan(value))
        *sum = isnan(*sum) ? value : *sum + value;
}

void wpb_load_counters_of_info(struct wpb_load_counters *counters, struct wpb_slice text)
{
    static const struct {
        const char *name;
        enum wpb_load_counter counter;
    } lines[] = {{"total_commands_processed", WPB_LOAD_CACHE_COMMANDS},
                 {"total_net_input_bytes", WPB_LOAD_CACHE_IN_BYTES},
                 {"total_net_output_bytes", WPB_LOAD_CACHE_OUT_BYTES},
                 {"used_cpu_sys", WPB_LOAD_REDIS_BUSY_S},
                 {"used_cpu_user", WPB_LOAD_REDIS_BUSY_S}};

    while (text.len) {
        struct wpb_slice line = cut(&text, '\n'), name = cut(&line, ':');
        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
            if (wpb_slice_is(name, lines[i].name))
                add(counters, lines[i].counter, number_of(line));
        }
    }
}

/* Innodb_rows_read stays 0 on MariaDB 10.11: the handlers' reads are the rows. */
void wpb_load_counters_of_status(struct wpb_load_counters *counters,
                                 struct wpb_slice name, struct wpb_slice value)
{
    static const struct wpb_slice reads = WPB_SLICE("Handler_read_");
    double number = number_of(value);

    if (wpb_slice_is(name, "Questions"))
        add(counters, WPB_LOAD_QUERIES, number);
    else if (wpb_slice_is(name, "Innodb_row_lock_time"))
        add(counters, WPB_LOAD_LOCK_WAIT_S, number / 1000);
    else if (wpb_slice_starts(name, reads))
        add(counters, WPB_LOAD_ROWS, number);
}

/* ---- between readings */

/* NAN where it went backwards or was not measured. */
static double growth(const struct wpb_load_counters *before,
                     const struct wpb_load_counters *after, size_t counter)
{
    double more = after->values[counter] - before->values[counter];

    return more >= 0 ? more : NAN;
}

static double or_zero(double value)
{
    return value > 0 && isfinite(value) ? value : 0;
}

void wpb_load_background_of(const struct wpb_load_counters readings[3],
                            struct wpb_load_background *background)
{
    double seconds = readings[2].at_s - readings[1].at_s;

    for (size_t i = 0; i < WPB_LOAD_COUNTERS; i++) {
        double reading = or_zero(growth(&readings[0], &readings[1], i));
        double quiet = or_zero(growth(&readings[1], &readings[2], i));
        background->reading[i] = reading;
        background->a_second[i] = seconds > 0 ? or_zero((quiet - reading) / seconds) : 0;
    }
}

void wpb_load_work_of(const struct wpb_load_counters *before,
                      const struct wpb_load_counters *after,
                      const struct wpb_load_background *background, double requests,
                      struct wpb_load_work *work, struct wpb_load_use *use)
{
    double seconds = after->at_s - before->at_s, of_one[WPB_LOAD_COUNTERS];
    double cpu_all = growth(before, after, WPB_LOAD_CPU_ALL_S);

    for (size_t i = 0; i < WPB_LOAD_COUNTERS; i++) {
        double ours = growth(before, after, i) - background->reading[i] -
                      background->a_second[i] * seconds;
        of_one[i] = isnan(ours) || !(requests > 0) ? NAN : fmax(ours, 0) / requests;
    }
    work->queries = of_one[WPB_LOAD_QUERIES];
    work->rows = of_one[WPB_LOAD_ROWS];
    work->lock_wait_s = of_one[WPB_LOAD_LOCK_WAIT_S];
    work->cache_commands = of_one[WPB_LOAD_CACHE_COMMANDS];
    work->cache_in_bytes = of_one[WPB_LOAD_CACHE_IN_BYTES];
    work->cache_out_bytes = of_one[WPB_LOAD_CACHE_OUT_BYTES];
    work->cpu_s = of_one[WPB_LOAD_CPU_BUSY_S];
    use->cpu_ratio = growth(before, after, WPB_LOAD_CPU_BUSY_S) / cpu_all;
    use->steal_ratio = growth(before, after, WPB_LOAD_CPU_STEAL_S) / cpu_all;
    use->redis_ratio = growth(before, after, WPB_LOAD_REDIS_BUSY_S) / seconds;
    if (!(cpu_all > 0))
        use->cpu_ratio = use->steal_ratio = NAN;
    if (!(seconds > 0))
        use->redis_ratio = NAN;
}
