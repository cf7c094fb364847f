# shellcheck shell=sh
# apt.sh - install Debian packages that are missing, without starting services.
#
# Sourced by quickstart.sh and tests/run.sh, after `set -eu`. Installing a server
# package starts the distribution's service on some hosts; nobody asked for that,
# so a policy forbids it while apt runs. The caller traps EXIT and calls
# apt_restore there.

apt_policy=/usr/sbin/policy-rc.d
apt_policy_mark='# Placed by wpbloat while it installs packages; remove it if it was left behind.'
apt_policy_is_ours=false
apt_sudo=

# apt_missing PACKAGE...: those that are not installed, in one line.
apt_missing() {
    for package in "$@"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
        [ "$status" = installed ] || printf '%s ' "$package"
    done
}

apt_become_root() {
    [ "$(id -u)" -ne 0 ] || return 0
    if ! command -v sudo >/dev/null; then
        echo "Installing packages needs root, and there is no sudo here. As root, run:" >&2
        echo "    apt-get install $*" >&2
        exit 1
    fi
    apt_sudo=sudo
}

apt_forbid_services() {
    if [ -e "$apt_policy" ]; then
        grep -qxF "$apt_policy_mark" "$apt_policy" || return 0
    fi
    apt_policy_is_ours=true
    printf '#!/bin/sh\n%s\nexit 101\n' "$apt_policy_mark" |
        $apt_sudo sh -c "umask 022 && cat >$apt_policy && chmod 755 $apt_policy"
}

apt_restore() {
    if [ "$apt_policy_is_ours" = true ]; then
        $apt_sudo rm -f "$apt_policy"
        apt_policy_is_ours=false
    fi
}

# apt_install LOG PACKAGE...: what apt prints goes to LOG. A stale index is not a
# failure of its own: the installation says whether it mattered.
apt_install() {
    apt_log=$1
    shift
    apt_become_root "$@"
    apt_forbid_services
    apt_get="$apt_sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y"
    apt_get="$apt_get -o DPkg::Lock::Timeout=300"
    $apt_get update >>"$apt_log" 2>&1 </dev/null ||
        echo "apt-get update failed; trying with the package lists at hand" >>"$apt_log"
    apt_code=0
    $apt_get install --no-install-recommends "$@" >>"$apt_log" 2>&1 </dev/null || apt_code=$?
    apt_restore
    return "$apt_code"
}
