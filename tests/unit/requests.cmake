# PHP-FPM from outside. Real servers: the tests start their own and fail where php-fpm is
# missing.
find_package(Threads REQUIRED)
add_library(fpm_fixture STATIC unit/fpm_server.c)
target_include_directories(fpm_fixture PUBLIC unit)
target_link_libraries(fpm_fixture PUBLIC wpb_requests PkgConfig::CMOCKA Threads::Threads)

wpb_unit_test(listen_address wpb_requests)
wpb_unit_test(fastcgi wpb_requests)
wpb_unit_test(fpm_status wpb_requests)
wpb_unit_test(accept_queue wpb_requests)
wpb_unit_test(fpm_pools wpb_requests)
wpb_unit_test(pool_of wpb_requests)
wpb_unit_test(fpm_ask fpm_fixture)
wpb_unit_test(access_format wpb_requests)
wpb_unit_test(web_log wpb_requests)
wpb_unit_test(time_format wpb_requests)
wpb_unit_test(route wpb_requests)
wpb_unit_test(follow wpb_requests)
wpb_unit_test(slow_log wpb_requests)
wpb_unit_test(php_errors wpb_requests)
wpb_unit_test(overlap wpb_requests)
wpb_unit_test(request_tally wpb_requests)

# The probes, by the real scheduler.
add_library(pool_look STATIC unit/pool_look.c)
target_include_directories(pool_look PUBLIC unit)
target_link_libraries(pool_look PUBLIC wpb_requests wpb_schedule PkgConfig::CMOCKA)
wpb_unit_test(request_log pool_look)
