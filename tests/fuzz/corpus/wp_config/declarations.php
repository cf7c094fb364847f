<?php
namespace X; use A\{B, C}; declare(strict_types=1);
#[Attr] function f(array $a = ['}'], int ...$b): ?int { return "{$a['x']}"; }
abstract class K extends L implements M { const A = 1; function g() { define('A', 1); } }
interface I {} trait T {} enum E: string { case A = 'a'; } final class F {} readonly class R {}
if (1): echo 1; elseif (2): echo 2; else: echo 3; endif;
// comment ?> text <?php # comment
/* comment */ __halt_compiler(); anything 'goes
