#!/bin/sh
# reference.sh [--update] [PROGRAM] - the generated documents are those that the tables
# in the code would give, and every rule has its page of remedies.
#
# PROGRAM is the built tests/lint/reference; default: that of build-tests/.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
update=no
if [ "${1-}" = --update ]; then
    update=yes
    shift
fi
program=${1-$root/build-tests/tests/reference}
[ -x "$program" ] || {
    echo "$program is not built: cmake --build build-tests --target reference" >&2
    exit 1
}

fresh=$(mktemp "${TMPDIR:-/tmp}/wpbloat-reference.XXXXXX")
trap 'rm -f "$fresh"' EXIT
status=0

for pair in rules:docs/rules.md metrics:docs/metrics.md probes:docs/probes.md \
    conf-manual:docs/man/wpbloat.conf.5.scd conf-sample:packaging/wpbloat.conf \
    inhibition:docs/inhibition.md; do
    name=${pair%%:*}
    file=$root/${pair#*:}
    "$program" "$name" >"$fresh"
    if [ "$update" = yes ]; then
        cat "$fresh" >"$file"
    elif ! diff -u "$file" "$fresh"; then
        echo "${pair#*:} is stale; mend it with: sh tests/lint/reference.sh --update" >&2
        status=1
    fi
done

# The agent's findings about itself have pages too.
{
    "$program" codes
    grep -o 'PREFIX "[a-z_]*_[a-z_]*"' "$root/agent/daemon/self.c" |
        sed 's/PREFIX "\(.*\)"/agent.\1/'
} >"$fresh"
while read -r code; do
    page=$root/docs/remedies/$code.md
    for part in '# '"$code" '## What it is' '## How to confirm it' '## Now' '## For good' \
        '## What not to do' '## Sources'; do
        if ! grep -qxF "$part" "$page"; then
            echo "docs/remedies/$code.md needs the line: $part" >&2
            status=1
        fi
    done
done <"$fresh"
for page in "$root"/docs/remedies/*.md; do
    code=$(basename "$page" .md)
    if ! grep -qxF "$code" "$fresh"; then
        echo "docs/remedies/$code.md belongs to no rule" >&2
        status=1
    fi
done
exit "$status"
