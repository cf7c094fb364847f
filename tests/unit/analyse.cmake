# Work per request and capacities: pure mathematics.
wpb_unit_test(student wpb_analyse)
wpb_unit_test(least_squares series)
wpb_unit_test(nnls series)
wpb_unit_test(erlang series)
wpb_unit_test(usl series)
wpb_unit_test(usl_outlook series)
wpb_unit_test(block_fit series)
