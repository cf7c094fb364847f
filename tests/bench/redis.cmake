# What the benches of Redis need: a keyspace, and a bystander who feels what a pass costs.
add_executable(bench_redis_keys EXCLUDE_FROM_ALL bench/redis_keys.c)
target_link_libraries(bench_redis_keys PRIVATE wpb_build)
add_executable(bench_redis_latency EXCLUDE_FROM_ALL bench/redis_latency.c)
target_link_libraries(bench_redis_latency PRIVATE wpb_build)
add_executable(bench_redis_queries EXCLUDE_FROM_ALL bench/redis_queries.c)
target_link_libraries(bench_redis_queries PRIVATE wpb_build)
add_executable(bench_redis_writes EXCLUDE_FROM_ALL bench/redis_writes.c)
target_link_libraries(bench_redis_writes PRIVATE wpb_build)
# Runs the probe as the unit tests do.
add_executable(bench_redis_churn EXCLUDE_FROM_ALL bench/redis_churn.c)
target_link_libraries(bench_redis_churn PRIVATE redis_fixture)
