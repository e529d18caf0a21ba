/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the running kernel would take a module as it is signed: what the kernel
 * wants (Secure Boot, lockdown, module.sig_enforce), who signed the module, and
 * whether the kernel has a key of that name. In: small files of /proc and /sys, EFI
 * variables, the last bytes of the module. Signatures are not verified here.
 */
#ifndef PK_CMD_SIGNING_H
#define PK_CMD_SIGNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/checks.h"

#define PK_MAX_SIGNER 128

enum pk_answer {
	PK_NO,
	PK_YES,
	PK_NOT_KNOWN
};

enum pk_lockdown {
	PK_LOCKDOWN_NONE,	     /* also of a kernel that has none */
	PK_LOCKDOWN_INTEGRITY,	     /* unsigned modules are refused */
	PK_LOCKDOWN_CONFIDENTIALITY, /* the module refuses to record, too */
};

struct pk_module_policy {
	enum pk_answer secure_boot;
	enum pk_lockdown lockdown;
	bool sig_enforce; /* module.sig_enforce */
	bool disabled;	  /* kernel.modules_disabled: nothing is loaded any more */
};

/* @root: "" or the directory above proc and sys. What is not there counts as off. */
void pk_module_policy_read(const char *root, struct pk_module_policy *ret);

/* Does the kernel refuse modules without a signature that it knows? */
bool pk_module_policy_wants_signed(const struct pk_module_policy *p);

/*
 * Is the module in this file signed? @signer: common name of who did, "" when it
 * cannot be told. PK_NOT_KNOWN of a compressed file or one that cannot be read.
 */
enum pk_answer pk_module_is_signed(const char *path, char signer[PK_MAX_SIGNER]);

/*
 * The name in a signature, as the kernel's build signs: of a PKCS #7 message of
 * @size bytes the last common name, which is that of the signer. False: none.
 */
bool pk_signature_signer(const uint8_t *message, size_t size, char signer[PK_MAX_SIGNER]);

/*
 * Has the kernel a key of this name to check signatures with? PK_NOT_KNOWN to those
 * who see no such keys, as all but root.
 */
enum pk_answer pk_kernel_knows_key(const char *root, const char *signer);

/*
 * All of it as one finding. @module: file that would be loaded, NULL: none is
 * installed; @loaded: pkprof is in the kernel already.
 */
void pk_signing_judge(const char *root, const char *module, bool loaded, struct pk_finding *f);

#endif
