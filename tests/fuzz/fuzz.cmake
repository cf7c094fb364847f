# wpb_fuzz_target(NAME LIBRARY...): tests/fuzz/fuzz_NAME.c, which defines
# LLVMFuzzerTestOneInput, and its committed inputs in tests/fuzz/corpus/NAME.
#
# Every test build replays the inputs (ctest fuzz.NAME). With clang and
# -DWPB_FUZZ=ON it also builds the fuzzer itself:
#   CC=clang cmake -B build-fuzz -DWPB_TESTS=ON -DWPB_FUZZ=ON -DWPB_SANITIZE=address,undefined
#   cmake --build build-fuzz --target fuzz_NAME
#   mkdir found && build-fuzz/tests/fuzz_NAME -max_total_time=180 found tests/fuzz/corpus/NAME
option(WPB_FUZZ "Build the libFuzzer binaries (needs clang)" OFF)

if(WPB_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WPB_FUZZ needs clang: configure with CC=clang")
  endif()
  # Coverage of the libraries under test, without which the fuzzer is blind.
  target_compile_options(wpb_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(wpb_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(wpb_fuzz_target name)
  add_executable(replay_${name} fuzz/fuzz_${name}.c fuzz/replay.c)
  target_link_libraries(replay_${name} PRIVATE ${ARGN} wpb_build)
  add_test(NAME fuzz.${name}
           COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  if(WPB_FUZZ)
    add_executable(fuzz_${name} fuzz/fuzz_${name}.c)
    target_link_libraries(fuzz_${name} PRIVATE ${ARGN} wpb_build)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()

# One line a target.
wpb_fuzz_target(php_walk wpb_php)
wpb_fuzz_target(family wpb_php)
wpb_fuzz_target(key_grammar wpb_wordpress)
wpb_fuzz_target(votes wpb_wordpress)
wpb_fuzz_target(plugin_json wpb_wordpress)
wpb_fuzz_target(source_match wpb_wordpress)
wpb_fuzz_target(examine wpb_php)
wpb_fuzz_target(load wpb_load PkgConfig::CURL m)
wpb_fuzz_target(codec wpb_php)
wpb_fuzz_target(rdb wpb_redis)
wpb_fuzz_target(stamp wpb_redis)
wpb_fuzz_target(cluster wpb_redis)
wpb_fuzz_target(wp_config wpb_wordpress)
wpb_fuzz_target(site_files wpb_wordpress)
wpb_fuzz_target(igbinary wpb_php)
wpb_fuzz_target(json wpb_php)
wpb_fuzz_target(config wpb_config)
wpb_fuzz_target(forecast wpb_analyse)
wpb_fuzz_target(work wpb_analyse)
wpb_fuzz_target(usl wpb_analyse)
wpb_fuzz_target(nnls wpb_analyse)
wpb_fuzz_target(alert_state wpb_alert)
wpb_fuzz_target(table_name wpb_base)
wpb_fuzz_target(pressure wpb_host)
wpb_fuzz_target(sql_shape wpb_mysql)
wpb_fuzz_target(redis_counters wpb_redis)
wpb_fuzz_target(fastcgi wpb_requests)
wpb_fuzz_target(fpm_status wpb_requests)
wpb_fuzz_target(sock_diag wpb_requests)
wpb_fuzz_target(listen_address wpb_requests)
wpb_fuzz_target(proc_title wpb_requests)
wpb_fuzz_target(access_format wpb_requests)
wpb_fuzz_target(web_log wpb_requests)
wpb_fuzz_target(route wpb_requests)
wpb_fuzz_target(slow_log wpb_requests)
wpb_fuzz_target(php_errors wpb_requests)
wpb_fuzz_target(request_tally wpb_requests)
