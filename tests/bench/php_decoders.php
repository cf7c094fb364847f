<?php
// Given a folder and nothing else, writes values as sites have them, in igbinary and
// JSON. Given a file, prints bytes, elements and the least CPU time of 40 decodes, all but
// the first of them warm, in microseconds.
function name(int $length, int $i): string
{
    return substr(str_repeat(md5((string) $i), 1 + intdiv($length, 32)), 0, $length);
}

function each_of(int $count, callable $make): array
{
    $list = [];
    for ($i = 0; $i < $count; $i++) {
        $list[] = $make($i);
    }
    return $list;
}

// A page builder's tree: few names, many small arrays.
function element(int $i, int $depth): array
{
    return [
        'id' => name(7, $i),
        'elType' => $depth ? 'section' : 'widget',
        'isInner' => false,
        'settings' => [
            'title' => name(40 + $i % 30, $i),
            '_padding' => ['unit' => 'px', 'top' => (string) ($i % 90), 'isLinked' => true],
            'typography_font_size' => ['unit' => 'px', 'size' => 10 + $i % 9, 'sizes' => [0 + $i % 2]],
            'editor' => '<p>' . name(200 + $i % 300, $i) . '</p>',
        ],
        'elements' => $depth ? each_of(3, fn ($k) => element($i * 4 + $k, $depth - 1)) : [],
    ];
}

if (is_dir($argv[1])) {
    $values = [
        'notoptions' => array_fill_keys(each_of(79000, fn ($i) => 'kestrel_tariff_v2_' . name(22, $i)), true),
        'alloptions' => array_combine(each_of(8000, fn ($i) => 'option_' . name(12, $i)), each_of(8000, fn ($i) => name(8 + $i % 300, $i))),
        'builder' => each_of(60, fn ($i) => element($i, 3)),
        'post_meta' => array_combine(each_of(20000, fn ($i) => '_key_' . name(10, $i)), each_of(20000, fn ($i) => [(string) $i])),
        'numbers' => each_of(100000, fn ($i) => $i * 37),
    ];
    foreach ($values as $name => $value) {
        file_put_contents("$argv[1]/$name.igbinary", igbinary_serialize($value));
        file_put_contents("$argv[1]/$name.json", json_encode($value));
    }
    exit(0);
}
$is_json = str_ends_with($argv[1], '.json');
$bytes = file_get_contents($argv[1]);
$least = PHP_INT_MAX;
for ($i = 0; $i < 40; $i++) {
    $before = getrusage();
    $value = $is_json ? json_decode($bytes, true) : igbinary_unserialize($bytes);
    $after = getrusage();
    $spent = 0;
    foreach (['ru_utime', 'ru_stime'] as $time) {
        $spent += ($after["$time.tv_sec"] - $before["$time.tv_sec"]) * 1000000 + $after["$time.tv_usec"] - $before["$time.tv_usec"];
    }
    $least = min($least, $spent);
    $elements = $elements ?? 1 + count($value, COUNT_RECURSIVE);
    unset($value);
}
printf("%d %d %d\n", strlen($bytes), $elements, $least);
