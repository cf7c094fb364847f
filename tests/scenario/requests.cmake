# The logs of real servers, read.
add_executable(request_lines scenario/request_lines.c)
target_link_libraries(request_lines PRIVATE wpb_requests wpb_build)
add_executable(pool_probes scenario/pool_probes.c)
target_link_libraries(pool_probes PRIVATE wpb_requests wpb_schedule wpb_build)
add_test(NAME scenario.request-logs
         COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/request-logs.sh
                 $<TARGET_FILE:request_lines> $<TARGET_FILE:pool_probes>)
set_tests_properties(scenario.request-logs PROPERTIES
  LABELS scenario TIMEOUT 600 RUN_SERIAL ON)

# A recorded run of the lab, analysed again, and draws of it.
add_executable(replay scenario/requests/replay.c)
target_link_libraries(replay PRIVATE wpb_analyse wpb_requests wpb_build)
# A site under load, and what is not loaded.
add_test(NAME scenario.load
         COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/load.sh $<TARGET_FILE:wpbloat>)
set_tests_properties(scenario.load PROPERTIES LABELS scenario TIMEOUT 300 RUN_SERIAL ON)
add_test(NAME scenario.replay
         COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/requests/replay.sh
                 $<TARGET_FILE:replay>)
set_tests_properties(scenario.replay PROPERTIES LABELS scenario TIMEOUT 60)

# Two of the lab's incidents; the others, which measure what a pool can do, take longer and
# need a quiet machine: tests/release.sh incidents.
foreach(incident saturated-now memory-exhausted)
  add_test(NAME scenario.${incident}
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/requests/${incident}.sh
                   $<TARGET_FILE:wpbloat>)
  set_tests_properties(scenario.${incident} PROPERTIES
    LABELS scenario TIMEOUT 600 RUN_SERIAL ON)
endforeach()
