# Whole runs of the program against private servers: tests/scenario/NAME.sh. They need
# the machine for themselves: what they time out on is a server that does not answer.
function(wpb_scenario name)
  add_test(NAME scenario.${name}
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.sh $<TARGET_FILE:wpbloat>)
  set_tests_properties(scenario.${name} PROPERTIES
    LABELS scenario TIMEOUT 600 RUN_SERIAL ON)
endfunction()

wpb_scenario(cli)
wpb_scenario(demo)
wpb_scenario(incident)
wpb_scenario(wordpress)
wpb_scenario(raised-limit)
wpb_scenario(heavy-bootstrap)
wpb_scenario(five-sites)
wpb_scenario(five-sites-rules)
wpb_scenario(replica)
wpb_scenario(topology)
wpb_scenario(hostile)
wpb_scenario(churn)
wpb_scenario(watch)
wpb_scenario(explain)
wpb_scenario(check)
if(WPB_WITH_HTTP)
  add_executable(serve_fixture scenario/serve_fixture.c)
  target_link_libraries(serve_fixture PRIVATE wpb_serve wpb_output wpb_build)
  add_test(NAME scenario.prometheus
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/prometheus.sh
                   $<TARGET_FILE:wpbloat> $<TARGET_FILE:serve_fixture>)
  set_tests_properties(scenario.prometheus PROPERTIES
    LABELS scenario TIMEOUT 600 RUN_SERIAL ON)
endif()
wpb_scenario(package)
wpb_scenario(agent)
wpb_scenario(agent-sites)
wpb_scenario(agent-outage)
wpb_scenario(agent-soak)
wpb_scenario(ten-days)

# A library of faults, for a program under test.
add_library(faults SHARED scenario/nothing-lost/faults.c)
target_compile_definitions(faults PRIVATE _GNU_SOURCE)
target_link_libraries(faults PRIVATE dl)
add_test(NAME scenario.nothing-lost
         COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/nothing-lost.sh
                 $<TARGET_FILE:wpbloat> $<TARGET_FILE:faults>)
set_tests_properties(scenario.nothing-lost PROPERTIES
  LABELS scenario TIMEOUT 600 RUN_SERIAL ON)
