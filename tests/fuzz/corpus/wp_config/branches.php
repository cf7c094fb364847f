<?php
if ($_SERVER['HTTP_HOST'] === 'a') { define('A', 1); } elseif ($_GET) { define('A', 2); exit; } else { define('A', 3); return; }
switch ($_GET['x']) { case 1: $a = 1; break; case 2: default: $a = 2; if ($_POST) break; $a = 3; }
while ($_GET) { $b = 1; if ($_POST) continue; $b = 2; break; }
foreach (['A' => 1, 'B' => getenv('KEY')] as $k => $v) { if ($_GET) break; define($k, $v); }
try { throw new X; } catch (Y $e) { $c = 1; } finally { $d = 2; }
do { $e = 1; } while (0);
for ($i = 0; $i < 3; $i++): $f = $i; endfor;
