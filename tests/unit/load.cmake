# wpbloat load: what is pure, and requests against servers of the tests' own.
wpb_unit_test(load_schedule wpb_load m)
wpb_unit_test(load_latency wpb_load m)
wpb_unit_test(load_judge wpb_load m)
wpb_unit_test(load_plan wpb_load m)
wpb_unit_test(load_owner wpb_load)
wpb_unit_test(load_counters wpb_load m)
wpb_unit_test(load_capacity wpb_load m)

add_library(load_server STATIC unit/load_server.c)
target_include_directories(load_server PUBLIC unit)
target_link_libraries(load_server PUBLIC wpb_build PkgConfig::CMOCKA Threads::Threads)
wpb_unit_test(load_run wpb_load wpb_alert load_server m)
