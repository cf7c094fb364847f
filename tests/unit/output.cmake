add_library(test_reports STATIC unit/report_builder.c unit/golden.c)
target_link_libraries(test_reports PUBLIC wpb_output PkgConfig::CMOCKA)

wpb_unit_test(output_text test_reports)
