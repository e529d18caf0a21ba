// SPDX-License-Identifier: GPL-2.0-or-later
/* What mapped files say about runtimes, each looked into once; see runtime.h. */
#include <stdlib.h>
#include <string.h>

#include "base/strtab.h"
#include "runtime/table.h"
#include "symbol/debug_search.h"
#include "symbol/elf_symtab.h"

#define MAX_KEY_BYTES 64
#define BUDGET_BYTES  (1ULL << 30) /* of tables and constants of all files together */

struct pk_runtimes {
	struct pk_strtab keys; /* position in files, plus one */
	PK_VEC(struct pk_runtime_file *) files;
	uint64_t budget;
};

int pk_runtimes_create(struct pk_runtimes **ret)
{
	struct pk_runtimes *r = calloc(1, sizeof(*r));

	if (!r || pk_strtab_init(&r->keys)) {
		free(r);
		return -ENOMEM;
	}
	r->budget = BUDGET_BYTES;
	*ret = r;
	return 0;
}

void pk_runtimes_destroy(struct pk_runtimes *r)
{
	if (!r)
		return;
	PK_VEC_FOREACH(&r->files, f)
		free(*f);
	pk_vec_deinit(&r->files);
	pk_strtab_deinit(&r->keys);
	free(r);
}

/* Go brings the names along in a table of its own, which strip(1) must leave. */
static bool has_go_names(const struct pk_elf *e)
{
	return pk_elf_section(e, ".gopclntab") || pk_elf_section(e, ".data.rel.ro.gopclntab");
}

static bool has_symbols(const struct pk_elf *e, const char *path, enum pk_runtime runtime)
{
	const struct pk_debug_search where = { 0 };
	struct pk_elf debug;

	if (pk_elf_has_symtab(e) || pk_elf_section(e, ".gnu_debugdata") ||
	    (runtime == PK_RUNTIME_GO && has_go_names(e)))
		return true;
	/* one that only goes by its name would have to be read to its end */
	if (!e->build_id_len || pk_debug_file_open(&where, e, path, &debug))
		return false;
	pk_elf_close(&debug);
	return true;
}

static void look(struct pk_runtimes *r, const struct pk_runtime_query *q,
		 struct pk_runtime_file *ret)
{
	int fd = q->open(q->ctx);
	struct pk_evidence ev;
	struct pk_elf e;

	if (fd < 0 || pk_elf_open(fd, &e))
		return;
	pk_evidence_of(&e, &r->budget, &ev);
	pk_runtime_look(&ev, q->program, ret);
	/* what was only looked at in part must not pass for native code */
	ret->is_read = ret->runtime || !ev.is_partial;
	memcpy(ret->build_id, e.build_id, sizeof(ret->build_id));
	ret->build_id_len = e.build_id_len;
	if (q->program)
		ret->has_symbols = has_symbols(&e, q->path, ret->runtime);
	pk_elf_close(&e);
}

const struct pk_runtime_file *pk_runtimes_file(struct pk_runtimes *r,
					       const struct pk_runtime_query *q)
{
	char key[MAX_KEY_BYTES + 1];
	struct pk_runtime_file *f;
	uint32_t id;

	if (q->key_len > MAX_KEY_BYTES)
		return NULL;
	key[0] = q->program ? 'p' : 'l';
	memcpy(key + 1, q->key, q->key_len);
	if (pk_strtab_intern(&r->keys, key, q->key_len + 1, &id))
		return NULL;
	if (id <= r->files.nr)
		return r->files.data[id - 1];
	if (id != r->files.nr + 1) /* memory was short before */
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f || pk_vec_add(&r->files, f)) {
		free(f);
		return NULL;
	}
	look(r, q, f);
	return f;
}
