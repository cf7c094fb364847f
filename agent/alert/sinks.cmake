# What delivers alerts: included by CMakeLists.txt beside it.
add_library(wpb_sinks STATIC held_alert.c line_file.c outbox.c sink_file.c)
target_link_libraries(wpb_sinks PUBLIC wpb_base PkgConfig::UV
                      PRIVATE PkgConfig::CURL PkgConfig::CJSON)
