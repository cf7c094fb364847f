/*
 * owner.h - may this site be loaded? Only by those who own it.
 *
 * The host is named twice, in the URL and by --i-own-this-site, and either all its
 * addresses are this machine's, or the site itself shows a file that only its owner can
 * have put there: WPB_LOAD_PROOF_PATH holding the token that is made of this machine and
 * that host, so that a token seen at one site serves nobody on another machine.
 */
#ifndef WPB_LOAD_OWNER_H
#define WPB_LOAD_OWNER_H

#include <sys/socket.h>

#include "agent/load/target.h"
#include "wpbloat/slice.h"

#define WPB_LOAD_PROOF_PATH "/.well-known/wpbloat-load.txt"
#define WPB_LOAD_TOKEN_DIGITS 32
/* Of the file, no more is read. */
#define WPB_LOAD_PROOF_BYTES_MAX 4096

/* Does the operator say that HOST is his, among the COUNT OWNED hosts (case apart)?
 * Pure. */
bool wpb_load_owner_says(const char *host, const char *const *owned, size_t count);

/* Is ADDRESS loopback, or that of an interface of this machine? -1 with err when the
 * interfaces cannot be read; then nothing is. */
int wpb_load_address_is_local(const struct sockaddr *address, bool *is_local,
                              struct wpb_err *err);
/* Are all addresses of TARGET? */
int wpb_load_target_is_local(const struct wpb_load_target *target, bool *is_local,
                             struct wpb_err *err);

/* The token of this machine, whose id is MACHINE, for HOST. Pure. */
void wpb_load_owner_token(struct wpb_slice machine, const char *host,
                          char token[WPB_LOAD_TOKEN_DIGITS + 1]);
/* Is one line of FILE the TOKEN? Pure. */
bool wpb_load_owner_proves(struct wpb_slice file, const char *token);

#endif
