# Where the program speaks TLS; elsewhere unit.redis_conn sees the refusal.
if(HIREDIS_SSL_FOUND AND OPENSSL_FOUND)
  wpb_scenario(tls)
endif()
