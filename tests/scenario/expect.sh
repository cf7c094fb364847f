# shellcheck shell=sh
# expect.sh - what a scenario says about a run of wpbloat. Sourced after servers.sh.

# Debian's jsonschema belongs to Debian's python3.
python=/usr/bin/python3
repository=$(cd "$(dirname "$0")/../.." && pwd)

# run NAME COMMAND...: stdout to $work/NAME.out, stderr to $work/NAME.err, exit code
# to $code.
run() {
    run_name=$1
    shift
    code=0
    "$@" >"$work/$run_name.out" 2>"$work/$run_name.err" </dev/null || code=$?
}

show() {
    echo "--- $1.out" >&2
    head -c 20000 "$work/$1.out" >&2
    echo "--- $1.err" >&2
    head -c 20000 "$work/$1.err" >&2
}

# expect_code NAME CODE: that of the last run.
expect_code() {
    if [ "$code" -ne "$2" ]; then
        show "$1"
        fail "$1: exit code $code, expected $2"
    fi
}

# expect_line NAME out|err PATTERN: some line matches the extended pattern.
expect_line() {
    if ! grep -Eq -e "$3" "$work/$1.$2"; then
        show "$1"
        fail "$1: no line of std$2 matches: $3"
    fi
}

# expect_no_line NAME out|err PATTERN
expect_no_line() {
    if grep -Eq -e "$3" "$work/$1.$2"; then
        show "$1"
        fail "$1: a line of std$2 matches: $3"
    fi
}

# expect_report NAME: the json on stdout is valid by the published schema.
expect_report() {
    "$python" "$repository/tests/lint/validate_json.py" \
        "$repository/docs/report.schema.json" "$work/$1.out" >&2 || {
        show "$1"
        fail "$1: not a valid report"
    }
}

# expect_json NAME EXPRESSION...: each Python expression over `d`, the document on
# stdout (a list of them when it is ndjson), is true.
expect_json() {
    json_name=$1
    shift
    "$python" "$repository/tests/scenario/expect_json.py" "$work/$json_name.out" "$@" >&2 || {
        show "$json_name"
        fail "$json_name: see the expression above"
    }
}

# expect_clean NAME: both outputs are UTF-8 without control bytes but newlines.
expect_clean() {
    for stream in out err; do
        "$python" "$repository/tests/scenario/expect_clean.py" "$work/$1.$stream" >&2 ||
            fail "$1: std$stream would disturb a terminal"
    done
}
