wpb_unit_test(php_walk wpb_php)
