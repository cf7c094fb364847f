add_library(test_reports STATIC unit/report_builder.c unit/report_shared.c
  unit/report_database.c unit/golden.c)
target_link_libraries(test_reports PUBLIC wpb_output PkgConfig::CMOCKA)

wpb_unit_test(output_text test_reports)
wpb_unit_test(output_json test_reports PkgConfig::CJSON)
wpb_unit_test(output_growth test_reports)
wpb_unit_test(output_forecast test_reports m)
wpb_unit_test(output_requests test_reports)
wpb_unit_test(output_nagios test_reports)
wpb_unit_test(output_prometheus test_reports)
wpb_unit_test(output_explain test_reports PkgConfig::CJSON)
wpb_unit_test(output_findings test_reports rule_look)
wpb_unit_test(output_request_findings test_reports request_facts)

# Prometheus' own program reads what the unit test proves that we write.
add_test(NAME schema.metrics
         COMMAND sh -c "promtool check metrics <${CMAKE_CURRENT_SOURCE_DIR}/golden/metrics_agent.prom")
set_tests_properties(schema.metrics PROPERTIES LABELS unit TIMEOUT 60)

# wpb_valid_json(NAME SCHEMA ARGUMENT...): golden files keep what docs/ promises. The
# unit tests prove that the golden files are what the program writes.
function(wpb_valid_json name schema)
  add_test(NAME schema.${name}
           COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/lint/validate_json.py
                   ${PROJECT_SOURCE_DIR}/docs/${schema} ${ARGN}
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/golden)
  set_tests_properties(schema.${name} PROPERTIES LABELS unit TIMEOUT 60)
endfunction()

wpb_valid_json(report report.schema.json
  report_incident.json report_healthy.json report_no_site.json report_blind.json
  report_hostile.json report_shared.json report_database.json report_watch.json report_watch_hostile.json
  report_requests.json)
wpb_valid_json(findings report.schema.json --ndjson
  findings_incident.ndjson findings_hostile.ndjson findings_database.ndjson
  forecasts.ndjson forecast_hostile.ndjson requests_harmless.ndjson
  requests_saturated.ndjson requests_memory.ndjson requests_data.ndjson)
wpb_valid_json(explanation explain.schema.json
  explain_incident.json explain_flawed.json explain_wrapped.json explain_hostile.json
  explain_meta.json explain_option.json)
# A validator that accepts everything would prove nothing.
wpb_valid_json(refuses_another_document explain.schema.json report_incident.json)
wpb_valid_json(refuses_a_finding_without_host report.schema.json --ndjson
  ../lint/finding_without_host.ndjson)
set_tests_properties(schema.refuses_another_document PROPERTIES
                     PASS_REGULAR_EXPRESSION "'wpbloat.explanation/1' was expected")
set_tests_properties(schema.refuses_a_finding_without_host PROPERTIES
                     PASS_REGULAR_EXPRESSION "'host' is a required property")
