/*
 * config_reference.h - wpbloat.conf(5) and the sample file, from the option table.
 */
#ifndef WPB_TESTS_CONFIG_REFERENCE_H
#define WPB_TESTS_CONFIG_REFERENCE_H

/* docs/man/wpbloat.conf.5.scd to stdout. */
void wpb_reference_conf_manual(void);
/* packaging/wpbloat.conf to stdout. */
void wpb_reference_conf_sample(void);

#endif
