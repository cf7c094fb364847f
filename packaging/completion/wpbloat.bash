# bash completion for wpbloat(1)
#
# Generated from the tables of the command line by
# tests/lint/completion.sh --update.

_wpbloat() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} words=

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _wpbloat_words 'scan agent explain load check demo --help --version'
        return
    fi
    case "$command $previous" in
    'scan --site' | \
    'scan --redis' | \
    'scan --redis-replica' | \
    'scan --mysql' | \
    'scan --mysql-replica' | \
    'scan --table-prefix' | \
    'scan --prefix' | \
    'scan --memory-limit' | \
    'scan --top' | \
    'scan --posts' | \
    'scan --value-bytes' | \
    'scan --deep-from' | \
    'scan --watch' | \
    'scan --rule' | \
    'explain --site' | \
    'explain --redis' | \
    'explain --mysql' | \
    'explain --table-prefix' | \
    'explain --memory-limit' | \
    'explain --php' | \
    'load --rate' | \
    'load --i-own-this-site' | \
    'load --step-seconds' | \
    'load --warmup-seconds' | \
    'load --seed' | \
    'load --slo' | \
    'load --timeout' | \
    'load --stop-p99' | \
    'load --stop-queue' | \
    'load --connect' | \
    'load --fpm' | \
    'load --site' | \
    'load --mysql' | \
    'load --redis' | \
    'load --agent' | \
    'demo --top')
        return ;;
    'scan --redis-password-file' | \
    'scan --mysql-password-file' | \
    'scan --rdb' | \
    'scan --fpm' | \
    'scan --output' | \
    'agent --config' | \
    'explain --redis-password-file' | \
    'explain --mysql-password-file' | \
    'load --mysql-password-file' | \
    'load --redis-password-file' | \
    'check --config' | \
    'demo --output')
        _wpbloat_files
        return ;;
    'scan --format' | \
    'demo --format')
        _wpbloat_words 'text json ndjson nagios prometheus'
        return ;;
    'scan --fail-on' | \
    'demo --fail-on')
        _wpbloat_words 'warning critical never'
        return ;;
    'scan --budget' | \
    'demo --budget')
        _wpbloat_words 'low normal full'
        return ;;
    'explain --format' | \
    'load --format')
        _wpbloat_words 'text json'
        return ;;
    'load --arrivals')
        _wpbloat_words 'exponential constant'
        return ;;
    esac
    case $command in
    scan) words='--site --redis --redis-password-file --redis-replica --mysql --mysql-password-file --mysql-replica --table-prefix --rdb --fpm --prefix --memory-limit --format --output --fail-on --budget --top --posts --value-bytes --no-examine --deep --deep-from --watch --rule --verbose --help' ;;
    agent) words='--config --test-alert --help' ;;
    explain) words='--site --redis --redis-password-file --mysql --mysql-password-file --table-prefix --memory-limit --php --format --help' ;;
    load) words='--rate --i-own-this-site --step-seconds --warmup-seconds --arrivals --seed --slo --timeout --stop-p99 --stop-queue --connect --fpm --site --mysql --mysql-password-file --redis --redis-password-file --agent --despite-alerts --format --help' ;;
    check) words='--config --help' ;;
    demo) words='--format --output --budget --top --no-examine --fail-on --keep --help' ;;
    *) return ;;
    esac
    if [[ $word == -* ]]; then
        _wpbloat_words "$words"
        return
    fi
    case "$command $COMP_CWORD" in
    'scan '*) _wpbloat_folders ;;
    'explain 2') _wpbloat_words 'redis file option meta' ;;
    'explain '*) _wpbloat_files ;;
    esac
}

_wpbloat_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_wpbloat_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

_wpbloat_folders() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
}

complete -F _wpbloat wpbloat
