<?php
// Writes a notoptions shaped as in the incident into a file (argument 1): 79,000
// names, 93 % of one family, the rest of seven others, in random order.
mt_srand(7);
$names = [];
for ($i = 0; count($names) < 79000; $i++) {
    $hash = md5((string) $i);
    switch (mt_rand(0, 999)) {
        case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7: case 8: case 9:
            $name = "_transient_timeout_wc_var_prices_$i"; break;
        case 10: case 11: case 12: case 13: case 14: case 15: case 16: case 17: case 18:
            $name = "category_{$i}_some_meta_color_of_term"; break;
        case 19: case 20: case 21: case 22: case 23: case 24: case 25: case 26: case 27:
            $name = "product{$i}_stock_status_cache_lock"; break;
        case 28: case 29: case 30: case 31: case 32: case 33: case 34: case 35: case 36:
            $name = 'user_mail_' . substr($hash, 0, 5) . '@example.test_consent'; break;
        case 37: case 38: case 39: case 40: case 41: case 42: case 43: case 44: case 45:
            $name = "sync_2026-11-23_done_by_cron_run_$i"; break;
        case 46: case 47: case 48: case 49: case 50: case 51: case 52: case 53: case 54:
            $name = 'promo_' . strtr($hash, '0123456789', 'ghijklmnop'); break;
        case 55: case 56: case 57: case 58: case 59: case 60: case 61: case 62: case 63:
            $name = 'cart_' . base_convert(substr($hash, 0, 12), 16, 36) . '_items'; break;
        default:
            $name = 'kestrel_tariff_v2_' . substr($hash, 0, 22);
    }
    $names[$name] = true;
}
file_put_contents($argv[1], serialize($names));
