// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the kernel would take a module as it is signed; see signing.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cmd/signing.h"

#define EFI_VARIABLES "/sys/firmware/efi/efivars/"
#define SECURE_BOOT   EFI_VARIABLES "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* 1 where shim was told to verify nothing, as the kernel then does */
#define SHIM_IS_LAX EFI_VARIABLES "MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define EFI_HEAD    4 /* attributes before the value */

#define SIGNATURE_END "~Module signature appended~\n"
#define MAX_SIGNATURE 65536
#define PKCS7	      2

/* What stands between the signature and SIGNATURE_END, as the kernel's sign-file writes it. */
struct signature_info {
	uint8_t algo, hash, id_type, signer_len, key_id_len, pad[3];
	uint8_t len[4]; /* big endian */
};

/* --- what the kernel wants ----------------------------------------------------- */

static bool first_line(const char *root, const char *path, char *ret, size_t size)
{
	char whole[PATH_MAX];
	PK_AUTO_FILE FILE *f = NULL;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	ret[0] = '\0';
	f = fopen(whole, "re");
	if (!f || !fgets(ret, size, f))
		return false;
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

/* An EFI variable of one byte. */
static enum pk_answer efi_flag(const char *root, const char *path)
{
	char whole[PATH_MAX];
	PK_AUTO_FILE FILE *f = NULL;
	uint8_t bytes[EFI_HEAD + 1];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	f = fopen(whole, "re");
	if (!f || fread(bytes, 1, sizeof(bytes), f) != sizeof(bytes))
		return PK_NOT_KNOWN;
	return bytes[EFI_HEAD] ? PK_YES : PK_NO;
}

void pk_module_policy_read(const char *root, struct pk_module_policy *ret)
{
	char line[128];

	*ret = (struct pk_module_policy){ .secure_boot = efi_flag(root, SECURE_BOOT) };
	if (ret->secure_boot == PK_YES && efi_flag(root, SHIM_IS_LAX) == PK_YES)
		ret->secure_boot = PK_NO;
	if (first_line(root, "/sys/kernel/security/lockdown", line, sizeof(line))) {
		if (strstr(line, "[integrity]"))
			ret->lockdown = PK_LOCKDOWN_INTEGRITY;
		else if (strstr(line, "[confidentiality]"))
			ret->lockdown = PK_LOCKDOWN_CONFIDENTIALITY;
	}
	ret->sig_enforce =
		first_line(root, "/sys/module/module/parameters/sig_enforce", line, sizeof(line)) &&
		line[0] == 'Y';
	ret->disabled = first_line(root, "/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
			line[0] == '1';
}

bool pk_module_policy_wants_signed(const struct pk_module_policy *p)
{
	return p->sig_enforce || p->lockdown != PK_LOCKDOWN_NONE;
}

/* --- the module ---------------------------------------------------------------- */

bool pk_signature_signer(const uint8_t *message, size_t size, char signer[PK_MAX_SIGNER])
{
	/* object identifier 2.5.4.3; a string with its type and length follows */
	static const uint8_t common_name[] = { 0x06, 0x03, 0x55, 0x04, 0x03 };
	const size_t head = sizeof(common_name) + 2;

	signer[0] = '\0';
	for (size_t at = 0; at + head <= size; at++) {
		size_t len = message[at + head - 1];

		if (memcmp(message + at, common_name, sizeof(common_name)))
			continue;
		if (!len || len >= PK_MAX_SIGNER || len > size - at - head)
			continue;
		memcpy(signer, message + at + head, len);
		signer[len] = '\0';
	}
	/* it is shown, and looked for in a list of lines */
	for (char *c = signer; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	return signer[0];
}

/* The signature before the end of an open file. */
static enum pk_answer read_signature(FILE *f, char signer[PK_MAX_SIGNER])
{
	struct signature_info info;
	char end[sizeof(SIGNATURE_END) - 1];
	long tail = sizeof(info) + sizeof(end), len;
	PK_AUTO_FREE uint8_t *message = NULL;

	if (fseek(f, 0, SEEK_END))
		return PK_NOT_KNOWN;
	if (ftell(f) < tail || fseek(f, -tail, SEEK_END))
		return PK_NO;
	if (fread(&info, 1, sizeof(info), f) != sizeof(info) ||
	    fread(end, 1, sizeof(end), f) != sizeof(end))
		return PK_NOT_KNOWN;
	if (memcmp(end, SIGNATURE_END, sizeof(end)))
		return PK_NO;
	len = (long)info.len[0] << 24 | info.len[1] << 16 | info.len[2] << 8 | info.len[3];
	if (info.id_type != PKCS7 || !len || len > MAX_SIGNATURE || fseek(f, -tail - len, SEEK_END))
		return PK_YES;
	message = malloc(len);
	if (message && fread(message, 1, len, f) == (size_t)len)
		pk_signature_signer(message, len, signer);
	return PK_YES;
}

enum pk_answer pk_module_is_signed(const char *path, char signer[PK_MAX_SIGNER])
{
	PK_AUTO_FILE FILE *f = fopen(path, "re");
	size_t len = strlen(path);

	signer[0] = '\0';
	/* signed first, then compressed */
	if (!f || len < 3 || strcmp(path + len - 3, ".ko"))
		return PK_NOT_KNOWN;
	return read_signature(f, signer);
}

/*
 * A line of /proc/keys: nine columns, of which the eighth is the type, then
 * "NAME: KEY-ID: X509.rsa ...". A name may be the beginning of another one.
 */
enum pk_answer pk_kernel_knows_key(const char *root, const char *signer)
{
	char path[PATH_MAX], line[512];
	PK_AUTO_FILE FILE *f = NULL;
	size_t len = strlen(signer);
	bool seen = false;

	snprintf(path, sizeof(path), "%s/proc/keys", root);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *key = strstr(line, " asymmetri ");

		if (!key)
			continue;
		seen = true;
		key += strlen(" asymmetri ");
		key += strspn(key, " ");
		if (!strncmp(key, signer, len) && !strncmp(key + len, ": ", 2))
			return PK_YES;
	}
	return seen ? PK_NO : PK_NOT_KNOWN;
}

/* --- the finding --------------------------------------------------------------- */

static void put_reasons(const struct pk_module_policy *p, struct pk_strbuf *out)
{
	static const char *const levels[] = {
		[PK_LOCKDOWN_INTEGRITY] = "integrity",
		[PK_LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
	};
	const char *between = "";

	if (p->secure_boot == PK_YES) {
		pk_strbuf_puts(out, "Secure Boot is on");
		between = ", ";
	}
	if (p->lockdown) {
		pk_strbuf_printf(out, "%slockdown is %s", between, levels[p->lockdown]);
		between = ", ";
	}
	if (p->sig_enforce)
		pk_strbuf_printf(out, "%smodule.sig_enforce is set", between);
}

static void judge_key(const char *root, const char *module, const char *signer, const char *why,
		      struct pk_finding *f)
{
	switch (pk_kernel_knows_key(root, signer)) {
	case PK_YES:
		pk_finding_say(f, "%.200s is signed by \"%s\", a key of this kernel (%s)", module,
			       signer, why);
		break;
	case PK_NO:
		pk_finding_fail(f, PK_EXIT_NO_RIGHTS);
		pk_finding_say(f, "%.200s is signed by \"%s\", a key that this kernel has not (%s)",
			       module, signer, why);
		pk_finding_advise(f, "as root `mokutil --import /var/lib/dkms/mok.pub`, reboot and "
				     "choose Enroll MOK; pkprof(4), Secure Boot");
		break;
	case PK_NOT_KNOWN:
		f->state = PK_CHECK_NOTE;
		pk_finding_say(f,
			       "%.200s is signed by \"%s\"; whether this kernel has that key root "
			       "can see (%s)",
			       module, signer, why);
		pk_finding_advise(f, "run doctor as root");
		break;
	}
}

static void judge_module(const char *root, const char *module, const char *why,
			 struct pk_finding *f)
{
	char signer[PK_MAX_SIGNER];
	enum pk_answer is_signed = pk_module_is_signed(module, signer);

	if (is_signed == PK_YES && signer[0]) {
		judge_key(root, module, signer, why, f);
	} else if (is_signed == PK_NO) {
		pk_finding_fail(f, PK_EXIT_NO_RIGHTS);
		pk_finding_say(f, "%.200s is not signed, and the kernel wants that (%s)", module,
			       why);
		pk_finding_advise(f,
				  "let DKMS sign it with an enrolled key: pkprof(4), Secure Boot");
	} else {
		f->state = PK_CHECK_NOTE;
		pk_finding_say(f,
			       "the kernel wants modules signed (%s); who signed %.200s is not "
			       "known",
			       why, module);
		pk_finding_advise(f, "`modinfo -F signer pkprof` tells, `mokutil --list-enrolled` "
				     "which keys there are");
	}
}

void pk_signing_judge(const char *root, const char *module, bool loaded, struct pk_finding *f)
{
	struct pk_strbuf why = { 0 };
	struct pk_module_policy p;

	pk_module_policy_read(root, &p);
	put_reasons(&p, &why);
	if (p.lockdown == PK_LOCKDOWN_CONFIDENTIALITY) {
		pk_finding_fail(f, PK_EXIT_NO_RIGHTS);
		pk_finding_say(f,
			       "the kernel is locked down for confidentiality: nobody may record "
			       "what it does (%s)",
			       why.data);
		pk_finding_advise(
			f, "boot without lockdown=confidentiality; integrity is no obstacle");
	} else if (p.disabled && !loaded) {
		pk_finding_fail(f, PK_EXIT_NO_MODULE);
		pk_finding_say(f, "no module can be loaded until the next boot "
				  "(kernel.modules_disabled is 1)");
		pk_finding_advise(f, "reboot, and load pkprof before that is set");
	} else if (!pk_module_policy_wants_signed(&p)) {
		pk_finding_say(f, "off; modules need no signature%s",
			       p.secure_boot == PK_YES ? ", though Secure Boot is on" : "");
	} else if (loaded) {
		pk_finding_say(f, "modules must be signed (%s); pkprof is loaded", why.data);
	} else if (module) {
		judge_module(root, module, why.data, f);
	} else {
		f->state = PK_CHECK_NOTE;
		pk_finding_say(f, "a module must be signed here (%s)", why.data);
		pk_finding_advise(
			f, "DKMS signs what it builds; enrol its key: pkprof(4), Secure Boot");
	}
	pk_strbuf_deinit(&why);
}
