wpb_unit_test(knowledge wpb_daemon)
