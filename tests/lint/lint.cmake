# What the compiler does not see: the arrows between rooms, the format, generated
# documents, reminders left in sources.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_executable(reference lint/config_reference.c lint/reference.c)
# The probes call the scheduler's wpb_run_*: it must follow them on the link line.
target_link_libraries(reference PRIVATE wpb_alert wpb_config wpb_rules wpb_output wpb_probes wpb_redis
                      wpb_wordpress wpb_schedule wpb_base wpb_build)

set(lint ${CMAKE_CURRENT_SOURCE_DIR}/lint)
add_test(NAME lint.includes
         COMMAND Python3::Interpreter ${lint}/includes.py ${PROJECT_SOURCE_DIR})
add_test(NAME lint.format COMMAND sh ${lint}/format.sh ${PROJECT_SOURCE_DIR})
add_test(NAME lint.words COMMAND sh ${lint}/words.sh ${PROJECT_SOURCE_DIR})
add_test(NAME lint.completion COMMAND sh ${lint}/completion.sh $<TARGET_FILE:wpbloat>)
add_test(NAME lint.reference COMMAND sh ${lint}/reference.sh $<TARGET_FILE:reference>)
add_test(NAME lint.schemas
         COMMAND /usr/bin/python3 ${lint}/schemas.py
                 ${PROJECT_SOURCE_DIR}/docs/report.schema.json
                 ${PROJECT_SOURCE_DIR}/docs/alert.schema.json)
set_tests_properties(lint.includes lint.format lint.words lint.reference lint.schemas
                     lint.completion
                     PROPERTIES LABELS lint TIMEOUT 120)
