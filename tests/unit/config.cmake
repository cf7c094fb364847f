wpb_unit_test(config wpb_config)
wpb_unit_test(config_files wpb_config)
