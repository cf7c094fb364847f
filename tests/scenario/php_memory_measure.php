<?php
// Prints what PHP itself needs for the value in the file given: bytes held after
// decoding, and the peak while decoding, raw bytes included.
require __DIR__ . '/php_memory_classes.php';
error_reporting(E_ALL & ~E_DEPRECATED);
$value = unserialize(serialize([Suit::Hearts, Suit::Spades])); // made once a process
$value = $held = $before = null;
$start = memory_get_usage();
$raw = file_get_contents($argv[1]);
$before = memory_get_usage();
memory_reset_peak_usage();
$value = match (pathinfo($argv[1], PATHINFO_EXTENSION)) {
    'igbinary' => igbinary_unserialize($raw),
    'json' => json_decode($raw, true),
    default => unserialize($raw),
};
$held = memory_get_usage() - $before;
if ($value === false || $value === null) {
    fwrite(STDERR, "$argv[1] cannot be decoded\n");
    exit(1);
}
echo $held, ' ', memory_get_peak_usage() - $start, "\n";
