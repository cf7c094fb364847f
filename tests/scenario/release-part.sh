# shellcheck shell=sh
# release-part.sh - what the parts of release.sh share. Sourced after `set -eu`, with
# the file for the part's section of the summary as $1.
#
# Everything happens in $work, removed at the end; $logs stays.

section=$1
part=$(basename "$0" .sh)
part=${part#release-}
root=$(cd "$(dirname "$0")/../.." && pwd)
logs=$root/build-release/$part
. "$root/packaging/apt.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/wpbloat-release-$part.XXXXXX")
chmod 755 "$work"
trap 'part_end $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
rm -rf "$logs"
mkdir -p "$logs"
failed=0

part_end() {
    trap '' INT TERM HUP
    apt_restore
    rm -rf --one-file-system "$work"
    exit "$1"
}

# fail WHY...: this part cannot go on.
fail() {
    row "the part itself" "FAILED: $*"
    echo "release.sh $part: $*" >&2
    exit 1
}

# need COMMAND PACKAGE: installs what is missing.
need() {
    command -v "$1" >/dev/null || apt_install "$logs/apt.log" "$2" ||
        fail "$2 could not be installed; see $logs/apt.log"
}

# copy FOLDER: a clean copy of what was HEAD when the part began.
copy() {
    mkdir -p "$1"
    repository archive "$commit" >"$work/head.tar"
    tar -x -f "$work/head.tar" -C "$1"
    rm "$work/head.tar"
}

repository() {
    git -c safe.directory='*' -C "$root" "$@"
}

# begin VERSIONS...: opens the section.
begin() {
    commit=$(repository rev-parse --short=10 HEAD) || {
        echo "release.sh needs a git clone, for clean copies of it" >&2
        exit 1
    }
    {
        echo "## $part"
        echo
        echo "$(date -u +%F), commit $commit, $*."
        echo
        echo '| what | result |'
        echo '|---|---|'
    } >"$section"
}

# row WHAT RESULT
row() {
    printf '| %s | %s |\n' "$1" "$2" >>"$section"
    printf '   %s: %s\n' "$1" "$2"
}

# passed WHAT LOG COMMAND...: true when COMMAND, whose output goes to $logs/LOG.log,
# succeeds; a row and the end of the log when it does not.
passed() {
    passed_what=$1 passed_log=$logs/$2.log
    shift 2
    passed_code=0
    "$@" >"$passed_log" 2>&1 </dev/null || passed_code=$?
    [ "$passed_code" -ne 0 ] || return 0
    row "$passed_what" "FAILED, exit code $passed_code"
    echo "--- the end of $passed_log" >&2
    tail -n 40 "$passed_log" >&2
    failed=1
    return 1
}

# check WHAT LOG COMMAND...: a row for it, either way. The rest stands on its own.
check() {
    # shellcheck disable=SC2310
    passed "$@" || return 0
    row "$1" ok
}

# ctest_row WHAT LOG COMMAND...: COMMAND runs ctest; the row names what failed.
ctest_row() {
    ctest_what=$1 ctest_log=$logs/$2.log
    shift 2
    "$@" >"$ctest_log" 2>&1 </dev/null || :
    ctest_line=$(grep -E '^[0-9]+% tests passed' "$ctest_log") || ctest_line=
    ctest_total=${ctest_line##* }
    ctest_names=$(sed -n 's/^[[:space:]]*[0-9]* - \([^ ]*\) (.*/\1/p' "$ctest_log" | tr '\n' ' ')
    case $ctest_line in
    '') row "$ctest_what" "FAILED: ctest ended without a verdict" ;;
    *' 0 tests failed '*)
        row "$ctest_what" "ok, $ctest_total tests"
        return 0
        ;;
    *) row "$ctest_what" "FAILED of $ctest_total: ${ctest_names% }" ;;
    esac
    grep -E '^\[  (FAILED|ERROR|  LINE)|\*\*\*|: error: ' "$ctest_log" | head -n 40 >&2 || :
    echo "--- all of it: $ctest_log" >&2
    failed=1
}

version_of() {
    "$@" 2>/dev/null | sed -n '1s/^[^0-9]*\([0-9][0-9.]*\).*/\1/p'
}
