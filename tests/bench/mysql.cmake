# What the benches of MySQL need: a wp_postmeta of a gigabyte, and the truth about it.
add_executable(bench_mysql_seed EXCLUDE_FROM_ALL bench/mysql_seed.c)
target_link_libraries(bench_mysql_seed PRIVATE wpb_build m)
add_executable(bench_mysql_totals EXCLUDE_FROM_ALL bench/mysql_totals.c)
target_link_libraries(bench_mysql_totals PRIVATE wpb_build wpb_schedule wpb_mysql)
add_executable(bench_mysql_writer EXCLUDE_FROM_ALL bench/mysql_writer.c)
target_link_libraries(bench_mysql_writer PRIVATE wpb_build PkgConfig::MYSQL_FIXTURE)
add_executable(bench_mysql_locks EXCLUDE_FROM_ALL bench/mysql_locks.c)
target_link_libraries(bench_mysql_locks PRIVATE wpb_build wpb_mysql wpb_schedule)
