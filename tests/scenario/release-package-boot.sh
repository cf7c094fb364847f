#!/bin/sh
# release-package-boot.sh - what release-package.sh runs in the Debian it has booted: the
# package's unit, under its systemd, on a sick site. Each line of /root/results is
# "what|ok" or "what|FAILED why"; the last is "the end|ok".
set -u

scan=/var/log/wpbloat/scan.json
drop_in=/run/systemd/system/wpbloat.service.d

# check WHAT COMMAND...
check() {
    check_what=$1
    shift
    if "$@"; then
        echo "$check_what|ok" >>/root/results
    else
        echo "$check_what|FAILED" >>/root/results
        echo "=== FAILED: $check_what"
        systemctl --no-pager --full status wpbloat || :
        journalctl --no-pager -n 50 -u wpbloat || :
    fi
}

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
    echo '; mine' >>/etc/wpbloat/wpbloat.conf
    dpkg -i --force-confdef /root/next.deb &&
        tail -n 1 /etc/wpbloat/wpbloat.conf | grep -qx '; mine' &&
        [ "$(stat -c '%a %U %G' /etc/wpbloat/wpbloat.conf)" = '640 root wpbloat' ] &&
        systemctl is-enabled wpbloat
}

purges() {
    dpkg -P wpbloat &&
        [ ! -e /etc/wpbloat ] && [ ! -e /var/lib/wpbloat ] && [ ! -e /var/log/wpbloat ] &&
        [ ! -e /etc/systemd/system/wpbloat.service.d ] &&
        ! systemctl cat wpbloat 2>/dev/null
}

rm -f /root/results
check "the sick site's Redis answers" \
    redis-cli -s /run/redis/redis-server.sock -n 1 EXISTS q7:prod_kx:options:notoptions
check "a scan in the unit's sandbox finds the incident and its source line" sees_the_incident
check "without the groups of the package it may not" sees_nothing_without_groups
check "a site of a user of its own, with per-user-sites.conf alone" sees_a_site_of_another_user
check "it writes in its own directories alone" writes_its_directories_alone
check "upgrade: what was changed stays" upgrades
check "purge: nothing is left" purges
echo 'the end|ok' >>/root/results
