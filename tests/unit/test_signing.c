// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands between a module and the kernel, on made-up machines: Secure Boot,
 * lockdown, module.sig_enforce, loading switched off; modules unsigned, signed by
 * keys that are there and that are not; headers of other kernels.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cmd/headers.h"
#include "cmd/signing.h"

#define EFI	    "sys/firmware/efi/efivars/"
#define SECURE_BOOT EFI "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM	    EFI "MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define LOCKDOWN    "sys/kernel/security/lockdown"
#define ENFORCE	    "sys/module/module/parameters/sig_enforce"
#define RELEASE	    "6.1.0-57-amd64"
#define TAIL	    "~Module signature appended~\n"
#define KEY(name)                                                          \
	"0e35e8d4 I------     1 perm 1f030000     0     0 asymmetri " name \
	": 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1: X509.rsa bb419ea1 []\n"
#define KEYRING "02a7b4c1 I------     1 perm 1f0b0000     0     0 keyring   .machine: 1\n"

static char root[PATH_MAX];

static void put_bytes(const char *path, const void *bytes, size_t size)
{
	char whole[2 * PATH_MAX];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(whole, 0755) || errno == EEXIST);
		*slash = '/';
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void efi(const char *path, uint8_t value)
{
	const uint8_t bytes[] = { 6, 0, 0, 0, value };

	put_bytes(path, bytes, sizeof(bytes));
}

/* A module that is signed with this message; @id_type: 2, a PKCS #7 message. */
static const char *signed_module(const void *message, size_t size, uint8_t id_type)
{
	static char path[2 * PATH_MAX];
	char file[4096] = "\177ELF and code";
	uint8_t info[12] = { 0, 0, id_type, 0, 0, 0, 0, 0, 0, 0, size >> 8, size & 255 };
	size_t len = 100;

	memcpy(file + len, message, size);
	memcpy(file + len + size, info, sizeof(info));
	memcpy(file + len + size + sizeof(info), TAIL, strlen(TAIL));
	put_bytes("pkprof.ko", file, len + size + sizeof(info) + strlen(TAIL));
	snprintf(path, sizeof(path), "%s/pkprof.ko", root);
	return path;
}

/* Organisation, then the common name: an issuer, and a serial number behind it. */
static const char *module_of(const char *signer)
{
	uint8_t message[256] = { 0x30, 0x82, 0,	  0, 6, 3,    0x55, 4, 10, 12,
				 2,    'O',  'U', 6, 3, 0x55, 4,    3, 12 };
	size_t len = strlen(signer);

	message[19] = len;
	memcpy(message + 20, signer, len);
	memcpy(message + 20 + len, "\2\1\7", 3);
	return signed_module(message, 23 + len, 2);
}

static const char *unsigned_module(void)
{
	static char path[2 * PATH_MAX];

	put("pkprof.ko", "\177ELF and code, and no more than that, but long enough to be signed");
	snprintf(path, sizeof(path), "%s/pkprof.ko", root);
	return path;
}

static struct pk_finding judge(const char *module, bool loaded)
{
	struct pk_finding f = { 0 };

	pk_signing_judge(root, module, loaded, &f);
	assert_true(f.text[0]);
	/* what is not in order has a remedy */
	assert_true(f.state == PK_CHECK_OK || f.remedy[0]);
	return f;
}

static void says(const struct pk_finding *f, enum pk_check_state state, const char *part)
{
	if (f->state != state || !strstr(f->text, part))
		fail_msg("state %d, \"%s\"; wanted %d, \"%s\"", f->state, f->text, state, part);
}

static void test_nothing_wanted(void **state)
{
	struct pk_finding f = judge(unsigned_module(), false);

	(void)state;
	says(&f, PK_CHECK_OK, "modules need no signature");
	put(LOCKDOWN, "[none] integrity confidentiality\n");
	put(ENFORCE, "N\n");
	f = judge(NULL, false);
	says(&f, PK_CHECK_OK, "modules need no signature");
	assert_null(strstr(f.text, "Secure Boot"));
	/* a kernel that does not lock itself down for it */
	efi(SECURE_BOOT, 1);
	f = judge(NULL, false);
	says(&f, PK_CHECK_OK, "though Secure Boot is on");
}

static void test_unsigned(void **state)
{
	struct pk_finding f;

	(void)state;
	put(LOCKDOWN, "none [integrity] confidentiality\n");
	f = judge(unsigned_module(), false);
	says(&f, PK_CHECK_FAIL, "is not signed, and the kernel wants that (lockdown is integrity)");
	assert_int_equal(f.exit_code, PK_EXIT_NO_RIGHTS);
	efi(SECURE_BOOT, 1);
	put(ENFORCE, "Y\n");
	f = judge(unsigned_module(), false);
	says(&f, PK_CHECK_FAIL,
	     "(Secure Boot is on, lockdown is integrity, module.sig_enforce is set)");
	/* shim verifies nothing */
	efi(SHIM, 1);
	f = judge(unsigned_module(), false);
	says(&f, PK_CHECK_FAIL, "(lockdown is integrity, module.sig_enforce is set)");
	/* it is in already, however it came there */
	f = judge(unsigned_module(), true);
	says(&f, PK_CHECK_OK, "pkprof is loaded");
	f = judge(NULL, false);
	says(&f, PK_CHECK_NOTE, "a module must be signed here");
}

static void test_enforced_alone(void **state)
{
	struct pk_finding f;

	(void)state;
	put(ENFORCE, "Y\n");
	f = judge(unsigned_module(), false);
	says(&f, PK_CHECK_FAIL, "(module.sig_enforce is set)");
}

static void test_keys(void **state)
{
	struct pk_finding f;

	(void)state;
	put(LOCKDOWN, "none [integrity] confidentiality\n");
	/* nothing to be seen of keys: not the same as no key */
	f = judge(module_of("DKMS module signing key"), false);
	says(&f, PK_CHECK_NOTE, "root can see");
	put("proc/keys", KEYRING);
	f = judge(module_of("DKMS module signing key"), false);
	says(&f, PK_CHECK_NOTE, "root can see");
	put("proc/keys", KEYRING KEY("Debian Secure Boot CA") KEY("DKMS module signing key 2"));
	f = judge(module_of("DKMS module signing key"), false);
	says(&f, PK_CHECK_FAIL,
	     "signed by \"DKMS module signing key\", a key that this kernel has not");
	assert_int_equal(f.exit_code, PK_EXIT_NO_RIGHTS);
	assert_non_null(strstr(f.remedy, "mokutil --import"));
	put("proc/keys", KEYRING KEY("Debian Secure Boot CA") KEY("DKMS module signing key"));
	f = judge(module_of("DKMS module signing key"), false);
	says(&f, PK_CHECK_OK, "a key of this kernel (lockdown is integrity)");
}

static void test_confidentiality(void **state)
{
	struct pk_finding f;

	(void)state;
	put(LOCKDOWN, "none integrity [confidentiality]\n");
	put("proc/keys", KEY("K"));
	f = judge(module_of("K"), false);
	says(&f, PK_CHECK_FAIL, "nobody may record");
	/* no matter who loaded it */
	f = judge(module_of("K"), true);
	says(&f, PK_CHECK_FAIL, "nobody may record");
	assert_int_equal(f.exit_code, PK_EXIT_NO_RIGHTS);
}

static void test_disabled(void **state)
{
	struct pk_finding f;

	(void)state;
	put("proc/sys/kernel/modules_disabled", "1\n");
	f = judge(unsigned_module(), false);
	says(&f, PK_CHECK_FAIL, "until the next boot");
	assert_int_equal(f.exit_code, PK_EXIT_NO_MODULE);
	f = judge(unsigned_module(), true);
	says(&f, PK_CHECK_OK, "need no signature");
	put("proc/sys/kernel/modules_disabled", "0\n");
	f = judge(unsigned_module(), false);
	says(&f, PK_CHECK_OK, "need no signature");
}

/* Ends that are no signature, or one that cannot be read. */
static void test_damaged(void **state)
{
	char signer[PK_MAX_SIGNER], path[2 * PATH_MAX];
	const char *module;

	(void)state;
	snprintf(path, sizeof(path), "%s/gone.ko", root);
	assert_int_equal(pk_module_is_signed(path, signer), PK_NOT_KNOWN);
	put("pkprof.ko.xz", "\xfd"
			    "7zXZ " TAIL);
	snprintf(path, sizeof(path), "%s/pkprof.ko.xz", root);
	assert_int_equal(pk_module_is_signed(path, signer), PK_NOT_KNOWN);
	snprintf(path, sizeof(path), "%s/pkprof.ko", root);
	put("pkprof.ko", "");
	assert_int_equal(pk_module_is_signed(path, signer), PK_NO);
	put("pkprof.ko", TAIL);
	assert_int_equal(pk_module_is_signed(path, signer), PK_NO);
	/* of another kind, empty, and without a name */
	module = signed_module("abc", 3, 1);
	assert_int_equal(pk_module_is_signed(module, signer), PK_YES);
	assert_string_equal(signer, "");
	module = signed_module("", 0, 2);
	assert_int_equal(pk_module_is_signed(module, signer), PK_YES);
	assert_string_equal(signer, "");
	module = signed_module("abc", 3, 2);
	assert_int_equal(pk_module_is_signed(module, signer), PK_YES);
	assert_string_equal(signer, "");
	/* longer than the file */
	put_bytes("pkprof.ko", "code\0\0\2\0\0\0\0\0\0\0\377\377" TAIL, 16 + strlen(TAIL));
	assert_int_equal(pk_module_is_signed(path, signer), PK_YES);
	assert_string_equal(signer, "");
}

static void test_names(void **state)
{
	static const uint8_t two[] = { 6, 3,	0x55, 4, 3,  12, 2,   'C',  'A', 6,
				       3, 0x55, 4,    3, 12, 3,	 'K', '\n', '7' };
	uint8_t long_name[300] = { 6, 3, 0x55, 4, 3, 12, 200 };
	char signer[PK_MAX_SIGNER];

	(void)state;
	assert_true(pk_signature_signer(two, sizeof(two), signer));
	assert_string_equal(signer, "K?7");
	/* the second one is cut short, at each place */
	for (size_t size = 9; size < sizeof(two); size++) {
		assert_true(pk_signature_signer(two, size, signer));
		assert_string_equal(signer, "CA");
	}
	for (size_t size = 0; size < 9; size++)
		assert_false(pk_signature_signer(two, size, signer));
	memset(long_name + 7, 'x', 200);
	assert_false(pk_signature_signer(long_name, sizeof(long_name), signer));
}

static struct pk_finding headers(bool needed)
{
	struct pk_finding f = { 0 };

	pk_headers_judge(root, RELEASE, needed, &f);
	return f;
}

static void test_headers(void **state)
{
	struct pk_finding f = headers(true);

	(void)state;
	says(&f, PK_CHECK_NOTE, "there are none for kernel " RELEASE);
	assert_non_null(strstr(f.remedy, "linux-headers-" RELEASE "`"));
	/* the module itself is no sign of headers */
	put("lib/modules/" RELEASE "/modules.dep", "");
	put("lib/modules/6.12.95+deb12-amd64/build/Makefile", "");
	put("lib/modules/5.10.0-46-amd64/build/Makefile", "");
	f = headers(true);
	says(&f, PK_CHECK_NOTE, "for another one, ");
	put("lib/modules/6.1.0-57-rt-amd64/build/Makefile", "");
	f = headers(true);
	says(&f, PK_CHECK_NOTE, "of another flavour, 6.1.0-57-rt-amd64; the kernel is " RELEASE);
	/* 6.1.0-5 is not 6.1.0-57 */
	assert_false(pk_headers_are_there(root, "6.1.0-5-amd64"));
	f = headers(false);
	says(&f, PK_CHECK_OK, "the module is there already");
	put("lib/modules/" RELEASE "/build/Makefile", "");
	f = headers(true);
	says(&f, PK_CHECK_OK, "can be built for " RELEASE);
}

static void test_dkms(void **state)
{
	(void)state;
	assert_false(pk_dkms_has_source(root));
	put("usr/src/pkprof-0.1.0/Kbuild", "");
	assert_false(pk_dkms_has_source(root));
	put("usr/src/pkprof-0.1.0/dkms.conf", "");
	assert_true(pk_dkms_has_source(root));
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/pkprof-signing-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		CASE(test_nothing_wanted), CASE(test_unsigned),	       CASE(test_enforced_alone),
		CASE(test_keys),	   CASE(test_confidentiality), CASE(test_disabled),
		CASE(test_damaged),	   CASE(test_names),	       CASE(test_headers),
		CASE(test_dkms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
