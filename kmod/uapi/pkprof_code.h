/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Frames of interpreted code: their entries in stacks, and what is said of each code object.
 *
 * Included by pkprof.h, behind struct pkprof_rec.
 */
#ifndef _UAPI_PKPROF_CODE_H
#define _UAPI_PKPROF_CODE_H

/*
 * A frame of interpreted code, which is no address: its code object, by its number in this CPU's
 * ring, and where in it. It lies next to the native frames that ran it, of which those of the
 * interpreter itself are counted in the one that is nearest to them.
 */
#define PKPROF_CODE_TAG		0x70ULL		/* bits 63 to 56: neither user's nor kernel's */
#define PKPROF_CODE_NO_PLACE	0xffffffu	/* not known, or further */
#define PKPROF_CODE_MAX_ID	0x3fffffffu
#define PKPROF_CODE(id, place)	(PKPROF_CODE_TAG << 56 | (__u64)(id) << 24 | (place))
#define PKPROF_CODE_RUN_BY(nr)	((__u64)(nr) << 54)	/* 1 or 2 native frames */
#define PKPROF_IS_CODE(ip)	((ip) >> 56 == PKPROF_CODE_TAG)
#define PKPROF_CODE_ID(ip)	((__u32)((ip) >> 24) & PKPROF_CODE_MAX_ID)	/* 0: no name was read */
#define PKPROF_CODE_PLACE(ip)	((__u32)(ip) & 0xffffff)	/* instruction, in code units */
#define PKPROF_CODE_NR_RUN_BY(ip) ((__u32)((ip) >> 54) & 3)

#define PKPROF_MAX_CODE_TEXT	2048	/* bytes of a name */
#define PKPROF_MAX_CODE_LINES	8192	/* bytes of a line table */

#define PKPROF_CODE_PART	(1u << 0)	/* not all of it could be read */

/*
 * A code object at first sight; its number is not used again in this ring. The texts are as the
 * process has them: characters of 1 (Latin-1), 2 or 4 bytes. The table of lines is CPython's
 * "location table" of 3.11 and later, maybe cut.
 */
struct pkprof_rec_code {
	struct pkprof_rec rec;
	__u32 id;		/* 1..PKPROF_CODE_MAX_ID */
	__u32 tgid;
	__u32 first_line;
	__u32 version;		/* as PY_VERSION_HEX */
	__u16 name_len, file_len, lines_len;	/* bytes */
	__u8 name_width, file_width;	/* bytes of a character */
	__u32 flags;		/* PKPROF_CODE_PART */
	__u32 reserved;		/* 0 */
	__u8 text[];		/* name, file, lines */
};

#endif /* _UAPI_PKPROF_CODE_H */
