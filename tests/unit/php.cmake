wpb_unit_test(php_walk wpb_php)
wpb_unit_test(php_family wpb_php)
