#!/bin/sh
# release-package-boot.sh - what release-package.sh runs in the Debian it has booted: the
# package's unit, under its systemd, on a sick site. Each line of /root/results is
# "what|ok" or "what|FAILED why"; the last is "the end|ok".
set -u

scan=/var/log/wpbloat/scan.json
drop_in=/run/systemd/system/wpbloat.service.d

# check WHAT COMMAND...: what COMMAND leaves in $detail is told beside "ok".
check() {
    check_what=$1 detail=
    shift
    if "$@"; then
        echo "$check_what|ok${detail:+, $detail}" >>/root/results
    else
        echo "$check_what|FAILED" >>/root/results
        echo "=== FAILED: $check_what"
        systemctl --no-pager --full status wpbloat || :
        journalctl --no-pager -n 50 -u wpbloat || :
    fi
}

# eventually COMMAND...: within two minutes.
eventually() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 240 ] || return 1
        sleep 0.5
    done
}

property() {
    systemctl show --value -p "$1" wpbloat
}

# ---- the agent

runs() {
    [ "$(property ActiveState)" = active ] && [ "$(property NRestarts)" -eq 0 ] &&
        [ "$(ps -o user= -p "$(property MainPID)")" = wpbloat ]
}

is_ready_at_once() {
    eventually runs || return 1
    detail=$(property StatusText)
    case $detail in
    *1\ site*) ;;
    *) return 1 ;;
    esac
}

answers() {
    curl -s --max-time 5 http://127.0.0.1:9847/metrics | grep -q '^wpbloat_up 1'
}

# conf SECONDS: the sample, with looks so often.
conf() {
    sed "0,/^;interval = .*/s//interval = $1/" /root/wpbloat.conf >/etc/wpbloat/wpbloat.conf
}

has_fired() {
    grep '"cache.notoptions_bloat"' /var/log/wpbloat/alerts.jsonl 2>/dev/null |
        grep -q '"status":"firing"'
}

# A minute is the default, three looks of five make an alert: a reload makes it quick.
an_alert_arrives() {
    cp -p /etc/wpbloat/wpbloat.conf /root/
    conf 2s
    systemctl reload wpbloat && eventually has_fired &&
        [ "$(stat -c '%a %U' /var/log/wpbloat/alerts.jsonl)" = '640 wpbloat' ]
}

says_what_is_wrong() {
    journalctl --no-pager -u wpbloat | grep -q "wpbloat.conf:[0-9]*:.*intervall"
}

a_wrong_file_changes_nothing() {
    former=$(property MainPID)
    echo 'intervall = 3s' >>/etc/wpbloat/wpbloat.conf
    systemctl reload wpbloat || :
    eventually says_what_is_wrong || return 1
    conf 2s
    systemctl reload wpbloat
    [ "$(property MainPID)" = "$former" ] && answers
}

# ids: of all states of the alert that were delivered.
ids() {
    grep '"cache.notoptions_bloat"' /var/log/wpbloat/alerts.jsonl |
        sed 's/.*"id":"\([^"]*\)".*/\1/' | sort -u
}

was_restarted() {
    [ "$(property MainPID)" != "$former" ] && [ "$(property ActiveState)" = active ] && answers
}

# Killed, it comes back and has forgotten nothing: no second alert.
comes_back() {
    former=$(property MainPID)
    before=$(ids)
    kill -9 "$former"
    eventually was_restarted || return 1
    sleep 10
    [ "$(ids)" = "$before" ]
}

# Its watchdog: stopped, it is killed and started again.
is_watched() {
    former=$(property MainPID)
    kill -STOP "$former"
    eventually was_restarted
}

weighs() {
    detail="RssAnon $(awk '/^RssAnon/ { print $2 }' "/proc/$(property MainPID)/status") KiB"
    detail="$detail, VmRSS $(awk '/^VmRSS/ { print $2 }' "/proc/$(property MainPID)/status") KiB"
}

stops() {
    systemctl stop wpbloat && [ "$(property Result)" = success ] &&
        [ "$(property ActiveState)" = inactive ]
}

# ---- the sandbox

# The unit as it stands, with one scan in the place of the agent: its user, its groups, its
# file system and its filter of system calls.
scan_in_unit() {
    mkdir -p "$drop_in"
    cat >"$drop_in/zz-scan.conf" <<'DROP_IN'
[Service]
Type=oneshot
WatchdogSec=0
Restart=no
ExecStart=
ExecStart=-/usr/bin/wpbloat scan --format json --output /var/log/wpbloat/scan.json
DROP_IN
    rm -f "$scan"
    systemctl stop wpbloat
    systemctl daemon-reload
    systemctl start wpbloat
    rm "$drop_in/zz-scan.conf"
    systemctl daemon-reload
    [ -s "$scan" ]
}

sees_the_incident() {
    scan_in_unit &&
        grep -q '"code": "cache.notoptions_bloat"' "$scan" &&
        grep -q 'plugins/kestrel-pricing/includes/class-tariff.php' "$scan"
}

# The groups are what lets it in.
sees_nothing_without_groups() {
    mv /etc/systemd/system/wpbloat.service.d/groups.conf /root/
    scan_in_unit
    ! grep -q 'notoptions' "$scan"
    without=$?
    mv /root/groups.conf /etc/systemd/system/wpbloat.service.d/
    systemctl daemon-reload
    return "$without"
}

# Where no group may: the shop is its own user's.
sees_a_site_of_another_user() {
    useradd -r owner
    chown -R owner:owner /var/www/shop
    scan_in_unit
    ! grep -q 'notoptions' "$scan" || return 1
    cp /usr/share/wpbloat/per-user-sites.conf /etc/systemd/system/wpbloat.service.d/
    sees_the_incident
    with=$?
    rm /etc/systemd/system/wpbloat.service.d/per-user-sites.conf
    chown -R root:www-data /var/www/shop
    systemctl daemon-reload
    return "$with"
}

writes_its_directories_alone() {
    [ "$(stat -c '%a %U' /var/log/wpbloat)" = '750 wpbloat' ] &&
        [ "$(stat -c '%a %U' /var/lib/wpbloat)" = '750 wpbloat' ] &&
        [ "$(stat -c '%a %U' "$scan")" = '640 wpbloat' ] &&
        [ -z "$(find / -xdev -user wpbloat ! -path '/var/log/wpbloat*' \
            ! -path '/var/lib/wpbloat*' ! -path '/proc/*' -print)" ]
}

upgrades() {
    conf 2s
    echo '; mine' >>/etc/wpbloat/wpbloat.conf
    systemctl restart wpbloat
    former=$(property MainPID)
    dpkg -i --force-confdef /root/next.deb && eventually was_restarted &&
        tail -n 1 /etc/wpbloat/wpbloat.conf | grep -qx '; mine' &&
        [ "$(stat -c '%a %U %G' /etc/wpbloat/wpbloat.conf)" = '640 root wpbloat' ] &&
        systemctl is-enabled wpbloat
}

purges() {
    dpkg -P wpbloat &&
        [ ! -e /etc/wpbloat ] && [ ! -e /var/lib/wpbloat ] && [ ! -e /var/log/wpbloat ] &&
        [ ! -e /etc/systemd/system/wpbloat.service.d ] &&
        ! pgrep -x wpbloat &&
        ! systemctl cat wpbloat 2>/dev/null
}

rm -f /root/results
check "the sick site's Redis answers" \
    redis-cli -s /run/redis/redis-server.sock -n 1 EXISTS q7:prod_kx:options:notoptions
check "the agent runs, as its own user, and says that it watches" is_ready_at_once
check "it answers on /metrics" eventually answers
check "the incident becomes an alert in the file" an_alert_arrives
check "a wrong configuration changes nothing, and is told" a_wrong_file_changes_nothing
check "killed, it comes back and has forgotten nothing" comes_back
check "hung, the watchdog starts it again" is_watched
check "what it weighs" weighs
check "stop: it ends by itself" stops
check "a scan in the unit's sandbox finds the incident and its source line" sees_the_incident
check "without the groups of the package it may not" sees_nothing_without_groups
check "a site of a user of its own, with per-user-sites.conf alone" sees_a_site_of_another_user
check "it writes in its own directories alone" writes_its_directories_alone
check "upgrade: what was changed stays" upgrades
check "purge: nothing is left" purges
echo 'the end|ok' >>/root/results
