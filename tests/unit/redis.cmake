# Real servers: the tests start their own and fail where redis-server is missing.
find_package(Threads REQUIRED)
add_library(redis_fixture STATIC
  unit/redis_cluster.c unit/redis_peer.c unit/redis_proxy.c unit/redis_run.c
  unit/redis_server.c)
target_include_directories(redis_fixture PUBLIC unit)
target_link_libraries(redis_fixture PUBLIC wpb_redis PkgConfig::CMOCKA Threads::Threads)

wpb_unit_test(redis_info wpb_redis)
wpb_unit_test(redis_pace wpb_redis)
wpb_unit_test(redis_stamp wpb_redis)
wpb_unit_test(redis_key_family wpb_redis)
wpb_unit_test(redis_churn_counts wpb_redis)
wpb_unit_test(redis_churn redis_fixture)
wpb_unit_test(redis_keyspace redis_fixture)
wpb_unit_test(redis_conn redis_fixture)
wpb_unit_test(redis_cluster redis_fixture)
wpb_unit_test(redis_sentinel redis_fixture)
wpb_unit_test(redis_orphans redis_fixture)
wpb_unit_test(redis_groups redis_fixture)
wpb_unit_test(redis_watchlist redis_fixture)
wpb_unit_test(redis_stats redis_fixture)
wpb_unit_test(cpu_quota redis_fixture wpb_host)

# RDB files made by hand, and by a real server.
add_library(rdb_fixture STATIC unit/rdb_file.c)
target_include_directories(rdb_fixture PUBLIC unit)
target_link_libraries(rdb_fixture PUBLIC wpb_redis)
wpb_unit_test(redis_rdb rdb_fixture)
wpb_unit_test(redis_value redis_fixture)
wpb_unit_test(redis_rdb_server redis_fixture)
wpb_unit_test(redis_trace redis_fixture)

include(bench/redis.cmake)
