wpb_unit_test(window wpb_analyse)
wpb_unit_test(choose wpb_analyse)
wpb_unit_test(rule_values wpb_rules)
wpb_unit_test(rules_cache wpb_rules)
