#!/bin/sh
# words.sh ROOT - no unfinished business and no rag-bag names in the sources.
set -eu

root=$1
. "$(dirname "$0")/files.sh"

# Taken apart so that this file does not find itself.
unfinished='TO''DO|FIX''ME|XX''X|HA''CK|WI''P'
rag_bag='(^|[/_-])(util|utils|helper|helpers|misc|common|manager)([._-]|$)'

files=$(tracked "$root" '*.c' '*.h' '*.cmake' '*CMakeLists.txt' '*.sh' '*.py' '*.php' '*.md')
[ -n "$files" ] || { echo "no files below $root" >&2; exit 1; }
cd "$root"
status=0
# shellcheck disable=SC2086
if grep -nwE "$unfinished" $files; then
    echo "Finish it, or write an issue: sources carry no reminders." >&2
    status=1
fi
if printf '%s\n' "$files" | grep -E "$rag_bag"; then
    echo "Name the file after what it holds." >&2
    status=1
fi
exit "$status"
