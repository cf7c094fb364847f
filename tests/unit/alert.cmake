add_library(alert_stage STATIC unit/alert_stage.c)
target_link_libraries(alert_stage PUBLIC wpb_alert wpb_build PkgConfig::CMOCKA)
wpb_unit_test(alert_lifecycle alert_stage)
wpb_unit_test(alert_state alert_stage)
wpb_unit_test(alert_fingerprint wpb_alert wpb_rules)
wpb_unit_test(alert_json wpb_alert test_reports rule_look)
wpb_valid_json(alerts alert.schema.json --ndjson
  alert.ndjson alert_long.ndjson alert_heavy.ndjson alert_hostile.ndjson)

# Every alert that these tests make is held against the schema.
set(made ${CMAKE_CURRENT_BINARY_DIR}/alerts.ndjson)
add_test(NAME forget_alerts COMMAND ${CMAKE_COMMAND} -E rm -f ${made})
set_tests_properties(forget_alerts PROPERTIES LABELS unit FIXTURES_SETUP no_alerts)
foreach(name lifecycle state)
  set_tests_properties(unit.alert_${name} PROPERTIES
    FIXTURES_REQUIRED no_alerts FIXTURES_SETUP alerts RESOURCE_LOCK alerts
    ENVIRONMENT WPB_ALERTS_FILE=${made})
endforeach()
wpb_valid_json(alerts_made alert.schema.json --ndjson ${made})
set_tests_properties(schema.alerts_made PROPERTIES FIXTURES_REQUIRED alerts)

add_library(ten_days STATIC unit/ten_days.c)
target_link_libraries(ten_days PUBLIC rule_look series wpb_alert wpb_build)
wpb_unit_test(ten_days ten_days)
