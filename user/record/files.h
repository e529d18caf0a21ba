/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities of mapped files: from (device, inode, generation), as the kernel
 * module and /proc/PID/maps give them, to file ids of the profile with path
 * and build ID.
 *
 * A file is opened through /proc/PID/map_files, that is by the mapping and not
 * by its name; where that is not allowed, through the process's root by path,
 * and only kept if inode and build ID are the mapped file's. Descriptors stay
 * open, up to a cap, so that symbols can be read at the end even if the file
 * was replaced or deleted meanwhile.
 *
 * Memory is bounded: beyond max_files identities all are forgotten and files
 * seen later get new ids.
 */
#ifndef PK_FILES_H
#define PK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map64.h"
#include "profile/writer.h"
#include "uapi/pkprof.h"

struct pk_files;

struct pk_file_key {
	uint32_t dev;		/* major << 20 | minor */
	uint32_t gen;		/* inode generation */
	uint64_t ino;
};

struct pk_files_config {
	struct pk_writer *writer;
	const char *proc;	/* "/proc"; NULL: open nothing (records come from elsewhere) */
	unsigned int max_files;	/* identities remembered */
	unsigned int max_held;	/* descriptors held open */
	/* A file was opened; the descriptor is valid during the call only. NULL: nobody cares. */
	void (*opened)(void *ctx, const struct pk_file_key *key, bool gen_known, int fd);
	void *ctx;
	const struct pk_map64 *local_pids;	/* records' process ids to those of @proc;
						 * NULL: they are the same */
};

struct pk_files_stats {
	uint64_t nr_files;	/* ids given */
	uint64_t nr_nameless;	/* of them, those whose path nobody knew */
	uint64_t nr_denied;	/* could not be opened for lack of rights */
	unsigned int nr_held;
};

/* Where a file is mapped. */
struct pk_mapping {
	uint32_t tgid;		/* as records have it */
	uint64_t addr, len;	/* bytes */
};

int pk_files_create(const struct pk_files_config *cfg, struct pk_files **ret);
/* Closes the held descriptors. NULL is fine. */
void pk_files_destroy(struct pk_files *f);

/* The kernel told a file's name and build ID. */
int pk_files_define(struct pk_files *f, const struct pk_file_key *key, const char *path,
		    size_t path_len, const uint8_t *build_id, unsigned int build_id_len);

/*
 * Id of a file that a mapping event names, or 0 for anonymous memory. Opens it
 * at first sight. 0, or the writer's error.
 */
int pk_files_of_event(struct pk_files *f, const struct pk_file_key *key,
		      const struct pk_mapping *m, uint32_t *id_ret);

/*
 * Id of a file found in /proc/PID/maps, where the generation is not told;
 * key->gen is ignored. @path: as maps names it, without " (deleted)".
 */
int pk_files_of_maps(struct pk_files *f, const struct pk_file_key *key, const struct pk_mapping *m,
		     const char *path, uint32_t *id_ret);

/* Id of the code that the kernel maps into each process, "[vdso]". */
int pk_files_vdso(struct pk_files *f, uint32_t *id_ret);

/*
 * A mapped file that a record names is opened at once, as the thread that mapped it sees it, and
 * shown to cfg.opened; what is known of files does not change. For who cannot wait until the
 * mapping's own event has its turn.
 */
void pk_files_show(struct pk_files *f, const struct pkprof_rec_file *r);

/* Held descriptor of a file id, or -1; stays ours. */
int pk_files_fd(struct pk_files *f, uint32_t id);

const struct pk_files_stats *pk_files_stats(const struct pk_files *f);

#endif
