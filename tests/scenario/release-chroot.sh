# shellcheck shell=sh
# release-chroot.sh - a fresh Debian in a folder, for the parts of release.sh that need
# another release than this host's. Sourced after release-part.sh.
#
# Commands inside it have process and mount namespaces of their own: what they start
# ends with them, and /proc is mounted for them alone, so that nothing is left to stop
# or to unmount.

chroot=$work/root
mirror=${WPB_DEBIAN_MIRROR:-http://deb.debian.org/debian}

# make_chroot SUITE: in $chroot, with this host's way to the package servers.
make_chroot() {
    [ "$(id -u)" -eq 0 ] || fail "a chroot needs root"
    need debootstrap debootstrap
    need unshare util-linux
    echo "   debootstrap $1"
    unshare --mount debootstrap --variant=minbase "$1" "$chroot" "$mirror" \
        >"$logs/debootstrap.log" 2>&1 </dev/null || {
        tail -n 20 "$logs/debootstrap.log" >&2
        fail "debootstrap of $1 failed"
    }
    apt-config dump 2>/dev/null | grep -E '^Acquire::(https?|ftp|Retries|Check-Valid-Until)' \
        >"$chroot/etc/apt/apt.conf.d/10host" || :
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$chroot/etc/hosts"
    copy "$chroot/src"
}

# inside COMMAND...: as root of the chroot, in a clean environment.
inside() {
    unshare --mount --pid --fork --kill-child --mount-proc="$chroot/proc" \
        chroot "$chroot" env -i HOME=/root LC_ALL=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        DEBIAN_FRONTEND=noninteractive "$@"
}

# install_inside PACKAGE...: no service starts, here or there.
install_inside() {
    printf '#!/bin/sh\nexit 101\n' >"$chroot/usr/sbin/policy-rc.d"
    chmod 755 "$chroot/usr/sbin/policy-rc.d"
    echo "   installing what the tests need"
    {
        inside apt-get -q update
        inside apt-get -q -y install --no-install-recommends "$@"
    } >"$logs/install.log" 2>&1 </dev/null || {
        tail -n 20 "$logs/install.log" >&2
        fail "the packages could not be installed"
    }
}

# package_inside PACKAGE: its upstream version, without Debian's.
package_inside() {
    inside dpkg-query -W -f='${source:Upstream-Version}' "$1" 2>/dev/null ||
        printf 'none'
}
