<?php
const A = 1 + 2 * 3 . 'x', B = [1, 'k' => ['v' => -0x1f, ...[2]], 1_000.5e-3];
$x = A ?: B['k']['v'] ?? (int) '42' <=> 7 && !isset($y['z'], $w) || empty($q) and $n xor true;
$r['host'] ??= $_ENV['NO'] ?? 'localhost'; $r[] .= "a $x b {$r['host']} c $r[host] \x41\u{e9}\101";
$o = new class(1) extends C { public $p = "}"; }; $f = fn($a) => $a->b?->c::D[1](2);
$g = function() use (&$x): ?int { return 1; }; [$l, $m] = [1, 2]; list(, $p) = $l;
define('DB_NAME', <<<EOT
   a $x
   EOT . <<<'N'
 b
 N);
eval(env('KODE')); include 's.php'; require_once dirname(__DIR__, 2) . '/none.php'; $$v = 1; `id`;
echo match(true) { default => 1 }, print 2; unset($x); goto end; end: static $s = 1; global $t;
Config::define('WP_REDIS_HOST', getenv_docker('K', 'x')); Config::apply(); parse_url('redis://u:p@h:1/2?x')['port'];
?> text <?= 1 ?>
