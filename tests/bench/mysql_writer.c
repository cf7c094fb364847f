/*
 * mysql_writer.c - a client that commits without end, and how long each commit took:
 * `mysql_writer SOCKET SECONDS` prints "MEDIAN_US P95_US COMMITS". It adds rows to
 * wordpress.wp_postmeta as root, in autocommit, and takes them away at the end.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COMMITS_MAX 1000000

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static int run(MYSQL *mysql, const char *sql)
{
    if (mysql_query(mysql, sql) == 0)
        return 0;
    fprintf(stderr, "mysql_writer: %s\n", mysql_error(mysql));
    return -1;
}

int main(int argc, char **argv)
{
    MYSQL *mysql = mysql_init(NULL);
    double *took = malloc(COMMITS_MAX * sizeof(*took)), end, begun;
    size_t count = 0;
    int status = 1;

    if (argc != 3 || !mysql || !took) {
        fputs("usage: mysql_writer SOCKET SECONDS\n", stderr);
        return 64;
    }
    if (!mysql_real_connect(mysql, NULL, "root", NULL, "wordpress", 0, argv[1], 0)) {
        fprintf(stderr, "mysql_writer: %s\n", mysql_error(mysql));
        goto out;
    }
    end = now_us() + 1e6 * strtod(argv[2], NULL);
    while ((begun = now_us()) < end && count < COMMITS_MAX) {
        if (run(mysql, "INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES "
                       "(1, 'bench_writer', REPEAT('x', 300))"))
            goto out;
        took[count++] = now_us() - begun;
    }
    if (run(mysql, "DELETE FROM wp_postmeta WHERE meta_key = 'bench_writer'"))
        goto out;
    qsort(took, count, sizeof(*took), compare);
    printf("%.0f %.0f %zu\n", took[count / 2], took[count * 95 / 100], count);
    status = 0;
out:
    mysql_close(mysql);
    free(took);
    return status;
}
