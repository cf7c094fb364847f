wpb_unit_test(window wpb_analyse)
wpb_unit_test(choose wpb_analyse)
