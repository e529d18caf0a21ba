// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which socket a task is blocked on; see waited.h.
 *
 * In: its registers and its table of files, as cause_task.c reads them: they stand still up
 * to what other threads do to a shared table. Who is blocked on a socket keeps a reference
 * to it. If its number was given to another file meanwhile, a wrong socket is looked at, whose memory
 * is there for a grace period after its end. Nothing is followed but what holds that long.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stat.h>
#include <linux/thread_info.h>
#include <asm/ptrace.h>
#include <asm/unistd.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include "tcp.h"
#include "waited.h"

#define PK_SOCKETCALL_32	102	/* its arguments are in memory */
#define PK_CLOSE_32		6
#define PK_CLOSE_RANGE		436

/* Calls that have taken the file out of the table by the time that they block. */
static bool pk_call_closes(unsigned long call, bool compat)
{
	if (call == PK_CLOSE_RANGE)
		return true;
	return compat ? call == PK_CLOSE_32 || call == PK_SOCKETCALL_32 : call == __NR_close;
}

static const struct file *pk_waited_file(const struct task_struct *p)
{
	const struct pt_regs *regs = task_pt_regs((struct task_struct *)p);
	bool compat = READ_ONCE(task_thread_info((struct task_struct *)p)->status) & TS_COMPAT;
	const struct files_struct *files = READ_ONCE(p->files);
	unsigned int fd = compat ? regs->bx : regs->di;
	const struct fdtable *fdt;

	if (!files || pk_call_closes(regs->orig_ax, compat))
		return NULL;
	fdt = rcu_dereference_raw(files->fdt);
	return fd < fdt->max_fds ? rcu_dereference_raw(fdt->fd[fd]) : NULL;
}

static const struct socket *pk_waited_socket(const struct task_struct *p)
{
	const struct file *file = pk_waited_file(p);
	struct inode *inode = file ? READ_ONCE(file->f_inode) : NULL;

	return inode && S_ISSOCK(inode->i_mode) ? SOCKET_I(inode) : NULL;
}

static void pk_waited_inet(const struct sock *sk, struct pk_net_who *who)
{
	bool tcp = sk->sk_protocol == IPPROTO_TCP, connected = inet_sk(sk)->inet_dport;
	u8 kind = PKPROF_ON_DATAGRAM;

	if (tcp && READ_ONCE(sk->sk_state) == TCP_LISTEN)
		kind = PKPROF_ON_LISTENING;
	else if (tcp)
		/* a listener's backlog stays with its children */
		kind = READ_ONCE(sk->sk_max_ack_backlog) ? PKPROF_ON_ACCEPTED : PKPROF_ON_OPENED;
	who->role = kind == PKPROF_ON_OPENED || (!tcp && connected) ? PKPROF_NET_OPENED :
								       PKPROF_NET_ACCEPTED;
	pk_tcp_addresses(sk, who);
	who->role = kind;
}

u16 pk_waited_peer(struct pk_net_keys *peers, const struct task_struct *p)
{
	const struct socket *sock = pk_waited_socket(p);
	const struct proto_ops *ops = sock ? READ_ONCE(sock->ops) : NULL;
	const struct sock *sk = sock ? READ_ONCE(sock->sk) : NULL;
	struct pk_net_who who = { 0 };

	if (!ops || !sk)
		return 0;
	if (ops->family == PF_UNIX) {
		who.role = PKPROF_ON_UNIX;
	} else if ((ops->family == PF_INET || ops->family == PF_INET6) &&
		   (sk->sk_protocol == IPPROTO_TCP || sk->sk_protocol == IPPROTO_UDP)) {
		pk_waited_inet(sk, &who);
	} else {
		who.role = PKPROF_ON_SOCKET;
		who.port = ops->family;
	}
	return pk_net_cell_of(peers, &who) + 1;
}
