/*
 * host_id.h - which machine alerts are about, as fingerprints have it.
 *
 * It outlives a change of the host's name, and goes into hashes alone: a machine-id is
 * not to be shown (machine-id(5)). Reads a file; any thread.
 */
#ifndef WPB_ALERT_HOST_ID_H
#define WPB_ALERT_HOST_ID_H

#include "agent/base/buf.h"

/* Append CONFIGURED unless it is NULL or "", else what MACHINE_ID_FILE holds (NULL:
 * /etc/machine-id), else the host's name. */
void wpb_host_id(struct wpb_buf *out, const char *configured,
                 const char *machine_id_file);

#endif
