// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does things to files and says which.
 *
 *	fileio mixed DIRECTORY		some of each, in a process of its own
 *	fileio pread FILE CALLS		one byte each
 *	fileio getppid FILE CALLS	system calls that have to do with no file
 *	fileio map FILE			touches each page of a mapping
 *	fileio small DIRECTORY FILES	one after the other is made, filled with 4 KB, synced, removed
 *
 * mixed prints lines "NAME VALUE": what the kernel counted for its process up to its end
 * (rchar, wchar, syscr, syscw as in /proc/PID/io), and how often it did what.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 4096

static char block[BLOCK];
static unsigned long nr_open, nr_create, nr_fsync, nr_unlink, nr_rename, nr_make, nr_readdir,
	nr_failed, pipe_bytes;

#define MUST(call)                                                                                 \
	({                                                                                         \
		__typeof__(call) must_ret = (call);                                                \
		if (must_ret < 0) {                                                                \
			perror(#call);                                                             \
			exit(1);                                                                   \
		}                                                                                  \
		must_ret;                                                                          \
	})

static int create(const char *name)
{
	nr_create++;
	return MUST(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
}

static int reopen(const char *name)
{
	nr_open++;
	return MUST(open(name, O_RDONLY));
}

static void write_some(int fd)
{
	struct iovec two[2] = { { block, 1000 }, { block, 2000 } };

	for (int i = 0; i < 100; i++)
		MUST(write(fd, block, BLOCK));
	for (int i = 0; i < 10; i++)
		MUST(writev(fd, two, 2));
	MUST(pwrite(fd, block, 100, 50));
	for (int i = 0; i < 5; i++, nr_fsync++)
		MUST(fsync(fd));
	for (int i = 0; i < 2; i++, nr_fsync++)
		MUST(fdatasync(fd));
}

static void read_some(const char *name)
{
	struct iovec two[2] = { { block, 1000 }, { block, 2000 } };
	int fd = reopen(name), zero = reopen("/dev/zero");

	while (MUST(read(fd, block, 3000)) > 0)
		;
	MUST(pread(fd, block, 100, 7));
	MUST(preadv(fd, two, 2, 0));
	for (int i = 0; i < 1000; i++)
		MUST(read(zero, block, 1));
	MUST(close(zero));
	MUST(close(fd));
}

static void copy_some(const char *from, const char *to)
{
	int in = reopen(from), out = create(to);
	off_t zero = 0;

	MUST(sendfile(out, in, &zero, 100000));
	MUST(copy_file_range(in, NULL, out, NULL, 20000, 0));
	MUST(close(in));
	MUST(close(out));
}

static void pipe_some(void)
{
	int ends[2];

	MUST(pipe(ends));
	for (int i = 0; i < 20; i++) {
		pipe_bytes += MUST(write(ends[1], block, 500));
		MUST(read(ends[0], block, BLOCK));
	}
	MUST(close(ends[0]));
	MUST(close(ends[1]));
}

static void name_some(void)
{
	char entries[BLOCK];
	int dir;

	nr_make += 3;
	MUST(mkdir("fileio.d", 0700));
	MUST(symlink("nowhere", "fileio.s"));
	MUST(link("fileio.a", "fileio.l"));
	nr_rename += 2;
	MUST(rename("fileio.l", "fileio.m"));
	MUST(rename("fileio.m", "fileio.l"));
	for (int i = 0; i < 4; i++, nr_open++, nr_failed++)
		if (open("fileio.none", O_RDONLY) >= 0)
			exit(1);
	dir = reopen("fileio.d");
	do
		nr_readdir++;
	while (MUST(syscall(SYS_getdents64, dir, entries, sizeof(entries))) > 0);
	MUST(close(dir));
	nr_unlink += 5;
	MUST(rmdir("fileio.d"));
	MUST(unlink("fileio.s"));
	MUST(unlink("fileio.l"));
	MUST(unlink("fileio.a"));
	MUST(unlink("fileio.b"));
}

static unsigned long long book(const char *books, const char *name)
{
	const char *at = strstr(books, name);

	return at ? strtoull(at + strlen(name) + 1, NULL, 10) : 0;
}

/* The reading of the books, and the writing of what they say, are in what we print. */
static int tell(void)
{
	static const char format[] =
		"rchar %12llu\nwchar %12llu\nsyscr %12llu\nsyscw %12llu\nopen %lu\ncreate %lu\nfsync %lu\n"
		"unlink %lu\nrename %lu\nmake %lu\nreaddir %lu\nfailed %lu\npipe %lu\npid %d\n";
	char books[1024], text[1024];
	int fd = reopen("/proc/self/io"), len = 0;
	ssize_t bytes = MUST(read(fd, books, sizeof(books) - 1));

	books[bytes] = '\0';
	/* the second time its own length is known */
	for (int i = 0; i < 2; i++)
		len = snprintf(text, sizeof(text), format, book(books, "rchar:") + bytes,
			       book(books, "wchar:") + len, book(books, "syscr:") + 1,
			       book(books, "syscw:") + 1, nr_open, nr_create, nr_fsync, nr_unlink,
			       nr_rename, nr_make, nr_readdir, nr_failed, pipe_bytes, getpid());
	return write(STDOUT_FILENO, text, len) == len ? 0 : 1;
}

static int mixed(const char *directory)
{
	int fd, status = 1;
	pid_t child = fork();

	if (child) {
		prctl(PR_SET_NAME, "parent");
		waitpid(child, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	MUST(chdir(directory));
	fd = create("fileio.a");
	write_some(fd);
	MUST(close(fd));
	read_some("fileio.a");
	copy_some("fileio.a", "fileio.b");
	pipe_some();
	name_some();
	_exit(tell());
}

static int pread_often(const char *file, unsigned long calls)
{
	int fd = MUST(open(file, O_RDONLY));

	while (calls--)
		MUST(pread(fd, block, 1, 0));
	return 0;
}

static int getppid_often(unsigned long calls)
{
	while (calls--)
		syscall(SYS_getppid);
	return 0;
}

static int map(const char *file)
{
	int fd = MUST(open(file, O_RDONLY));
	struct stat st;
	volatile const char *at;
	unsigned int sum = 0;

	MUST(fstat(fd, &st));
	at = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return 1;
	madvise((void *)at, st.st_size, MADV_RANDOM);
	for (off_t i = 0; i < st.st_size; i += BLOCK)
		sum += at[i];
	return sum == 1;
}

static int small_files(const char *directory, unsigned long files)
{
	int fd;

	MUST(chdir(directory));
	while (files--) {
		fd = create("small");
		MUST(write(fd, block, BLOCK));
		MUST(fsync(fd));
		MUST(close(fd));
		MUST(unlink("small"));
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "mixed"))
		return mixed(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "pread"))
		return pread_often(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "getppid"))
		return getppid_often(strtoul(argv[3], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "map"))
		return map(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "small"))
		return small_files(argv[2], strtoul(argv[3], NULL, 10));
	fprintf(stderr, "usage: fileio mixed DIRECTORY | pread FILE CALLS | getppid FILE CALLS | map FILE |\n"
			"\tsmall DIRECTORY FILES\n");
	return 2;
}
