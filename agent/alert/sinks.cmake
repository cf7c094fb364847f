# What delivers alerts: included by CMakeLists.txt beside it.
add_library(wpb_sinks STATIC
  alert_fields.c alertmanager_json.c curl_loop.c firing.c held_alert.c http_answer.c
  http_post.c kept_settings.c line_file.c outbox.c outbox_entry.c outbox_send.c pump.c
  pump_send.c pump_slot.c sink_alertmanager.c sink_file.c sink_syslog.c sink_webhook.c sinks.c told_severity.c webhook_signature.c)
target_link_libraries(wpb_sinks PUBLIC wpb_base PkgConfig::UV
                      PRIVATE PkgConfig::CURL PkgConfig::CJSON)
