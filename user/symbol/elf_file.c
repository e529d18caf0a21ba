// SPDX-License-Identifier: GPL-2.0-or-later
/* Distrustful opening of ELF files; see elf_file.h. */
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/elf_file.h"

#define MAX_PROGRAM_HEADERS 1024
#define MAX_SEGMENTS 64
#define MAX_SECTIONS 65536
#define MAX_SECTION_BYTES (1ULL << 30)

int pk_open_regular(const char *path)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

static int add_segment(struct pk_elf *e, const GElf_Phdr *ph)
{
	struct pk_segment s = { ph->p_offset, ph->p_vaddr, ph->p_filesz, ph->p_flags & PF_X };
	size_t nr_exec = 0;
	uint64_t end;

	if (!s.len || __builtin_add_overflow(s.off, s.len, &end) ||
	    __builtin_add_overflow(s.svma, s.len, &end))
		return 0;
	if (e->segments.nr == MAX_SEGMENTS)
		return -EFBIG;
	if (!pk_vec_push(&e->segments))
		return -ENOMEM;
	if (!s.exec) {
		e->segments.data[e->segments.nr - 1] = s;
		return 0;
	}
	while (nr_exec < e->segments.nr - 1 && e->segments.data[nr_exec].exec)
		nr_exec++;
	e->segments.data[e->segments.nr - 1] = e->segments.data[nr_exec];
	e->segments.data[nr_exec] = s;
	return 0;
}

static int read_segments(struct pk_elf *e)
{
	size_t nr;
	int ret = 0;

	if (elf_getphdrnum(e->elf, &nr))
		return -EINVAL;
	if (nr > MAX_PROGRAM_HEADERS)
		return -EFBIG;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(e->elf, i, &ph))
			return -EINVAL;
		if (ph.p_type == PT_GNU_EH_FRAME) {
			e->eh_frame_hdr_off = ph.p_offset;
			e->eh_frame_hdr_len = ph.p_filesz;
		}
		if (ph.p_type == PT_LOAD)
			ret = add_segment(e, &ph);
		if (ret)
			return ret;
	}
	return 0;
}

/* Files without section headers are fine, and so are broken ones: no sections then. */
static int read_sections(struct pk_elf *e)
{
	size_t nr = 0, names = 0;

	if (elf_getshdrnum(e->elf, &nr) || elf_getshdrstrndx(e->elf, &names))
		return 0;
	if (nr > MAX_SECTIONS)
		return -EFBIG;
	for (size_t i = 0; i < nr; i++) {
		Elf_Scn *scn = elf_getscn(e->elf, i);
		struct pk_section *s = pk_vec_push(&e->sections);
		GElf_Shdr sh;

		if (!s)
			return -ENOMEM;
		s->name = "";
		if (!scn || !gelf_getshdr(scn, &sh) || sh.sh_addr + sh.sh_size < sh.sh_addr)
			continue;
		s->name = elf_strptr(e->elf, names, sh.sh_name);
		if (!s->name)
			s->name = "";
		s->off = sh.sh_offset;
		s->svma = sh.sh_addr;
		s->len = sh.sh_size;
		s->entry_bytes = sh.sh_entsize;
		s->type = sh.sh_type;
		s->link = sh.sh_link;
		s->exec = (sh.sh_flags & (SHF_ALLOC | SHF_EXECINSTR)) ==
			  (SHF_ALLOC | SHF_EXECINSTR);
	}
	return 0;
}

static void read_build_id(struct pk_elf *e)
{
	const void *id;
	ssize_t len = dwelf_elf_gnu_build_id(e->elf, &id);

	if (len <= 0 || len > (ssize_t)sizeof(e->build_id))
		return;
	memcpy(e->build_id, id, len);
	e->build_id_len = len;
}

static int read_headers(struct pk_elf *e, bool may_be_rel)
{
	GElf_Ehdr eh;
	int ret;

	if (!e->elf || elf_kind(e->elf) != ELF_K_ELF || !gelf_getehdr(e->elf, &eh) ||
	    (eh.e_type != ET_EXEC && eh.e_type != ET_DYN && !(may_be_rel && eh.e_type == ET_REL)))
		return -EINVAL;
	ret = read_segments(e);
	if (!ret)
		ret = read_sections(e);
	if (!ret)
		read_build_id(e);
	return ret;
}

static int open_file(int fd, bool may_be_rel, struct pk_elf *ret)
{
	struct stat st;
	int err = -EINVAL;

	*ret = (struct pk_elf){ .fd = fd, .is_open = true };
	elf_version(EV_CURRENT);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		ret->file_bytes = st.st_size;
		ret->elf = elf_begin(fd, ELF_C_READ, NULL);
		err = read_headers(ret, may_be_rel);
	}
	if (err)
		pk_elf_close(ret);
	return err;
}

int pk_elf_open(int fd, struct pk_elf *ret)
{
	return open_file(fd, false, ret);
}

int pk_elf_open_shared(int fd, struct pk_elf *ret)
{
	return open_file(fd, true, ret);
}

int pk_elf_open_mem(void *image, size_t len, bool own, struct pk_elf *ret)
{
	int err;

	*ret = (struct pk_elf){ .fd = -1, .file_bytes = len, .image = own ? image : NULL };
	elf_version(EV_CURRENT);
	ret->elf = elf_memory(image, len);
	err = read_headers(ret, false);
	if (err)
		pk_elf_close(ret);
	return err;
}

void pk_elf_close(struct pk_elf *e)
{
	if (e->elf)
		elf_end(e->elf);
	if (e->is_open)
		close(e->fd);
	free(e->image);
	pk_vec_deinit(&e->segments);
	pk_vec_deinit(&e->sections);
	*e = (struct pk_elf){ .fd = -1 };
}

bool pk_elf_to_svma(const struct pk_elf *e, uint64_t off, uint64_t *svma_ret)
{
	PK_VEC_FOREACH(&e->segments, s) {
		if (off - s->off < s->len) {
			*svma_ret = off - s->off + s->svma;
			return true;
		}
	}
	return false;
}

bool pk_elf_to_off(const struct pk_elf *e, uint64_t *start, uint64_t *end)
{
	PK_VEC_FOREACH(&e->segments, s) {
		if (*start - s->svma >= s->len || *end <= *start)
			continue;
		if (*end - s->svma > s->len)
			*end = s->svma + s->len;
		*start = *start - s->svma + s->off;
		*end = *end - s->svma + s->off;
		return true;
	}
	return false;
}

const struct pk_section *pk_elf_section(const struct pk_elf *e, const char *name)
{
	PK_VEC_FOREACH(&e->sections, s)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

const struct pk_section *pk_elf_exec_section(const struct pk_elf *e, uint64_t svma)
{
	PK_VEC_FOREACH(&e->sections, s)
		if (s->exec && svma - s->svma < s->len)
			return s;
	return NULL;
}

Elf_Data *pk_elf_data(const struct pk_elf *e, const struct pk_section *s)
{
	Elf_Data *d;

	if (s->type == SHT_NOBITS || !s->len || s->len > MAX_SECTION_BYTES ||
	    s->len > e->file_bytes || s->off > e->file_bytes - s->len)
		return NULL;
	d = elf_getdata(elf_getscn(e->elf, s - e->sections.data), NULL);
	return d && d->d_buf && d->d_size ? d : NULL;
}

size_t pk_elf_read(const struct pk_elf *e, uint64_t off, void *buf, size_t len)
{
	size_t done = 0, image_len;
	const char *image;

	if (off >= e->file_bytes)
		return 0;
	if (len > e->file_bytes - off)
		len = e->file_bytes - off;
	if (e->fd < 0) {
		image = elf_rawfile(e->elf, &image_len);
		if (!image || off + len > image_len)
			return 0;
		memcpy(buf, image + off, len);
		return len;
	}
	while (done < len) {
		ssize_t n = pread(e->fd, (char *)buf + done, len - done, off + done);

		if (n <= 0)
			break;
		done += n;
	}
	return done;
}
