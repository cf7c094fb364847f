<?php
// Writes the values that php_memory.sh and php_decoders.sh measure into the folder
// given: one file a shape, and names.* for the shortcut (name => true, many length
// distributions). With a second argument, igbinary or json, the shapes in that
// encoding and those that only it has.
error_reporting(E_ALL & ~E_DEPRECATED);
require __DIR__ . '/php_memory_classes.php';
mt_srand(7);

// Names that nothing has interned; their tails keep them apart.
function name(int $length, int $i): string
{
    $tail = base_convert((string) ($i + 46656), 10, 36);
    return substr(str_repeat('q' . md5((string) $i), 1 + intdiv($length, 33)), 0, max(0, $length - strlen($tail))) . $tail;
}

function names(int $count, callable $length): array
{
    $names = [];
    for ($i = 0; $i < $count; $i++) {
        $names[name($length($i), $i)] = true;
    }
    return $names;
}

function each_of(int $count, callable $make): array
{
    $list = [];
    for ($i = 0; $i < $count; $i++) {
        $list[] = $make($i);
    }
    return $list;
}

function keyed(int $count, callable $make): array
{
    $map = [];
    for ($i = 0; $i < $count; $i++) {
        $map[name(20, $i)] = $make($i);
    }
    return $map;
}

function post(int $i): Post_Like
{
    $post = new Post_Like();
    $post->ID = $i;
    $post->post_date = '2026-11-23 22:30:' . name(4, $i);
    $post->post_content = name(300 + $i % 500, $i);
    $post->post_title = name(30 + $i % 20, $i);
    return $post;
}

function small_object(int $i): stdClass
{
    $object = new stdClass();
    $object->{name(9, $i)} = $i;
    $object->{name(14, $i)} = name(20, $i);
    $object->{name(12, $i)} = null;
    return $object;
}

function element(int $i, int $depth): array
{
    return [
        'id' => name(7, $i),
        'elType' => $depth ? 'section' : 'widget',
        'isInner' => false,
        'settings' => [
            'title' => name(40 + $i % 30, $i),
            '_padding' => ['unit' => 'px', 'top' => (string) ($i % 90), 'isLinked' => true],
            'typography_font_size' => ['unit' => 'px', 'size' => 10 + $i % 9, 'sizes' => []],
        ],
        'elements' => $depth ? each_of(3, fn ($k) => element($i * 4 + $k, $depth - 1)) : [],
    ];
}

function references(int $count): array
{
    $values = keyed($count, fn ($i) => name(25, $i));
    foreach (array_keys($values) as $i => $key) {
        $values["again_$i" . name(12, $i)] = &$values[$key];
    }
    return $values;
}

function recursive(int $count): array
{
    $root = new stdClass();
    $root->{name(10, 1)} = 1;
    return each_of($count, function ($i) use ($root) {
        $object = new stdClass();
        $object->{name(11, $i)} = $root;
        return $object;
    });
}

function custom(int $i): Keeps_Bytes
{
    $custom = new Keeps_Bytes();
    $custom->bytes = name(20 + $i % 200, $i);
    return $custom;
}

function nested(int $levels): array
{
    $value = [name(10, 0) => 1];
    for ($i = 1; $i < $levels; $i++) {
        $value = [name(10, $i) => $value, name(8, $i) => $i];
    }
    return $value;
}

$random = fn () => mt_rand(12, 80);
$shapes = [
    'notoptions_1k' => fn () => names(1000, fn () => 40),
    'notoptions_10k' => fn () => names(10000, fn () => 40),
    'notoptions_79k' => fn () => names(79000, fn () => 40),
    'notoptions_random' => fn () => names(70000, $random),
    'list_of_ints' => fn () => range(1000, 100999),
    'list_of_strings' => fn () => each_of(100000, fn ($i) => name(24, $i)),
    'list_of_floats' => fn () => each_of(20000, fn ($i) => $i / 7),
    'post_meta' => fn () => keyed(5000, fn ($i) => [name(4, $i)]),
    'one_element_arrays' => fn () => each_of(20000, fn ($i) => [$i]),
    'empty_arrays' => fn () => each_of(20000, fn () => []),
    'alloptions' => fn () => keyed(3000, fn ($i) => $i % 3 ? name(2 + $i % 60, $i) : serialize([name(40, $i), $i])),
    'integer_like_keys' => fn () => each_of(3000, fn ($i) => [(string) $i => 1, '-5' => 2, '007' => 3, '1.5' => 4]),
    'standard_objects' => fn () => each_of(1000, 'small_object'),
    'standard_objects_5k' => fn () => each_of(5000, 'small_object'),
    'declared_objects' => fn () => each_of(3000, 'post'),
    'references' => fn () => references(5000),
    'same_object' => fn () => recursive(3000),
    'enums' => fn () => keyed(3000, fn ($i) => $i % 2 ? Suit::Hearts : Suit::Spades),
    'custom_objects' => fn () => each_of(3000, 'custom'),
    'nested_1000' => fn () => nested(1000),
    'mixed_lengths' => fn () => each_of(4000, fn ($i) => name($i, $i)),
    'interned_elementor' => fn () => each_of(40, fn ($i) => element($i, 3)),
    'all_keys_interned' => fn () => each_of(2000, fn ($i) => ['ID' => $i, 'name' => name(20, $i), 'type' => 'post', 'value' => [name(9, $i), 'count' => $i]]),
];
$lengths = ['even' => $random];
foreach ([12, 17, 23, 33, 40, 48, 57, 72, 90, 130] as $mean) {
    $lengths["constant_$mean"] = fn () => $mean;
    $lengths["near_$mean"] = fn () => mt_rand(max(10, $mean - 6), $mean + 6);
    $lengths["two_peaks_$mean"] = fn ($i) => $i % 2 ? max(10, $mean - 9) : $mean + 9;
    $lengths["families_$mean"] = fn ($i) => $i % 16 ? $mean : mt_rand(10, 60);
}

function one_array_many_times(int $count): array
{
    $shared = [name(12, 1) => name(30, 2), 'list' => [1, 2, 3]];
    return each_of($count, fn ($i) => $i % 3 ? $shared : [name(9, $i), []]);
}

// Every width of number, length, count and string number that igbinary has.
function widths(): array
{
    $edges = [0, 1, 255, 256, 65535, 65536, 4294967295, 4294967296, PHP_INT_MAX];
    $numbers = array_merge($edges, array_map(fn ($n) => -$n, $edges), [PHP_INT_MIN, 1.5, -0.0, INF]);
    $values = ['numbers' => $numbers, 'keys' => array_fill_keys(array_filter($numbers, 'is_int'), null), 'flags' => [true, false, null, '']];
    foreach ([1, 2, 99, 100, 255, 256, 65535, 65536, 100000] as $length) {
        $values['long'][] = name($length, $length);
        $values["of_$length" . name($length, $length)] = [];
    }
    foreach ([255, 256, 65535, 65536] as $count) {
        $values['counts'][] = array_fill(0, $count, true);
    }
    $names = each_of(66000, fn ($i) => name(8, $i));
    return $values + ['names' => $names, 'again' => array_reverse($names), 'as_keys' => array_slice(array_fill_keys($names, 1), 65000)];
}

function with_objects(int $count): array
{
    return each_of($count, fn ($i) => [post($i), small_object($i), $i % 2 ? Suit::Hearts : Suit::Spades, custom($i)]);
}

// Lists that are not: keys out of order, with gaps, with a name at last.
function nearly_lists(int $count): array
{
    return each_of($count, fn ($i) => [
        [3 => 1, 2 => 1, 1 => 1],
        [0 => 1, 5 => 1, 7 => 1],
        [0, 1, 2, 3, name(9, $i) => 4],
        [100 => 1],
        [-1 => 1, 0 => 2],
        array_fill(0, 9 + $i % 30, $i),
        array_fill(1, 16, $i),
        [0 => 1, 1 => 1, 12 => 1],
    ]);
}

$folder = $argv[1];
$encoding = $argv[2] ?? 'serialize';
if ($encoding !== 'serialize') {
    $shapes['nearly_lists'] = fn () => nearly_lists(1000);
    $shapes['short_strings'] = fn () => each_of(4000, fn ($i) => [chr(97 + $i % 26), '', name(1 + $i % 3, $i), chr(97 + $i % 26) => 1]);
    $shapes['long_list'] = fn () => each_of(70000, fn ($i) => [name(8, $i)]);
    $shapes['widths'] = fn () => widths();
}
if ($encoding === 'igbinary') {
    $shapes['one_array_many_times'] = fn () => one_array_many_times(1000);
    $shapes['objects'] = fn () => with_objects(700);
    $shapes['scalar'] = fn () => name(40, 1);
} elseif ($encoding === 'json') {
    unset($shapes['custom_objects'], $shapes['widths'], $shapes['nested_1000']);
    $shapes['nested_500'] = fn () => nested(500);
    $text = fn ($i) => "caf\u{e9} \u{1f600} \"quoted\" \\ /path\n\t" . name(12, $i);
    $shapes['escapes'] = fn () => each_of(3000, fn ($i) => [$text($i) => $text($i + 1), 1.5e300, -0.25, 9.3e18, $i % 2 > 0]);
}
if ($encoding !== 'serialize') {
    foreach ($shapes as $shape => $make) {
        $bytes = $encoding === 'json' ? json_encode($make(), JSON_THROW_ON_ERROR) : igbinary_serialize($make());
        file_put_contents("$folder/shape.$shape.$encoding", $bytes);
    }
    exit(0);
}
foreach ($shapes as $shape => $make) {
    file_put_contents("$folder/shape.$shape", serialize($make()));
}
file_put_contents("$folder/shape.string_of_5m", serialize(str_repeat('long text ', 500000)));
$counts = [1500, 8192, 20000, 33000];
foreach (array_keys($lengths) as $i => $kind) {
    $names = names($counts[$i % 4], $lengths[$kind]);
    file_put_contents("$folder/names.$kind.serialize", serialize($names));
    file_put_contents("$folder/names.$kind.igbinary", igbinary_serialize($names));
}
