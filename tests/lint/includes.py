#!/usr/bin/env python3
"""Enforces the arrows between rooms (docs/architecture.md) on #include lines.

usage: includes.py ROOT     exit 1 and one line for each arrow that points wrong
"""

import os
import re
import sys

LIBC = set("""assert ctype endian errno inttypes limits locale math stdarg stdatomic
    stdbool stddef stdint stdio stdlib malloc string strings emmintrin time signal fcntl glob
    unistd
    linux/inet_diag linux/netlink linux/sock_diag linux/unix_diag sys/sysmacros
    dirent ftw getopt netdb poll pwd grp sched arpa/inet netinet/in netinet/tcp
    ifaddrs sys/ioctl sys/mman sys/prctl sys/random sys/resource sys/socket sys/stat
    sys/time sys/timerfd sys/types
    sys/un sys/utsname sys/wait""".split())
# A pure room computes: no files, no sockets, no clock, no signals.
PURE = set("""assert ctype endian inttypes limits math stdarg stdbool stddef stdint stdio
    stdlib string strings emmintrin""".split())
# <stdio.h> and <stdlib.h> are there for snprintf and qsort, not for these.
IMPURE_CALL = re.compile(
    r"(?<![\w.>])(printf|fprintf|vfprintf|puts|fputs|putchar|fopen|popen|fread|fwrite|"
    r"getenv|setenv|time|clock|clock_gettime|gettimeofday|localtime|gmtime|system|"
    r"rand|random|exit|wpb_clock_now_ms|wpb_clock_monotonic_ms|wpb_log)\s*\(")

# room: (project folders it may include besides itself, libraries, is it pure)
ROOMS = {
    "include/wpbloat": ([], [], True),
    "agent/base": (["wpbloat"], [], False),
    "probes/php": (["wpbloat", "agent/base"], ["zstd", "lz4", "lzf"], True),
    "probes/wordpress": (["wpbloat", "agent/base", "probes/php"], ["uv", "cjson"],
                         False),
    "probes/redis": (["wpbloat", "agent/base", "probes/php", "probes/wordpress"],
                     ["uv", "hiredis", "openssl"], False),
    "probes/mysql": (["wpbloat", "agent/base", "probes/php", "probes/wordpress"],
                     ["uv", "mysql", "errmsg"], False),
    "probes/requests": (["wpbloat", "agent/base", "probes/wordpress"], ["uv", "cjson"],
                        False),
    "probes/host": (["wpbloat", "agent/base"], [], False),
    "probes": (["wpbloat", "probes/php", "probes/wordpress", "probes/redis",
                "probes/mysql", "probes/requests", "probes/host"], [], True),
    "agent/analyse": (["wpbloat", "agent/base"], [], True),
    "agent/rules": (["wpbloat", "agent/base", "agent/analyse"], [], True),
    "agent/config": (["wpbloat", "agent/base", "agent/rules"], ["ini"], False),
    "agent/history": (["wpbloat", "agent/base", "agent/analyse"], ["sqlite3"], False),
    "agent/output": (["wpbloat", "agent/base"], ["cjson"], True),
    "agent/alert": (["wpbloat", "agent/base", "agent/output"], ["uv", "curl", "cjson"],
                    False),
    "agent/schedule": (["wpbloat", "agent/base", "agent/analyse"], ["uv"], False),
    "agent/daemon": (["wpbloat", "agent/base", "agent/analyse", "agent/rules",
                      "agent/config", "agent/schedule", "agent/history", "agent/alert",
                      "agent/output", "agent/serve", "probes/host"], ["uv"], False),
    "agent/serve": (["wpbloat", "agent/base"], ["uv", "microhttpd"], False),
    "agent/load": (["wpbloat", "agent/base", "agent/analyse", "agent/output",
                    "agent/alert", "probes/redis", "probes/mysql", "probes/requests",
                    "probes/host"],
                   ["uv", "curl", "cjson"], False),
    "agent/command": (["wpbloat", "agent/base", "agent/analyse", "agent/rules",
                       "agent/config", "agent/output", "agent/schedule", "agent/daemon",
                       "agent/load",
                       "probes/php",
                       "probes/wordpress", "probes/redis", "probes/mysql",
                       "probes/requests"],
                      ["uv", "hiredis", "mysql"], False),
    "agent": (["agent/base", "agent/command", "wpbloat"], [], False),
}
# Of rooms that are not pure as a whole.
PURE_FILES = {f"agent/alert/{name}" for name in """alert_json.c book.c book_state.c
    fingerprint.c hysteresis.c inhibit.c lifecycle.c shorten.c""".split()}
PURE_FILES |= {f"agent/load/{name}.c" for name in """capacity counters judge latency plan
    report_json report_text schedule step stop""".split()}
PURE_FILES |= {f"probes/requests/{name}.c" for name in """access_format component
    line_format line_parse line_tell memory_histogram overlap php_error_tally php_errors
    request_tally log_advice route route_counts slow_log slow_tally time_format web_log_apache web_log_nginx work_rows""".split()}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def room_of(path):
    """The room that holds PATH; rooms have no folders inside."""
    folder = os.path.dirname(path)
    return folder if folder in ROOMS else ""


def check_project(room, header):
    allowed = ROOMS[room][0]
    # Contracts include each other as "wpbloat/...", from the folder above.
    target = os.path.dirname(header)
    own = "wpbloat" if room == "include/wpbloat" else room
    if target == own or target.startswith(own + "/") or target in allowed:
        return None
    return f"{room} may not include {header}"


def is_pure(room, path):
    return ROOMS[room][2] or path in PURE_FILES


def check_system(room, header, pure):
    libraries = ROOMS[room][1]
    name = header[:-2] if header.endswith(".h") else header
    library = name.split("/")[0]
    if library in libraries:
        return None
    if name not in LIBC:
        return f"{room} may not use <{header}>"
    if pure and name not in PURE:
        return f"what is pure in {room} may not use <{header}>"
    return None


def check_file(root, path):
    room = room_of(path)
    if not room:
        return [f"{path}: belongs to no room that tests/lint/includes.py knows"]
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        is_project = match.group(1) == '"'
        reason = (check_project(room, match.group(2)) if is_project
                  else check_system(room, match.group(2), is_pure(room, path)))
        if reason:
            wrong.append(f"{path}:{number}: {reason}")
    if is_pure(room, path):
        blank = COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)
        for number, line in enumerate(blank.splitlines(), 1):
            match = IMPURE_CALL.search(line)
            if match:
                wrong.append(f"{path}:{number}: what is pure in {room} may not call "
                             f"{match.group(1)}()")
    return wrong


def sources(root):
    for top in ("agent", "include", "probes"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in names:
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1]
    paths = sorted(sources(root))
    wrong = [reason for path in paths for reason in check_file(root, path)]
    for reason in wrong:
        print(reason)
    if not paths:
        print(f"no source below {root}")
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
