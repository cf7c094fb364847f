<?php
// Writes a notoptions of N names (argument 1) of 40 bytes into a file (argument
// 2), or, given a file alone, prints the median time of 15 warm unserialize()
// calls on it in microseconds.
if ($argc === 3) {
    $names = [];
    for ($i = 0; $i < (int) $argv[1]; $i++) {
        $names['kestrel_tariff_v2_' . substr(md5((string) $i), 0, 22)] = true;
    }
    file_put_contents($argv[2], serialize($names));
    exit(0);
}
$bytes = file_get_contents($argv[1]);
$times = [];
for ($i = 0; $i < 16; $i++) {
    $start = hrtime(true);
    $value = unserialize($bytes);
    $times[] = (hrtime(true) - $start) / 1000;
    unset($value);
}
array_shift($times); // the cold one
sort($times);
printf("%.0f\n", $times[7]);
