wpb_unit_test(knowledge wpb_daemon)
wpb_unit_test(fleet wpb_daemon)
wpb_unit_test(last_looks wpb_daemon)
wpb_unit_test(ledger wpb_daemon)
