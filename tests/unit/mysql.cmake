# Real servers: the tests start their own and fail where mariadbd is missing.
find_package(Threads REQUIRED)
pkg_search_module(MYSQL_FIXTURE REQUIRED IMPORTED_TARGET libmariadb mysqlclient)
add_library(mysql_fixture STATIC unit/mysql_server.c unit/mysql_wordpress.c)
target_include_directories(mysql_fixture PUBLIC unit)
target_compile_definitions(mysql_fixture PRIVATE
  MYSQL_SOURCE="${PROJECT_SOURCE_DIR}"
  MYSQL_TEMPLATE="${PROJECT_BINARY_DIR}/tests/mysql-template")
target_link_libraries(mysql_fixture
  PUBLIC PkgConfig::MYSQL_FIXTURE PkgConfig::CMOCKA PRIVATE wpb_build)
target_include_directories(mysql_fixture PUBLIC ${PROJECT_SOURCE_DIR}/include)

wpb_unit_test(mysql_address wpb_base)
wpb_unit_test(mysql_owner wpb_mysql)
wpb_unit_test(mysql_grants mysql_fixture)
wpb_unit_test(mysql_link mysql_fixture wpb_mysql Threads::Threads)
wpb_unit_test(mysql_sql mysql_fixture wpb_mysql)
wpb_unit_test(mysql_post mysql_fixture wpb_probes wpb_schedule)

add_library(mysql_look STATIC unit/mysql_look.c)
target_link_libraries(mysql_look PUBLIC mysql_fixture wpb_schedule wpb_mysql)

wpb_unit_test(mysql_autoload mysql_look)
wpb_unit_test(mysql_probes mysql_look Threads::Threads)
wpb_unit_test(mysql_replica mysql_look)
wpb_unit_test(mysql_locks mysql_look Threads::Threads)
wpb_unit_test(mysql_shape wpb_mysql)
wpb_unit_test(mysql_statements mysql_look)
wpb_unit_test(mysql_status mysql_look)
wpb_unit_test(mysql_builders mysql_look)
wpb_unit_test(mysql_options mysql_look)
wpb_unit_test(mysql_woocommerce mysql_look)
wpb_unit_test(mysql_postmeta mysql_look)
wpb_unit_test(mysql_deep mysql_look)
wpb_unit_test(mysql_meta_keys mysql_look)
wpb_unit_test(sampling wpb_mysql m)

include(bench/mysql.cmake)
