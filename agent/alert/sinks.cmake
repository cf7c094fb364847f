# What delivers alerts: included by CMakeLists.txt beside it.
add_library(wpb_sinks STATIC
  alert_fields.c curl_loop.c firing.c held_alert.c http_answer.c http_post.c kept_settings.c
  line_file.c outbox.c pump.c sink_file.c sinks.c
  sink_webhook.c webhook_signature.c)
target_link_libraries(wpb_sinks PUBLIC wpb_base PkgConfig::UV
                      PRIVATE PkgConfig::CURL PkgConfig::CJSON)
