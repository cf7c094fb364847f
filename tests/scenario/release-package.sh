#!/bin/sh
# release-package.sh SECTION - the packages as strangers meet them: built from a clean
# copy, read by lintian and rpm, installed by apt into a fresh Debian of this host's
# release, which is then booted with its own systemd on a sick site.
set -eu

. "$(dirname "$0")/release-part.sh"
. "$(dirname "$0")/release-chroot.sh"

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
begin "Debian $codename, systemd $(version_of systemctl --version)"
need lintian lintian
need rpmbuild rpm
need systemd-nspawn systemd-container
need redis-server redis-server
copy "$work/src"

# ---- built

build() {
    cmake -S "$work/src" -B "$work/build" -DCMAKE_BUILD_TYPE=Release &&
        cmake --build "$work/build" -j "$(nproc)" &&
        cd "$work/build" &&
        cpack -G DEB &&
        cpack -G DEB -D CPACK_PACKAGE_VERSION=0.1.0+next &&
        cpack -G RPM
}
passed "cpack -G DEB and -G RPM" build build || exit 1
deb=$(echo "$work"/build/wpbloat_*[0-9]_*.deb)
next=$(echo "$work"/build/wpbloat_*+next_*.deb)
rpm=$(echo "$work"/build/wpbloat-*.rpm)
row "cpack -G DEB and -G RPM" "ok, .deb of $(stat -c %s "$deb") bytes, .rpm of $(stat -c %s "$rpm") bytes, installed $(dpkg-deb -f "$deb" Installed-Size) KiB"

# The configuration is not for everybody's eyes: that is meant.
check "lintian" lintian \
    lintian --allow-root --fail-on error,warning --suppress-tags non-standard-file-perm "$deb"

rpm_holds() {
    rpm -qpl "$rpm" >"$work/rpm-files"
    for path in /usr/bin/wpbloat /usr/lib/systemd/system/wpbloat.service \
        /usr/lib/sysusers.d/wpbloat.conf /usr/lib/tmpfiles.d/wpbloat.conf \
        /usr/share/man/man5/wpbloat.conf.5 /usr/share/wpbloat/grants.sql; do
        grep -qxF "$path" "$work/rpm-files" || { echo "no $path"; return 1; }
    done
    [ "$(rpm -qpc "$rpm" | sort | tr '\n' ' ')" = "/etc/logrotate.d/wpbloat /etc/wpbloat/wpbloat.conf " ] ||
        { echo "other configuration files: $(rpm -qpc "$rpm")"; return 1; }
    rpm -qp --requires "$rpm" >"$work/rpm-requires"
    grep -q '^libuv.so' "$work/rpm-requires" || { echo "no dependencies were found"; return 1; }
    rpm -qp --scripts "$rpm" >"$work/rpm-scripts"
    grep -q 'systemd-sysusers wpbloat.conf' "$work/rpm-scripts" || { echo "no user"; return 1; }
}
check "the .rpm: files, configuration, dependencies, scripts" rpm rpm_holds

# ---- installed

make_chroot "$codename"
install_inside systemd systemd-sysv dbus redis-server logrotate man-db curl procps
cp "$deb" "$chroot/root/first.deb"
cp "$next" "$chroot/root/next.deb"
# That of a container keeps documents out; here they are looked at.
rm -f "$chroot/etc/dpkg/dpkg.cfg.d/docker"
# A web server's group came with the base system; nothing of it starts yet.
install() {
    inside apt-get -q -y install /root/first.deb
}
passed "apt installs it, with what it depends on" install install || exit 1
row "apt installs it, with what it depends on" ok

looks_right() {
    [ "$(inside stat -c '%a %U %G' /etc/wpbloat/wpbloat.conf)" = '640 root wpbloat' ] &&
        inside getent passwd wpbloat &&
        inside wpbloat --version &&
        inside man -w wpbloat wpbloat.conf &&
        inside logrotate --debug /etc/logrotate.d/wpbloat &&
        inside systemctl is-enabled wpbloat &&
        [ -f "$chroot/usr/share/doc/wpbloat/remedies/cache.notoptions_bloat.md" ]
}
check "user, modes, manual, log rotation, enabled" looks-right looks_right

# ---- booted, on a sick site

# The incident's Redis as a file that the distribution's server loads, and its shop as a
# web server keeps one: for root and the web server's group alone.
sick_site() {
    mkdir "$work/seed" &&
        redis-server --port 0 --unixsocket "$work/seed/redis.sock" --dir "$work/seed" \
            --save '' --daemonize yes --pidfile "$work/seed/pid" &&
        php "$work/src/tests/scenario/incident/seed.php" "$work/seed/redis.sock" &&
        redis-cli -s "$work/seed/redis.sock" SAVE &&
        kill "$(cat "$work/seed/pid")" &&
        cp "$work/seed/dump.rdb" "$chroot/var/lib/redis/dump.rdb" &&
        inside chown redis:redis /var/lib/redis/dump.rdb &&
        printf 'port 0\nunixsocket /run/redis/redis-server.sock\nunixsocketperm 770\n' \
            >>"$chroot/etc/redis/redis.conf" &&
        mkdir -p "$chroot/var/www" &&
        cp -R "$work/src/tests/scenario/incident/site" "$chroot/var/www/shop" &&
        sed 's|@SOCKET@|/run/redis/redis-server.sock|' \
            "$work/src/tests/scenario/incident/site/wp-config.php" \
            >"$chroot/var/www/shop/wp-config.php" &&
        inside chown -R root:www-data /var/www/shop &&
        inside chmod 750 /var/www/shop &&
        inside chmod 640 /var/www/shop/wp-config.php
}
passed "a sick site" sick-site sick_site || exit 1

cp "$work/src/tests/scenario/release-package-boot.sh" "$chroot/root/boot.sh"
cat >"$chroot/etc/systemd/system/boot-check.service" <<'UNIT'
[Unit]
After=multi-user.target redis-server.service
[Service]
Type=oneshot
ExecStart=/bin/sh /root/boot.sh
ExecStopPost=/bin/systemctl exit 0
StandardOutput=file:/root/boot.log
StandardError=file:/root/boot.log
TimeoutStartSec=1200
[Install]
WantedBy=default.target
UNIT
inside systemctl -q enable boot-check.service
inside systemctl -q enable redis-server.service
rm -f "$chroot/usr/sbin/policy-rc.d"
passed "booted with its systemd" nspawn timeout 1500 systemd-nspawn --quiet -D "$chroot" \
    --register=no --keep-unit --private-network --boot || exit 1
cp "$chroot/root/boot.log" "$logs/boot.log"
if [ ! -s "$chroot/root/results" ]; then
    row "booted with its systemd" "FAILED: see $logs/boot.log"
    exit 1
fi
while IFS='|' read -r what result; do
    row "booted: $what" "$result"
    [ "${result#FAILED}" = "$result" ] || failed=1
done <"$chroot/root/results"
grep -qx 'the end|ok' "$chroot/root/results" || failed=1
exit "$failed"
