// SPDX-License-Identifier: GPL-2.0-or-later
/* Generic netlink control; see nl.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "source/nl.h"

/* A dump's messages have up to 32 KB; larger ones are not sent. */
#define MESSAGE_BYTES (64u << 10)
#define SOCKET_BYTES  (512u << 10)

struct pk_nl {
	struct nl_sock *sock;
	int family;
	uint64_t piece[PK_LEDGER_MAX_PIECE / sizeof(uint64_t)]; /* of the ledger, aligned */
};

typedef int (*reply_fn)(void *ctx, struct nlmsghdr *head, struct nlattr **attr);

/* One request in flight. */
struct call {
	reply_fn reply; /* may be NULL */
	void *ctx;
	struct pk_err *err;
	int ret;
	bool done;
};

static struct nla_policy policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_ABI] = { .type = NLA_U32 },
	[PKPROF_A_ABI_COMPAT] = { .type = NLA_U32 },
	[PKPROF_A_VERSION] = { .type = NLA_STRING },
	[PKPROF_A_SOURCES] = { .type = NLA_U32 },
	[PKPROF_A_PERIOD_NS] = { .type = NLA_U64 },
	[PKPROF_A_RING_BYTES] = { .type = NLA_U32 },
	[PKPROF_A_RING_STRIDE] = { .type = NLA_U32 },
	[PKPROF_A_KERNEL_DEPTH] = { .type = NLA_U32 },
	[PKPROF_A_NR_CPUS] = { .type = NLA_U32 },
	[PKPROF_A_SESSION] = { .type = NLA_U64 },
	[PKPROF_A_STATE] = { .type = NLA_U32 },
	[PKPROF_A_T0_NS] = { .type = NLA_U64 },
	[PKPROF_A_NOW_NS] = { .type = NLA_U64 },
	[PKPROF_A_OWNER_PID] = { .type = NLA_U32 },
	[PKPROF_A_OWNER_COMM] = { .type = NLA_STRING },
	[PKPROF_A_CPU] = { .type = NLA_U32 },
	[PKPROF_A_WAIT_PERIOD_NS] = { .type = NLA_U64 },
};

static struct nla_policy ack_policy[NLMSGERR_ATTR_MAX + 1] = {
	[NLMSGERR_ATTR_MSG] = { .type = NLA_STRING },
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[PKPROF_A_MAX + 1];
	struct call *call = arg;
	int ret;

	ret = genlmsg_parse(nlmsg_hdr(msg), 0, attr, PKPROF_A_MAX, policy);
	if (ret < 0) {
		call->ret = pk_err_set(call->err, -EBADMSG, "the module's reply is malformed: %s",
				       nl_geterror(ret));
		return NL_STOP;
	}
	if (call->reply && !call->ret)
		call->ret = call->reply(call->ctx, nlmsg_hdr(msg), attr);
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct call *call = arg;

	(void)msg;
	call->done = true;
	return NL_STOP;
}

/* The kernel's own sentence about an error, @skip bytes into the message; or NULL. */
static const char *extended_ack(struct nlmsghdr *head, int skip)
{
	struct nlattr *attr[NLMSGERR_ATTR_MAX + 1];

	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) || nlmsg_attrlen(head, skip) <= 0 ||
	    nla_parse(attr, NLMSGERR_ATTR_MAX, nlmsg_attrdata(head, skip),
		      nlmsg_attrlen(head, skip), ack_policy) < 0)
		return NULL;
	return attr[NLMSGERR_ATTR_MSG] ? nla_get_string(attr[NLMSGERR_ATTR_MSG]) : NULL;
}

/* End of a dump; carries the dump's own error. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct call *call = arg;
	int error = 0;

	if (nlmsg_datalen(head) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(head), sizeof(error));
	if (error < 0 && !call->ret) {
		const char *text = extended_ack(head, sizeof(error));

		call->ret = pk_err_set(call->err, error, "%s", text ? text : strerror(-error));
	}
	call->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *head = (void *)((char *)e - NLMSG_HDRLEN);
	bool capped = head->nlmsg_flags & NLM_F_CAPPED;
	const char *text = extended_ack(
		head, sizeof(*e) + (capped ? 0 : e->msg.nlmsg_len - NLMSG_HDRLEN));
	struct call *call = arg;

	(void)from;
	call->ret = pk_err_set(call->err, e->error, "%s", text ? text : strerror(-e->error));
	call->done = true;
	return NL_STOP;
}

/* Sends and frees @msg, which may be NULL: no memory. */
static int request(struct pk_nl *nl, struct nl_msg *msg, reply_fn reply, void *ctx,
		   struct pk_err *err)
{
	struct call call = { .reply = reply, .ctx = ctx, .err = err };
	int ret;

	if (!msg)
		return pk_err_set(err, -ENOMEM, "no memory for a netlink message");
	nl_socket_modify_cb(nl->sock, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &call);
	nl_socket_modify_cb(nl->sock, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &call);
	nl_socket_modify_cb(nl->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, &call);
	nl_socket_modify_err_cb(nl->sock, NL_CB_CUSTOM, on_error, &call);
	ret = nl_send_auto(nl->sock, msg);
	nlmsg_free(msg);
	while (ret >= 0 && !call.done) {
		ret = nl_recvmsgs_default(nl->sock);
		if (ret == -NLE_INTR)
			ret = 0;
	}
	if (call.ret)
		return call.ret;
	if (ret < 0 && !call.done)
		return pk_err_set(err, -EIO, "netlink to the module failed: %s", nl_geterror(ret));
	return 0;
}

static struct nl_msg *message(struct pk_nl *nl, enum pkprof_cmd cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg &&
	    genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, flags, cmd, PKPROF_ABI))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

void pk_nl_close(struct pk_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sock);
	free(nl);
}

static int connect_family(struct pk_nl *nl, struct pk_err *err)
{
	int on = 1, ret;

	ret = nl->sock ? genl_connect(nl->sock) : -NLE_NOMEM;
	if (ret < 0)
		return pk_err_set(err, -EIO, "generic netlink is not usable here: %s",
				  nl_geterror(ret));
	/* Both are niceties: without them there is only the errno. */
	setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Likewise: one system call per message, and room for a few of them. */
	nl_socket_disable_msg_peek(nl->sock);
	nl_socket_set_msg_buf_size(nl->sock, MESSAGE_BYTES);
	nl_socket_set_buffer_size(nl->sock, SOCKET_BYTES, 0);
	nl->family = genl_ctrl_resolve(nl->sock, PKPROF_FAMILY);
	if (nl->family < 0)
		return pk_err_exit(
			err, -ENOENT, PK_EXIT_NO_MODULE,
			"the kernel module pkprof is not loaded; `modprobe pkprof` loads it");
	return 0;
}

int pk_nl_open(struct pk_nl **ret, struct pk_err *err)
{
	struct pk_nl *nl = calloc(1, sizeof(*nl));
	int code;

	if (!nl)
		return -ENOMEM;
	nl->sock = nl_socket_alloc();
	code = connect_family(nl, err);
	if (code) {
		pk_nl_close(nl);
		return code;
	}
	*ret = nl;
	return 0;
}

static uint32_t attr_u32(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static uint64_t attr_u64(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static void attr_text(struct nlattr *a, char *ret, size_t size)
{
	if (a)
		nla_strlcpy(ret, a, size);
	else
		ret[0] = '\0';
}

static int on_info(void *ctx, struct nlmsghdr *head, struct nlattr **attr)
{
	struct pk_nl_info *info = ctx;

	(void)head;
	info->abi = attr_u32(attr[PKPROF_A_ABI]);
	info->abi_compat = attr_u32(attr[PKPROF_A_ABI_COMPAT]);
	attr_text(attr[PKPROF_A_VERSION], info->version, sizeof(info->version));
	info->sources = attr_u32(attr[PKPROF_A_SOURCES]);
	info->nr_cpus = attr_u32(attr[PKPROF_A_NR_CPUS]);
	return 0;
}

int pk_nl_info(struct pk_nl *nl, struct pk_nl_info *ret, struct pk_err *err)
{
	memset(ret, 0, sizeof(*ret));
	return request(nl, message(nl, PKPROF_CMD_INFO, 0), on_info, ret, err);
}

struct pids_call {
	uint32_t *pids;
	unsigned int nr;
	bool answered;
};

static int on_pids(void *ctx, struct nlmsghdr *head, struct nlattr **attr)
{
	struct nlattr *a = attr[PKPROF_A_PIDS];
	struct pids_call *call = ctx;

	(void)head;
	if (!a || nla_len(a) != (int)(call->nr * sizeof(*call->pids)))
		return 0;
	memcpy(call->pids, nla_data(a), nla_len(a));
	call->answered = true;
	return 0;
}

int pk_nl_global_pids(struct pk_nl *nl, uint32_t *pids, unsigned int nr, struct pk_err *err)
{
	struct pids_call call = { .pids = pids, .nr = nr };
	struct nl_msg *msg;
	int ret;

	if (!nr)
		return 0;
	msg = message(nl, PKPROF_CMD_INFO, 0);
	if (msg && nla_put(msg, PKPROF_A_PIDS, nr * sizeof(*pids), pids)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = request(nl, msg, on_pids, &call, err);
	if (!ret && !call.answered)
		ret = pk_err_set(err, -EOPNOTSUPP, "the module does not translate process ids");
	return ret;
}

static int on_started(void *ctx, struct nlmsghdr *head, struct nlattr **attr)
{
	struct pk_nl_started *s = ctx;

	(void)head;
	s->session = attr_u64(attr[PKPROF_A_SESSION]);
	s->t0_ns = attr_u64(attr[PKPROF_A_T0_NS]);
	s->period_ns = attr_u64(attr[PKPROF_A_PERIOD_NS]);
	s->sources = attr_u32(attr[PKPROF_A_SOURCES]);
	s->nr_cpus = attr_u32(attr[PKPROF_A_NR_CPUS]);
	s->ring_bytes = attr_u32(attr[PKPROF_A_RING_BYTES]);
	s->ring_stride = attr_u32(attr[PKPROF_A_RING_STRIDE]);
	s->wait_period_ns = attr_u64(attr[PKPROF_A_WAIT_PERIOD_NS]);
	s->kernel_depth = attr[PKPROF_A_KERNEL_DEPTH] ? attr_u32(attr[PKPROF_A_KERNEL_DEPTH]) :
							UINT32_MAX;
	return 0;
}

static int put_config(struct nl_msg *msg, uint64_t cookie, const struct pk_source_config *cfg)
{
	int bad = nla_put_u32(msg, PKPROF_A_ABI, PKPROF_ABI) ||
		  nla_put_u64(msg, PKPROF_A_COOKIE, cookie) ||
		  nla_put_u32(msg, PKPROF_A_SOURCES, cfg->sources) ||
		  nla_put_u64(msg, PKPROF_A_PERIOD_NS, cfg->period_ns) ||
		  nla_put_u32(msg, PKPROF_A_KERNEL_DEPTH, cfg->kernel_depth) ||
		  nla_put_u32(msg, PKPROF_A_USER_DEPTH, cfg->user_depth);

	if (!bad && cfg->ring_bytes)
		bad = nla_put_u32(msg, PKPROF_A_RING_BYTES, cfg->ring_bytes);
	if (!bad && cfg->optional)
		bad = nla_put_u32(msg, PKPROF_A_OPTIONAL, cfg->optional);
	if (!bad && cfg->nr_pids)
		bad = nla_put(msg, PKPROF_A_PIDS, cfg->nr_pids * sizeof(*cfg->pids), cfg->pids);
	if (!bad && cfg->cpus)
		bad = nla_put(msg, PKPROF_A_CPUS, cfg->cpus_bytes, cfg->cpus);
	if (!bad && cfg->wait_period_ns)
		bad = nla_put_u64(msg, PKPROF_A_WAIT_PERIOD_NS, cfg->wait_period_ns);
	if (!bad && cfg->wait_cap)
		bad = nla_put_u32(msg, PKPROF_A_WAIT_CAP,
				  cfg->wait_cap == UINT32_MAX ? 0 : cfg->wait_cap);
	if (!bad && cfg->io_cap)
		bad = nla_put_u32(msg, PKPROF_A_IO_CAP,
				  cfg->io_cap == UINT32_MAX ? 0 : cfg->io_cap);
	/* modules of an older ABI refuse to be told so, and have no governor */
	if (!bad && cfg->budget_ppm)
		bad = nla_put_u32(msg, PKPROF_A_BUDGET_PPM, cfg->budget_ppm);
	return bad ? -EMSGSIZE : 0;
}

int pk_nl_start(struct pk_nl *nl, uint64_t cookie, const struct pk_source_config *cfg,
		struct pk_nl_started *ret, struct pk_err *err)
{
	struct nl_msg *msg = message(nl, PKPROF_CMD_START, 0);

	memset(ret, 0, sizeof(*ret));
	if (msg && put_config(msg, cookie, cfg)) {
		nlmsg_free(msg);
		return pk_err_exit(err, -EMSGSIZE, PK_EXIT_USAGE,
				   "too many process ids or CPUs for one request");
	}
	return request(nl, msg, on_started, ret, err);
}

/* Takes over @msg when the attribute does not fit. */
static struct nl_msg *with_cookie(struct nl_msg *msg, uint64_t cookie)
{
	if (msg && !nla_put_u64(msg, PKPROF_A_COOKIE, cookie))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int pk_nl_stop(struct pk_nl *nl, uint64_t cookie, struct pk_err *err)
{
	return request(nl, with_cookie(message(nl, PKPROF_CMD_STOP, 0), cookie), NULL, NULL, err);
}

int pk_nl_mark(struct pk_nl *nl, uint64_t cookie, const char *text, struct pk_err *err)
{
	struct nl_msg *msg = with_cookie(message(nl, PKPROF_CMD_MARK, 0), cookie);

	if (msg && nla_put_string(msg, PKPROF_A_TEXT, text)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return request(nl, msg, NULL, NULL, err);
}

static int on_status(void *ctx, struct nlmsghdr *head, struct nlattr **attr)
{
	struct pk_nl_status *s = ctx;

	(void)head;
	s->state = attr_u32(attr[PKPROF_A_STATE]);
	s->abi = attr_u32(attr[PKPROF_A_ABI]);
	attr_text(attr[PKPROF_A_VERSION], s->version, sizeof(s->version));
	s->session = attr_u64(attr[PKPROF_A_SESSION]);
	s->t0_ns = attr_u64(attr[PKPROF_A_T0_NS]);
	s->now_ns = attr_u64(attr[PKPROF_A_NOW_NS]);
	s->period_ns = attr_u64(attr[PKPROF_A_PERIOD_NS]);
	s->sources = attr_u32(attr[PKPROF_A_SOURCES]);
	s->ring_bytes = attr_u32(attr[PKPROF_A_RING_BYTES]);
	s->owner_pid = attr_u32(attr[PKPROF_A_OWNER_PID]);
	attr_text(attr[PKPROF_A_OWNER_COMM], s->owner_comm, sizeof(s->owner_comm));
	if (attr[PKPROF_A_GOVERNOR])
		nla_memcpy(&s->governor, attr[PKPROF_A_GOVERNOR], sizeof(s->governor));
	return 0;
}

int pk_nl_status(struct pk_nl *nl, struct pk_nl_status *ret, struct pk_err *err)
{
	memset(ret, 0, sizeof(*ret));
	return request(nl, message(nl, PKPROF_CMD_STATUS, 0), on_status, ret, err);
}

struct books_call {
	int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c);
	void *ctx;
};

static int on_books(void *ctx, struct nlmsghdr *head, struct nlattr **attr)
{
	unsigned int cpu = attr_u32(attr[PKPROF_A_CPU]);
	struct books_call *call = ctx;
	struct nlattr *pos;
	int left, ret;

	/* Several attributes of one type: the parsed array has only the last. */
	nla_for_each_attr(pos, genlmsg_attrdata(nlmsg_data(head), 0),
			  genlmsg_attrlen(nlmsg_data(head), 0), left)
	{
		struct pkprof_counters c = { 0 };

		if (nla_type(pos) != PKPROF_A_COUNTERS)
			continue;
		nla_memcpy(&c, pos, sizeof(c));
		ret = call->fn(call->ctx, cpu, &c);
		if (ret)
			return ret;
	}
	return 0;
}

int pk_nl_books(struct pk_nl *nl,
		int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c), void *ctx,
		struct pk_err *err)
{
	struct books_call call = { .fn = fn, .ctx = ctx };

	return request(nl, message(nl, PKPROF_CMD_STATUS, NLM_F_DUMP), on_books, &call, err);
}

int pk_nl_watch(struct pk_nl *nl, uint64_t cookie, uint32_t sources, struct pk_err *err)
{
	struct nl_msg *msg = with_cookie(message(nl, PKPROF_CMD_WATCH, 0), cookie);

	/* modules of an ABI below 7 refuse what they do not know */
	if (msg && sources && nla_put_u32(msg, PKPROF_A_SOURCES, sources)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return request(nl, msg, NULL, NULL, err);
}

struct ledger_call {
	struct pk_nl *nl;
	const struct pk_ledger_visitor *v;
	void *ctx;
	struct pk_err *err;
};

/* Attributes are aligned to 4 bytes, structures of the ledger to 8. */
static int on_piece(struct ledger_call *call, struct nlattr *a)
{
	const void *piece = nla_data(a);

	if ((uintptr_t)piece % sizeof(uint64_t)) {
		memcpy(call->nl->piece, piece, nla_len(a));
		piece = call->nl->piece;
	}
	return pk_ledger_tell(nla_type(a), piece, nla_len(a), call->v, call->ctx, call->err);
}

static int on_ledger(void *ctx, struct nlmsghdr *head, struct nlattr **attr)
{
	struct nlattr *pos;
	int left, ret = 0;

	(void)attr;
	nla_for_each_attr(pos, genlmsg_attrdata(nlmsg_data(head), 0),
			  genlmsg_attrlen(nlmsg_data(head), 0), left)
	{
		ret = on_piece(ctx, pos);
		if (ret)
			break;
	}
	return ret;
}

int pk_nl_ledger(struct pk_nl *nl, uint64_t cookie, uint64_t epoch_ns, uint32_t what,
		 const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	struct ledger_call call = { .nl = nl, .v = v, .ctx = ctx, .err = err };
	struct nl_msg *msg = with_cookie(message(nl, PKPROF_CMD_LEDGER, NLM_F_DUMP), cookie);

	if (msg && (nla_put_u64(msg, PKPROF_A_EPOCH_NS, epoch_ns) ||
		    nla_put_u32(msg, PKPROF_A_LEDGER_WHAT, what))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return request(nl, msg, on_ledger, &call, err);
}
