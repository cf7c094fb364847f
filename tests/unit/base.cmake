wpb_unit_test(base wpb_base)
wpb_unit_test(clock wpb_base)
wpb_unit_test(turn wpb_schedule)
wpb_unit_test(worker wpb_schedule)
