# files.sh - sourced: which files the linters look at.

# tracked ROOT PATTERN...: the files git tracks, relative to ROOT, that are there; in
# an unpacked archive, every file outside of build folders.
tracked() {
    tracked_root=$1
    shift
    if git -c safe.directory='*' -C "$tracked_root" rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory='*' -C "$tracked_root" ls-files -- "$@"
    else
        for tracked_pattern in "$@"; do
            (cd "$tracked_root" && find . -path './build*' -prune -o -type f \
                -name "$tracked_pattern" -print | sed 's|^\./||')
        done
    fi | sort -u | while read -r tracked_file; do
        [ -f "$tracked_root/$tracked_file" ] && printf '%s\n' "$tracked_file"
    done
}
