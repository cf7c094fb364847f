#!/bin/sh
# tls.sh WPBLOAT - Redis over TLS: a certificate is believed when an authority that the
# operator trusts signed it for the host that was asked for, and never otherwise.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli openssl timeout "$python"

# authority NAME: a private certificate authority.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.crt" 2>>"$work/openssl.log"
}

# certificate NAME AUTHORITY SUBJECT_ALT_NAMES [OPTION...]: valid for two days unless an
# option says otherwise.
certificate() {
    certificate_name=$1 certificate_by=$2
    printf 'subjectAltName=%s\n' "$3" >"$work/$1.ext"
    shift 3
    [ $# -gt 0 ] || set -- -days 2
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=redis" \
        -keyout "$work/$certificate_name.key" -out "$work/$certificate_name.csr" \
        2>>"$work/openssl.log"
    openssl x509 -req -in "$work/$certificate_name.csr" -CA "$work/$certificate_by.crt" \
        -CAkey "$work/$certificate_by.key" -set_serial "$(date +%s)" \
        -extfile "$work/$certificate_name.ext" -out "$work/$certificate_name.crt" "$@" \
        2>>"$work/openssl.log"
}

free_port() {
    "$python" -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# start_tls NAME [ARGUMENT...]: a server that shows certificate NAME. Sets port.
start_tls() {
    port=$(free_port)
    tls_name=$1
    shift
    start_redis "$tls_name" --bind 127.0.0.1 --tls-port "$port" \
        --tls-cert-file "$work/$tls_name.crt" --tls-key-file "$work/$tls_name.key" \
        --tls-ca-cert-file "$work/ours.crt" --tls-auth-clients no "$@"
}

# scan NAME HOST: what the system trusts is set aside, so that nothing here depends on
# this machine.
scan() {
    run "$1" timeout 60 env SSL_CERT_DIR="$work/none" SSL_CERT_FILE="$trusted" \
        "$wpbloat" scan --fail-on never --format json --redis "rediss://$2:$port"
    expect_clean "$1"
    expect_report "$1"
}

# seen NAME HOST: everything could be read.
seen() {
    scan "$1" "$2"
    expect_code "$1" 0
    expect_json "$1" "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
        "one(d['coverage'], probe='redis.keyspace')['done'] == 2000" \
        "one(d['coverage'], probe='redis.value')['status'] == 'ok'"
}

# refused NAME HOST REASON: nothing was asked of the server, and the reason is told.
refused() {
    scan "$1" "$2"
    expect_code "$1" 3
    expect_line "$1" out "$3"
}

authority ours
authority theirs
trusted=$work/ours.crt
certificate both ours 'DNS:localhost,IP:127.0.0.1'
certificate elsewhere ours 'DNS:redis.example.test,IP:192.0.2.1'
certificate stranger theirs 'DNS:localhost,IP:127.0.0.1'

start_tls both
# Values larger than a TLS record, and batches of many.
redis-cli -s "$work/both.sock" EVAL "
    for i = 1, 1999 do redis.call('SET', 'wp:post_meta:' .. i, string.rep('x', 300)) end
    redis.call('SET', 'wp:options:alloptions',
        'a:1:{s:4:\"blob\";s:900000:\"' .. string.rep('y', 900000) .. '\";}')" 0 >/dev/null
seen name localhost
seen address 127.0.0.1

trusted=$work/theirs.crt
refused unknown_authority 127.0.0.1 'certificate.*authority'
trusted=$work/none.crt
refused no_authority 127.0.0.1 'certificate.*authority'
trusted=$work/ours.crt

start_tls elsewhere
refused wrong_name localhost 'certificate.*(host ?name|another name)'
refused wrong_address 127.0.0.1 'certificate.*(IP address|another name)'

certificate expired ours 'DNS:localhost,IP:127.0.0.1' \
    -not_before 20200101000000Z -not_after 20200102000000Z
start_tls expired
refused expired localhost 'certificate.*expired'

# A server that wants to know who asks: wpbloat has no certificate of its own.
certificate mutual ours 'DNS:localhost,IP:127.0.0.1'
start_tls mutual --tls-auth-clients yes
refused no_client_certificate localhost 'certificate required|demand a client certificate'

# A port without TLS, and one where nobody listens.
port=$(free_port)
start_redis plain --bind 127.0.0.1 --port "$port"
refused plain localhost 'TLS with Redis at |does not speak TLS'
port=$(free_port)
refused nobody localhost 'cannot connect to Redis at .*: Connection refused'
