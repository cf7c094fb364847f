wpb_unit_test(outbox wpb_sinks)
