# Benchmarks: built when asked for, run by their own .sh, never by ctest.
add_executable(bench_php_walk EXCLUDE_FROM_ALL bench/php_walk.c)
target_link_libraries(bench_php_walk PRIVATE wpb_php wpb_build)
add_executable(bench_php_families EXCLUDE_FROM_ALL bench/php_families.c)
target_link_libraries(bench_php_families PRIVATE wpb_php wpb_build)
add_executable(bench_rdb_walk EXCLUDE_FROM_ALL bench/rdb_walk.c)
target_link_libraries(bench_rdb_walk PRIVATE wpb_redis wpb_build)
add_executable(bench_php_decoders EXCLUDE_FROM_ALL bench/php_decoders.c)
target_link_libraries(bench_php_decoders PRIVATE wpb_php wpb_build)
# A fit against a search; the times are those of a Release build.
add_executable(bench_usl_fit EXCLUDE_FROM_ALL bench/usl_fit.c)
target_link_libraries(bench_usl_fit PRIVATE wpb_analyse wpb_build)
add_executable(bench_access_log EXCLUDE_FROM_ALL bench/access_log.c)
target_link_libraries(bench_access_log PRIVATE wpb_requests wpb_build)
# A server that stands still by the clock, for percentiles that are known.
add_executable(bench_load_stalls EXCLUDE_FROM_ALL bench/load_stalls.c)
target_link_libraries(bench_load_stalls PRIVATE wpb_build Threads::Threads)
