# Alerts through the pump to receivers that are not ours.
add_executable(pump_send scenario/pump_send.c)
target_link_libraries(pump_send PRIVATE wpb_sinks wpb_build)

foreach(name webhook alertmanager)
  add_test(NAME scenario.${name}
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.sh
                   $<TARGET_FILE:pump_send>)
  set_tests_properties(scenario.${name} PROPERTIES
    LABELS scenario TIMEOUT 600 RUN_SERIAL ON)
endforeach()
