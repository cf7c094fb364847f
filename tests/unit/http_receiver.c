#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http_receiver.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sink_bench.h"

#define PYTHON "/usr/bin/python3"

enum { ARGUMENTS_MAX = 16 };

void http_receiver_start(struct http_receiver *receiver, const char *folder,
                         const char *name, const char *const *arguments)
{
    const char *line[ARGUMENTS_MAX] = {PYTHON, "scenario/receiver.py"};
    int in[2], out[2], count = 3;
    char said[64] = "";

    assert_true(asprintf(&receiver->record, "%s/%s.jsonl", folder, name) > 0);
    close(open(receiver->record, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    line[2] = receiver->record;
    while (*arguments)
        line[count++] = *arguments++;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    receiver->pid = fork();
    if (receiver->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execv(PYTHON, (char **)line);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    receiver->input = in[1];
    for (size_t len = 0; !strchr(said, '\n') && len < sizeof(said) - 1; len++)
        assert_int_equal(read(out[0], said + len, 1), 1);
    close(out[0]);
    assert_int_equal(sscanf(said, "port %d", &receiver->port), 1);
}

void http_receiver_stop(struct http_receiver *receiver)
{
    close(receiver->input);
    waitpid(receiver->pid, NULL, 0);
    free(receiver->record);
}

const char *http_receiver_url(const struct http_receiver *receiver, const char *scheme,
                              const char *host, const char *path)
{
    static char url[512];

    snprintf(url, sizeof(url), "%s://%s:%d%s", scheme, host, receiver->port, path);
    return url;
}

unsigned http_receiver_requests(const struct http_receiver *receiver)
{
    char *text = sink_bench_read(receiver->record);
    unsigned count = 0;

    for (const char *c = text; *c; c++)
        count += *c == '\n';
    free(text);
    return count;
}

bool http_receiver_has(const struct http_receiver *receiver, const char *text)
{
    char *record = sink_bench_read(receiver->record);
    bool has = strstr(record, text) != NULL;

    free(record);
    return has;
}

/* In FOLDER; what openssl prints is shown when it fails. */
static void openssl(const char *folder, const char *arguments)
{
    char *command;

    assert_true(asprintf(&command,
                         "cd %s && openssl %s >openssl.log 2>&1 || "
                         "{ cat openssl.log; exit 1; }",
                         folder, arguments) > 0);
    assert_int_equal(system(command), 0);
    free(command);
}

void http_receiver_certificates(const char *folder)
{
    static const char *const names[] = {"server", "client"};
    char *path;
    FILE *file;

    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca "
                    "-keyout ca.key -out ca.pem");
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other "
                    "-keyout other-ca.key -out other-ca.pem");
    assert_true(asprintf(&path, "%s/extensions", folder) > 0);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("subjectAltName=DNS:localhost\n", file);
    fclose(file);
    free(path);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char line[256];
        snprintf(line, sizeof(line),
                 "req -newkey rsa:2048 -nodes -subj /CN=%s -keyout %s.key -out %s.csr",
                 names[i], names[i], names[i]);
        openssl(folder, line);
        snprintf(line, sizeof(line),
                 "x509 -req -days 2 -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                 "-extfile extensions -out %s.pem",
                 names[i], names[i]);
        openssl(folder, line);
    }
}
