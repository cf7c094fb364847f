#!/bin/sh
# package.sh WPBLOAT - the .deb, from a clean copy of the sources: what is in it, that the
# unit is sound, and that dpkg installs, upgrades, removes and purges it.
#
# dpkg works on a root of its own in the temporary folder (--root, and maintainer scripts
# that honour DPKG_ROOT): nothing on this host changes, no service starts. The package in
# a whole Debian, with systemd's own tools and with its dependencies, is a part of
# release.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"
. "$here/../lint/files.sh"

need cmake cpack dpkg dpkg-deb dpkg-shlibdeps systemd-analyze systemd-sysusers \
    systemd-tmpfiles deb-systemd-helper gzip
# dpkg gives files to root.
as_root=
[ "$(id -u)" -eq 0 ] || as_root="fakeroot -i $work/fakeroot.state -s $work/fakeroot.state"
[ -z "$as_root" ] || { need fakeroot && : >"$work/fakeroot.state"; }

# ---- made

mkdir "$work/src"
tracked "$repository" '*' >"$work/files"
tar -C "$repository" -c -T "$work/files" | tar -C "$work/src" -x
run build cmake -S "$work/src" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DWPB_WERROR=ON
expect_code build 0
run build cmake --build "$work/build" -j "$(nproc)"
expect_code build 0

# pack VERSION: its file is $deb.
pack() {
    (cd "$work/build" && cpack -G DEB -D CPACK_PACKAGE_VERSION="$1") >"$work/pack.log" 2>&1 ||
        fail "cpack failed"
    deb=$(echo "$work"/build/wpbloat_"$1"_*.deb)
    [ -f "$deb" ] || fail "cpack made no wpbloat_$1_*.deb"
}
pack 0.1.0
first=$deb
pack 0.1.1
second=$deb
# In a package for others there is nothing of this build's folder.
expect_size() {
    [ "$(stat -c %s "$1")" -le "$2" ] || fail "$1 has $(stat -c %s "$1") bytes, above $2"
}
expect_size "$first" 2000000

# ---- what is in it

field() {
    dpkg-deb -f "$first" "$1"
}
dependencies=$(field Depends)
for package in libc6 libuv1 libhiredis libcjson1 libinih1 adduser; do
    case $dependencies in
    *"$package"*) ;;
    *) fail "the package does not depend on $package: $dependencies" ;;
    esac
done
case $dependencies in
*asan* | *cmocka*) fail "the package depends on what only tests need: $dependencies" ;;
esac
[ "$(field Version)" = 0.1.0 ] || fail "its version is $(field Version)"

dpkg-deb -c "$first" >"$work/contents"
# contains MODE PATH
contains() {
    grep -Eq "^$1 root/root .* \\.$2\$" "$work/contents" ||
        fail "no $2 of mode $1 in the package: $(grep -F "$2" "$work/contents")"
}
contains -rwxr-xr-x /usr/bin/wpbloat
contains -rw-r----- /etc/wpbloat/wpbloat.conf
contains -rw-r--r-- /usr/lib/systemd/system/wpbloat.service
contains -rw-r--r-- /usr/lib/sysusers.d/wpbloat.conf
contains -rw-r--r-- /usr/lib/tmpfiles.d/wpbloat.conf
contains -rw-r--r-- /usr/share/bash-completion/completions/wpbloat
contains -rw-r--r-- /usr/share/man/man1/wpbloat.1.gz
contains -rw-r--r-- /usr/share/man/man5/wpbloat.conf.5.gz
contains -rw-r--r-- /usr/share/wpbloat/grants.sql
contains -rw-r--r-- /usr/share/wpbloat/redis-acl.txt
contains -rw-r--r-- /usr/share/wpbloat/per-user-sites.conf
contains -rw-r--r-- /usr/share/doc/wpbloat/remedies/cache.notoptions_bloat.md
contains -rw-r--r-- /usr/share/doc/wpbloat/examples/php-fpm/wpbloat-pool.conf
contains -rw-r--r-- /usr/share/doc/wpbloat/examples/nginx/wpbloat-log-format.conf
contains -rw-r--r-- /usr/share/doc/wpbloat/copyright
# Nothing that others may write, nothing set-uid, nobody else's file.
grep -E '^.{8}w|^...[sS]|^......[sS]' "$work/contents" && fail "that is too open"
grep -v ' root/root ' "$work/contents" && fail "that belongs to somebody"

# ---- dpkg, on a root of its own

host=$work/root
mkdir -p "$host/etc" "$host/var/lib/dpkg/info" "$host/var/lib/dpkg/updates"
: >"$host/var/lib/dpkg/status"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$host/etc/passwd"
# A web server and logs, and no Redis yet.
printf 'root:x:0:\nadm:x:4:\nwww-data:x:33:\n' >"$host/etc/group"
cp /etc/passwd "$work/passwd-before"

in_host() {
    $as_root dpkg --root="$host" --force-script-chrootless --force-depends \
        --force-not-root "$@" >"$work/dpkg.log" 2>&1
}
# mode_of PATH: octal, owner and group by number.
mode_of() {
    $as_root stat -c '%a %u %g' "$host$1"
}
groups_file=$host/etc/systemd/system/wpbloat.service.d/groups.conf
wants=$host/etc/systemd/system/multi-user.target.wants/wpbloat.service

in_host -i "$first" || fail "dpkg -i failed"
user=$(awk -F: '$1 == "wpbloat" { print $3 ":" $4 ":" $7 }' "$host/etc/passwd")
gid=$(awk -F: '$1 == "wpbloat" { print $3 }' "$host/etc/group")
[ -n "$gid" ] || fail "no group wpbloat was made"
case $user in
*":$gid:/usr/sbin/nologin") ;;
*) fail "the user is not as it should be: $user" ;;
esac
[ "$(mode_of /etc/wpbloat)" = "750 0 $gid" ] || fail "/etc/wpbloat: $(mode_of /etc/wpbloat)"
[ "$(mode_of /etc/wpbloat/wpbloat.conf)" = "640 0 $gid" ] ||
    fail "wpbloat.conf: $(mode_of /etc/wpbloat/wpbloat.conf)"
[ "$(grep -c '^SupplementaryGroups=' "$groups_file")" -eq 2 ] || fail "not the groups of the host"
grep -qx 'SupplementaryGroups=www-data' "$groups_file" || fail "not in the web server's group"
grep -qx 'SupplementaryGroups=adm' "$groups_file" || fail "not in the group of logs"
[ -L "$wants" ] || fail "the unit is not enabled"

# It runs, and the configuration that is installed is one.
run version "$host/usr/bin/wpbloat" --version
expect_code version 0
run check $as_root "$host/usr/bin/wpbloat" check --config "$host/etc/wpbloat/wpbloat.conf"
expect_no_line check err 'error'

# ---- the unit

# What systemd says of it, with the groups and with the drop-in for per-user sites.
mkdir -p "$host/bin"
cp /bin/kill "$host/bin/kill"
verify() {
    run verify systemd-analyze verify --root="$host" --man=no --recursive-errors=no \
        wpbloat.service
    expect_code verify 0
    [ ! -s "$work/verify.err" ] || { show verify && fail "systemd has something to say"; }
}
verify
cp "$host/usr/share/wpbloat/per-user-sites.conf" "$host/etc/systemd/system/wpbloat.service.d/"
verify
# Tenths: below 2 is what systemd calls OK.
run security systemd-analyze security --offline=true --root="$host" --threshold=19 \
    --no-pager wpbloat.service
expect_code security 0
rm "$host/etc/systemd/system/wpbloat.service.d/per-user-sites.conf"
run security systemd-analyze security --offline=true --root="$host" --threshold=16 \
    --no-pager wpbloat.service
expect_code security 0
for line in 'Type=notify' 'WatchdogSec=' 'User=wpbloat' 'ProtectSystem=strict' \
    'RestrictAddressFamilies=.*AF_NETLINK' 'MemoryMax=' 'NoNewPrivileges=yes'; do
    grep -q "^$line" "$host/usr/lib/systemd/system/wpbloat.service" || fail "no $line in the unit"
done
grep -q '^EnvironmentFile' "$host/usr/lib/systemd/system/wpbloat.service" &&
    fail "secrets could come from an environment"

# ---- upgraded: what was changed stays, a group that came is joined

echo '; mine' | $as_root tee -a "$host/etc/wpbloat/wpbloat.conf" >/dev/null
printf 'redis:x:110:\n' >>"$host/etc/group"
$as_root chmod 666 "$host/etc/wpbloat/wpbloat.conf"
in_host -i --force-confdef "$second" || fail "the upgrade failed"
tail -n 1 "$host/etc/wpbloat/wpbloat.conf" | grep -qx '; mine' || fail "the configuration was lost"
[ "$(mode_of /etc/wpbloat/wpbloat.conf)" = "640 0 $gid" ] || fail "the mode was not mended"
grep -qx 'SupplementaryGroups=redis' "$groups_file" || fail "the group that came was not joined"
[ "$(grep -c '^wpbloat:' "$host/etc/passwd")" -eq 1 ] || fail "another user was made"

# An administrator who has disabled it finds it so after an upgrade.
rm "$wants"
in_host -i "$first" || fail "going back failed"
[ ! -e "$wants" ] || fail "what was disabled is enabled again"

# ---- removed, and purged

mkdir -p "$host/var/lib/wpbloat" "$host/var/log/wpbloat"
: >"$host/var/lib/wpbloat/history.db"
in_host -r wpbloat || fail "dpkg -r failed"
[ ! -e "$host/usr/bin/wpbloat" ] || fail "removed, and still there"
[ -e "$host/etc/wpbloat/wpbloat.conf" ] || fail "remove took the configuration"
[ -e "$host/var/lib/wpbloat/history.db" ] || fail "remove took the history"
in_host -P wpbloat || fail "dpkg -P failed"
left=$(find "$host" -path "$host/var/lib/dpkg" -prune -o -name '*wpbloat*' -print)
[ -z "$left" ] || fail "purged, and left: $left"
grep -q '^wpbloat:' "$host/etc/passwd" || fail "the user is gone: its number may be reused"
cmp -s /etc/passwd "$work/passwd-before" || fail "this host's users changed"
