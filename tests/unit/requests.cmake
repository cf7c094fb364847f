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
wpb_unit_test(fpm_ask fpm_fixture)
wpb_unit_test(access_format wpb_requests)
wpb_unit_test(web_log wpb_requests)
wpb_unit_test(time_format wpb_requests)
wpb_unit_test(route wpb_requests)
wpb_unit_test(follow wpb_requests)
