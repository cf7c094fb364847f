<?php
/*
 * php_codecs.php SOCKET FOLDER: what phpredis writes, by compression and serializer.
 *
 * Stores values with each pair into the Redis at SOCKET; leaves FOLDER/NAME.stored, the
 * bytes that Redis holds, and FOLDER/NAME.plain, what went into the compression. Prints
 * "NAME COMPRESSION" a line. A compression that this phpredis lacks ends with an error.
 */

[, $socket, $folder] = $argv;
mt_srand(7);

function notoptions(int $names): array
{
    $value = [];
    for ($i = 0; $i < $names; $i++) {
        $value['kestrel_tariff_v2_' . md5((string) $i)] = true;
    }
    return $value;
}

function noise(int $bytes): string
{
    for ($text = ''; strlen($text) < $bytes;) {
        $text .= pack('N', mt_rand());
    }
    return substr($text, 0, $bytes);
}

$values = [
    'small' => ['a' => 1],
    'list' => range(1, 5000),
    'notoptions' => notoptions(40000),
    'noise' => noise(300000),
    'zeros' => str_repeat("\0", 1000000),
    'far' => noise(60000) . str_repeat(noise(3000), 40) . str_repeat('x', 70000),
    'text' => str_repeat("The quick brown fox jumps over the lazy dog.\n", 4000),
];
$compressions = ['zstd' => 'ZSTD', 'lz4' => 'LZ4', 'lzf' => 'LZF'];
$serializers = ['php' => Redis::SERIALIZER_PHP];
if (defined('Redis::SERIALIZER_IGBINARY')) {
    $serializers['igbinary'] = Redis::SERIALIZER_IGBINARY;
}
if (defined('Redis::SERIALIZER_JSON')) {
    $serializers['json'] = Redis::SERIALIZER_JSON;
}

function client(string $socket, int $serializer, int $compression): Redis
{
    $redis = new Redis();
    $redis->connect($socket);
    $redis->setOption(Redis::OPT_SERIALIZER, $serializer);
    $redis->setOption(Redis::OPT_COMPRESSION, $compression);
    return $redis;
}

$raw = client($socket, Redis::SERIALIZER_NONE, Redis::COMPRESSION_NONE);
foreach ($compressions as $compression => $constant) {
    if (!defined("Redis::COMPRESSION_$constant")) {
        fwrite(STDERR, "php_codecs.php: this phpredis has no $compression\n");
        exit(1);
    }
    foreach ($serializers as $serializer => $number) {
        $writer = client($socket, $number, constant("Redis::COMPRESSION_$constant"));
        $plain = client($socket, $number, Redis::COMPRESSION_NONE);
        foreach ($values as $name => $value) {
            // JSON has no bytes that are no UTF-8.
            if ($serializer === 'json' && ($name === 'noise' || $name === 'far')) {
                continue;
            }
            $key = "$name.$serializer.$compression";
            $writer->set($key, $value);
            $stored = $raw->get($key);
            $bytes = $plain->_serialize($value);
            // phpredis stores what lzf cannot make smaller as it is.
            if ($stored === $bytes) {
                continue;
            }
            file_put_contents("$folder/$key.stored", $stored);
            file_put_contents("$folder/$key.plain", $bytes);
            echo "$key $compression\n";
        }
    }
}
