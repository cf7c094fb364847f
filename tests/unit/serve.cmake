if(WPB_WITH_HTTP)
  wpb_unit_test(serve wpb_serve)
endif()
