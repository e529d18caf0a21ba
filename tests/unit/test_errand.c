// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Questions to a confined child: answers, refusals, and that whoever asks outlives whatever
 * becomes of the child.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/errand.h"

enum order { SIZE, REFUSE, WANT_MEMORY, DIE, SPIN, CHATTER, OPEN };

static int do_order(int file, const void *question, size_t bytes, struct pk_strbuf *out)
{
	const enum order *order = question;
	PK_AUTO_FD int fd = file;
	volatile bool always = true;
	off_t size;

	assert_int_equal(bytes, sizeof(*order));
	switch (*order) {
	case SIZE:
		size = lseek(fd, 0, SEEK_END);
		pk_strbuf_printf(out, "%ld bytes", (long)size);
		return 0;
	case REFUSE:
		pk_strbuf_puts(out, "not to be seen");
		return -ENODATA;
	case WANT_MEMORY:
		return -ENOMEM;
	case DIE:
		abort();
	case SPIN:
		while (always)
			;
		return 0;
	case CHATTER:
		for (int i = 0; i < 10000; i++)
			pk_strbuf_puts(out, "more than may be said");
		return 0;
	case OPEN:
		return syscall(257 /* openat */, -100, "/etc/passwd", 0) < 0 ? -errno : 0;
	}
	return 0;
}

static struct pk_errands errands;
static struct pk_strbuf answer;
static int file;

static int set_up(void **state)
{
	(void)state;
	errands = (struct pk_errands){
		.run = do_order,
		.cpu_ms = 300,
		.memory_bytes = 64 << 20,
		.max_answer_bytes = 4096,
	};
	file = memfd_create("file", MFD_CLOEXEC);
	return file < 0 || write(file, "12345", 5) != 5;
}

static int tear_down(void **state)
{
	(void)state;
	pk_errands_end(&errands);
	pk_strbuf_deinit(&answer);
	close(file);
	return 0;
}

static int ask(enum order order)
{
	pk_strbuf_clear(&answer);
	return pk_errand(&errands, file, &order, sizeof(order), &answer);
}

static void check_works(void)
{
	assert_int_equal(ask(SIZE), 0);
	assert_int_equal(answer.len, 7);
	assert_memory_equal(answer.data, "5 bytes", 7);
}

static void test_answers(void **state)
{
	pid_t pid;

	(void)state;
	check_works();
	pid = errands.child.pid;
	check_works();
	assert_int_equal(ask(REFUSE), -ENODATA);
	assert_int_equal(answer.len, 0);
	assert_int_equal(ask(WANT_MEMORY), -EFBIG);
	assert_int_equal(ask(OPEN), -EPERM);
	check_works();
	/* one child for all of it, and the file is still ours */
	assert_int_equal(errands.child.pid, pid);
	assert_int_equal(lseek(file, 0, SEEK_END), 5);
}

static void test_dies(void **state)
{
	(void)state;
	check_works();
	assert_int_equal(ask(DIE), -EIO);
	check_works();
	assert_int_equal(ask(CHATTER), -EIO);
	check_works();
}

static void test_slow(void **state)
{
	(void)state;
	assert_int_equal(ask(SPIN), -ETIME);
	check_works();
}

static void test_other_owner(void **state)
{
	pid_t pid;

	(void)state;
	check_works();
	pid = errands.child.pid;
	if (fchown(file, 12345, 12345)) {
		print_message("only root gives files away\n");
		skip();
	}
	check_works();
	assert_int_not_equal(errands.child.pid, pid);
	pid = errands.child.pid;
	check_works();
	assert_int_equal(errands.child.pid, pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_owner, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
