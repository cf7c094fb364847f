wpb_unit_test(base wpb_base)
