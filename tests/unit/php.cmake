wpb_unit_test(php_walk wpb_php)
wpb_unit_test(php_memory wpb_php)
wpb_unit_test(php_family wpb_php)
wpb_unit_test(php_examine wpb_php)
wpb_unit_test(php_codec wpb_php)
add_library(php_events STATIC unit/php_events.c)
target_include_directories(php_events PUBLIC unit)
target_link_libraries(php_events PUBLIC wpb_php PkgConfig::CMOCKA PRIVATE wpb_build)
wpb_unit_test(php_igbinary php_events)
wpb_unit_test(php_json php_events)
wpb_unit_test(php_wrapper wpb_php)

# The memory model against the installed PHP; fails when there is none.
add_executable(php_memory scenario/php_memory.c)
target_link_libraries(php_memory PRIVATE wpb_php wpb_build)
add_test(NAME scenario.php_memory
         COMMAND sh ${PROJECT_SOURCE_DIR}/tests/scenario/php_memory.sh
                 $<TARGET_FILE:php_memory>)
set_tests_properties(scenario.php_memory PROPERTIES LABELS scenario TIMEOUT 300)

# What PHP decodes from igbinary and JSON, element by element and in memory.
foreach(encoding igbinary json)
  add_test(NAME scenario.php_${encoding}
           COMMAND sh ${PROJECT_SOURCE_DIR}/tests/scenario/php_decoders.sh
                   $<TARGET_FILE:php_memory> ${encoding})
  set_tests_properties(scenario.php_${encoding} PROPERTIES LABELS scenario TIMEOUT 300)
endforeach()

# What real phpredis compresses; fails where phpredis or a compression is missing.
add_executable(php_codec scenario/php_codec.c)
target_link_libraries(php_codec PRIVATE wpb_php wpb_build)
add_test(NAME scenario.php_codecs
         COMMAND sh ${PROJECT_SOURCE_DIR}/tests/scenario/php_codecs.sh
                 $<TARGET_FILE:php_codec>)
set_tests_properties(scenario.php_codecs PROPERTIES LABELS scenario TIMEOUT 300)
