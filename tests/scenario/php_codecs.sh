#!/bin/sh
# What real phpredis stores with each compression and serializer is expanded to the
# bytes it began with, whatever the chunks, and is recognised by its first bytes.
#   php_codecs.sh PHP_CODEC
set -eu
codec=${1:?usage: php_codecs.sh PHP_CODEC}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"

need redis-server redis-cli php
start_redis codecs
php "$here/php_codecs.php" "$work/codecs.sock" "$work" >"$work/values" ||
    fail "phpredis did not write its values"
for compression in zstd lz4 lzf; do
    [ "$(grep -c " $compression\$" "$work/values")" -ge 10 ] ||
        fail "too few values with $compression"
done
while read -r name compression; do
    seen=$("$codec" sniff "$(wc -c <"$work/$name.stored")" <"$work/$name.stored")
    # Of lzf, which has no mark of its own, only what begins like an encoded value.
    case $name in
    *.json.lzf) ;;
    *) [ "$seen" = "$compression" ] || fail "$name looks like $seen" ;;
    esac
    for chunk in 1000000 4099 61; do
        "$codec" "$compression" "$chunk" <"$work/$name.stored" >"$work/expanded" ||
            fail "$name in chunks of $chunk was not expanded"
        cmp "$work/expanded" "$work/$name.plain" ||
            fail "$name in chunks of $chunk was expanded to something else"
    done
done <"$work/values"
echo "$(wc -l <"$work/values") values of phpredis expanded"
