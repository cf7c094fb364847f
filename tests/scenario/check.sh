#!/bin/sh
# check.sh WPBLOAT - the configuration told back, its errors, and what the servers allow:
# the lines that `check` prints open what it found closed.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli mariadb "$python"
conf=$work/wpbloat.conf

# configure: stdin is the configuration.
configure() {
    cat >"$conf"
    chmod 644 "$conf"
}

check() {
    run "$1" "$wpbloat" check --config "$conf"
    expect_clean "$1"
}

# lines NAME PATTERN: the lines of stdout that begin, behind spaces, with PATTERN.
lines() {
    sed -n "s/^ *\\($2.*\\)/\\1/p" "$work/$1.out"
}

# Usage is told apart from trouble.
run usage "$wpbloat" check /etc/wpbloat
expect_code usage 64
run usage "$wpbloat" check --confg x
expect_code usage 64
expect_line usage err 'did you mean --config'
run absent "$wpbloat" check --config "$work/no-such-file"
expect_code absent 1
expect_line absent out 'no-such-file: cannot open it: No such file'

# All errors at once, each with its line and the nearest name; nothing else is looked at.
configure <<EOF
[agent]
intervall = 60s
budget = lots
[sites shop]
EOF
check errors
expect_code errors 1
expect_line errors out 'wpbloat.conf:2: \[agent\] has no key'
expect_line errors out "'intervall'; the nearest is 'interval'"
expect_line errors out 'wpbloat.conf:3: budget: .lots. is not'
expect_line errors out 'wpbloat.conf:4: there is no section'
expect_line errors out 'the nearest is \[site NAME\]'
expect_no_line errors out '^\[agent\]$'
printf '[agent]\nowner\033[31m = 1\n\377 = 2\n[\033]0;x\007]\n' | configure
check hostile
expect_code hostile 1

# A file that others can write decides nothing.
configure <<EOF
[agent]
sites = none
EOF
chmod 666 "$conf"
check open
expect_code open 1
expect_line open out 'others can write it'

# Effective settings with their source, conf.d included; no secret among them.
mkdir "$work/conf.d"
echo "s3cret-one" >"$work/hook.secret"
chmod 600 "$work/hook.secret"
configure <<EOF
[agent]
sites = none
interval = 30s       ; often
[sink webhook]
url = https://hooks.example/T00/s3cret-two?key=s3cret-three
secret_file = $work/hook.secret
EOF
printf '[agent]\ninterval = 10s\n' >"$work/conf.d/10-interval.conf"
check settings
expect_code settings 0
expect_line settings out 'interval = 10s +.*/conf.d/10-interval.conf:2$'
expect_line settings out 'sites = none +.*/wpbloat.conf:2$'
expect_line settings out 'history_max = 64M +default$'
expect_line settings out 'url = https://hooks.example/\.\.\. '
expect_line settings out 'warning .*sites is none and no'
expect_no_line settings out 's3cret'
rm -r "$work/conf.d"
chmod 604 "$work/hook.secret"
check readable
expect_code readable 1
expect_line readable out 'secret_file: everybody on'

# Two servers that let their users do all that packaging/ says.
port=$("$python" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
start_redis redis --bind 127.0.0.1 --port "$port"
acl=$(sed -n 's/^user wpbloat on >CHOOSE-A-PASSWORD //p' "$here/../../packaging/redis-acl.txt")
# shellcheck disable=SC2086
redis-cli -s "$work/redis.sock" ACL SETUSER whole on '>pa55' $acl >"$work/acl.log"
redis-cli -s "$work/redis.sock" ACL SETUSER half on '>pa55' '~shop:*' -@all +select +info \
    +dbsize +pttl >>"$work/acl.log"
echo pa55 >"$work/redis.password"
chmod 600 "$work/redis.password"
start_mariadb mariadb
mariadb_wordpress mariadb shop wp7_
servers() {
    configure <<EOF
[agent]
sites = none
[site shop]
owner = team-checkout
redis = redis://$1@127.0.0.1:$port/1
redis_password_file = $work/redis.password
mysql = mysql+unix://$work/mariadb.sock?db=shop&user=wpbloat
mysql_password_file = $work/mariadb.password
table_prefix = wp7_
EOF
}
servers whole
check whole
expect_code whole 0
expect_line whole out 'owner +team-checkout'
[ "$(grep -c 'all that wpbloat needs' "$work/whole.out")" -eq 2 ] || {
    show whole
    fail "the shipped rights are not all that is needed"
}
expect_no_line whole out 'pa55|pa ss'

# Half of the rights: the very lines printed give the others.
servers half
mariadb_root mariadb -e "REVOKE SELECT ON shop.wp7_postmeta FROM wpbloat@localhost;
    REVOKE SELECT ON mysql.innodb_index_stats FROM wpbloat@localhost"
check half
expect_code half 1
expect_line half out 'user may not do all that wpbloat does'
expect_line half out 'ACL SETUSER half ~\* .*\+scan .*\+memory\|usage .*\+subscribe'
expect_line half out 'not there, or not to be read by'
lines half 'ACL SETUSER' >"$work/acl.line"
lines half 'GRANT SELECT' >"$work/grant.sql"
[ "$(wc -l <"$work/grant.sql")" -eq 2 ] || fail "two grants are missing, and others printed"
redis-cli -s "$work/redis.sock" <"$work/acl.line" >>"$work/acl.log"
mariadb_root mariadb <"$work/grant.sql" || fail "the printed grants are refused"
check mended
expect_code mended 0

# A server that does not answer is out of sight; the other is told all the same.
stop_server "$redis_pid"
check gone
expect_code gone 1
expect_line gone out 'Redis .*127.0.0.1'
expect_line gone out 'MySQL +answers'

# A folder: its own configuration says where its servers are; [site] renames it.
cp -r "$here/incident/site" "$work/site"
configure <<EOF
[agent]
sites = none
paths = $work/elsewhere
[site renamed]
path = $work/site/
owner = team-two
[site lost]
path = $work/nothing-here
EOF
check folder
expect_code folder 1
expect_line folder out '^renamed$'
expect_line folder out 'owner +team-two'
expect_line folder out 'what +.*(lost|nothing-here)'
