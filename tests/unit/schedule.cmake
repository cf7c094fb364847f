wpb_unit_test(breaker wpb_schedule)
wpb_unit_test(plan wpb_schedule)
wpb_unit_test(pressure wpb_host)

wpb_unit_test(keepsakes wpb_schedule)
