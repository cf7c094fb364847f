<?php
// Prints one line an element of the value in the file given, as PHP decodes it: depth,
// type, key in hex and size, for php_decoders.sh to compare with the walkers.
require __DIR__ . '/php_memory_classes.php';
error_reporting(E_ALL & ~E_DEPRECATED);

function show($value, int $depth, string $key): void
{
    $type = match (gettype($value)) {
        'NULL' => 'null', 'boolean' => 'bool', 'integer' => 'int', 'double' => 'float',
        'string' => 'string ' . strlen($value), 'array' => 'array ' . count($value),
        default => match (true) {
            $value instanceof UnitEnum => 'enum ' . $value::class . ':' . $value->name,
            $value instanceof Keeps_Bytes => 'custom ' . $value::class . ' ' . strlen($value->bytes),
            default => 'object ' . $value::class . ' ' . count((array) $value),
        },
    };
    echo "$depth $key$type\n";
    if (is_array($value) || is_object($value) && !$value instanceof UnitEnum && !$value instanceof Keeps_Bytes) {
        foreach ((array) $value as $name => $child) {
            show($child, $depth + 1, is_int($name) ? "[$name] " : '[' . bin2hex(substr($name, 0, 256)) . '] ');
        }
    }
}

$raw = file_get_contents($argv[1]);
show(str_ends_with($argv[1], '.json') ? json_decode($raw, true) : igbinary_unserialize($raw), 0, '');
