wpb_unit_test(outbox wpb_sinks)

add_library(sink_bench STATIC unit/sink_bench.c unit/http_receiver.c)
target_include_directories(sink_bench PUBLIC unit)
target_link_libraries(sink_bench PUBLIC wpb_sinks PkgConfig::CMOCKA)

wpb_unit_test(pump sink_bench)
wpb_unit_test(sink_file sink_bench)
target_link_options(test_sink_file PRIVATE -Wl,--wrap=fdatasync)

wpb_unit_test(sink_webhook sink_bench PkgConfig::CURL)
target_link_options(test_sink_webhook PRIVATE -Wl,--wrap=uv_getaddrinfo)
wpb_unit_test(sink_syslog sink_bench)
wpb_unit_test(sink_alertmanager sink_bench)
