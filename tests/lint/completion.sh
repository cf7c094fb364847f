#!/bin/sh
# completion.sh [--update] [WPBLOAT] - the completion that is shipped is the one that the
# tables of the command line would give, and bash completes by it.
#
# WPBLOAT is the built program; default: that of build-tests/.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
file=packaging/completion/wpbloat.bash
update=no
if [ "${1-}" = --update ]; then
    update=yes
    shift
fi
program=${1-$root/build-tests/wpbloat}
fresh=$(mktemp "${TMPDIR:-/tmp}/wpbloat-completion.XXXXXX")
trap 'rm -f "$fresh"' EXIT

python3 "$here/completion.py" "$program" >"$fresh"
if [ "$update" = yes ]; then
    cat "$fresh" >"$root/$file"
elif ! diff -u "$root/$file" "$fresh"; then
    echo "$file is stale; mend it with: sh tests/lint/completion.sh --update" >&2
    exit 1
fi

# completes WORDS... EXPECTED: what bash offers for the last of WORDS, in one line.
cd "$here"
completes() {
    bash -c '
        set -u
        . "$1"
        shift
        expected=${!#}
        COMP_WORDS=("${@:1:$#-1}")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _wpbloat
        [[ "${COMPREPLY[*]}" == "$expected" ]] || {
            echo "bash completes ${COMP_WORDS[*]} to: ${COMPREPLY[*]}" >&2
            echo "expected: $expected" >&2
            exit 1
        }' completes "$root/$file" "$@"
}
completes wpbloat sc 'scan'
completes wpbloat scan --form '--format'
completes wpbloat scan --format '' 'text json ndjson nagios prometheus'
completes wpbloat scan --format n 'ndjson nagios'
completes wpbloat explain '' 'redis file option meta'
completes wpbloat check --config completion.p 'completion.py'
completes wpbloat explain file completion.p 'completion.py'
completes wpbloat scan --top 1 ''
completes wpbloat frobnicate --f ''
