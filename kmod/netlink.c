// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generic netlink family.
 *
 * In: requests of anybody, checked here for form and range. Out: calls of
 * control.h, replies, notices. Requests run in parallel: a START that takes its
 * time must not hold up the other families of the system.
 */
#include <linux/module.h>
#include <net/genetlink.h>
#include "compat/netlink.h"
#include "control.h"
#include "netlink.h"
#include "netlink_ledger.h"
#include "session.h"
#include "source.h"
#include "watch.h"

#define PK_MAX_CPU_BYTES 1024	/* of the CPUS bitmap: 8192 CPUs */

static const struct nla_policy pk_start_policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_ABI] = { .type = NLA_U32 },
	[PKPROF_A_COOKIE] = { .type = NLA_U64 },
	[PKPROF_A_SOURCES] = { .type = NLA_U32 },
	[PKPROF_A_PERIOD_NS] = { .type = NLA_U64 },
	[PKPROF_A_RING_BYTES] = { .type = NLA_U32 },
	[PKPROF_A_KERNEL_DEPTH] = { .type = NLA_U32 },
	[PKPROF_A_USER_DEPTH] = { .type = NLA_U32 },
	[PKPROF_A_PIDS] = { .type = NLA_BINARY, .len = PKPROF_MAX_PIDS * sizeof(u32) },
	[PKPROF_A_CPUS] = { .type = NLA_BINARY, .len = PK_MAX_CPU_BYTES },
	[PKPROF_A_WAIT_PERIOD_NS] = { .type = NLA_U64 },
	[PKPROF_A_WAIT_CAP] = { .type = NLA_U32 },
	[PKPROF_A_OPTIONAL] = { .type = NLA_U32 },
	[PKPROF_A_IO_CAP] = { .type = NLA_U32 },
	[PKPROF_A_BUDGET_PPM] = { .type = NLA_U32 },
};

static const struct nla_policy pk_info_policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_PIDS] = { .type = NLA_BINARY, .len = PKPROF_MAX_PIDS * sizeof(u32) },
};

static const struct nla_policy pk_stop_policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_COOKIE] = { .type = NLA_U64 },
};

static const struct nla_policy pk_mark_policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_COOKIE] = { .type = NLA_U64 },
	[PKPROF_A_TEXT] = { .type = NLA_STRING, .len = PKPROF_MAX_TEXT },
};

/* --- replies --- */

/* A message with head and room for @more bytes than usual; NULL without memory. */
static struct sk_buff *pk_reply_new(struct genl_info *info, size_t more, void **head_ret)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE + more, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head_ret = genlmsg_put_reply(skb, info, &pk_family, 0, info->genlhdr->cmd);
	if (*head_ret)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int pk_reply_send(struct sk_buff *skb, void *head, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static int pk_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, PKPROF_A_PAD);
}

static int pk_put_version(struct sk_buff *skb)
{
	return nla_put_u32(skb, PKPROF_A_ABI, PKPROF_ABI) ?:
	       nla_put_string(skb, PKPROF_A_VERSION, PKPROF_VERSION);
}

/* What START's reply and STATUS have in common. */
static int pk_put_session(struct sk_buff *skb, const struct pk_status *st)
{
	return pk_put_u64(skb, PKPROF_A_SESSION, st->number) ?:
	       pk_put_u64(skb, PKPROF_A_T0_NS, st->t0_ns) ?:
	       nla_put_u32(skb, PKPROF_A_SOURCES, st->sources) ?:
	       pk_put_u64(skb, PKPROF_A_PERIOD_NS, st->period_ns) ?:
	       nla_put_u32(skb, PKPROF_A_RING_BYTES, st->ring_bytes);
}

static int pk_put_status(struct sk_buff *skb, const struct pk_status *st)
{
	int err = nla_put_u32(skb, PKPROF_A_STATE, st->state) ?: pk_put_version(skb);

	if (err || st->state == PKPROF_STATE_IDLE)
		return err;
	return pk_put_session(skb, st) ?:
	       nla_put_u32(skb, PKPROF_A_OWNER_PID, st->owner_pid) ?:
	       nla_put_string(skb, PKPROF_A_OWNER_COMM, st->owner_comm) ?:
	       (st->governed ? nla_put(skb, PKPROF_A_GOVERNOR, sizeof(st->governor),
				       &st->governor) : 0) ?:
	       pk_put_u64(skb, PKPROF_A_NOW_NS, pk_clock_ns());
}

/* --- INFO --- */

/* A reader in a pid namespace learns how records name the tasks that it sees. */
static int pk_put_pids(struct sk_buff *skb, const struct nlattr *asked)
{
	unsigned int nr = asked ? nla_len(asked) / sizeof(u32) : 0, i;
	struct nlattr *attr;

	if (!nr)
		return 0;
	attr = nla_reserve(skb, PKPROF_A_PIDS, nr * sizeof(u32));
	if (!attr)
		return -EMSGSIZE;
	rcu_read_lock();
	for (i = 0; i < nr; i++)
		((u32 *)nla_data(attr))[i] = pid_nr(find_vpid(((u32 *)nla_data(asked))[i]));
	rcu_read_unlock();
	return 0;
}

static int pk_netlink_info(struct sk_buff *request, struct genl_info *info)
{
	const struct nlattr *pids = info->attrs[PKPROF_A_PIDS];
	struct sk_buff *skb;
	void *head;
	int err;

	skb = pk_reply_new(info, pids ? nla_len(pids) : 0, &head);
	if (!skb)
		return -ENOMEM;
	err = pk_put_version(skb) ?:
	      nla_put_u32(skb, PKPROF_A_ABI_COMPAT, PKPROF_ABI_COMPAT) ?:
	      nla_put_u32(skb, PKPROF_A_SOURCES, pk_sources_working()) ?:
	      nla_put_u32(skb, PKPROF_A_NR_CPUS, nr_cpu_ids) ?:
	      pk_put_pids(skb, pids);
	return pk_reply_send(skb, head, info, err);
}

/* --- START --- */

/* The extended ack points at the attribute; its text was set by the caller. */
static int pk_refuse(struct genl_info *info, int attr, int err)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	return err;
}

/* Sources that are fed by another one. */
static const struct pk_source_need {
	enum pkprof_source src, needs;
	const char *what;
} pk_source_needs[] = {
	{ PKPROF_SRC_SCHED, PKPROF_SRC_TASK, "source sched needs source task" },
	{ PKPROF_SRC_OFFCPU, PKPROF_SRC_SCHED, "source offcpu needs source sched" },
};

static int pk_start_needs(struct genl_info *info, u32 asked)
{
	const struct pk_source_need *n;

	for (n = pk_source_needs; n < pk_source_needs + ARRAY_SIZE(pk_source_needs); n++) {
		if ((asked & BIT(n->src)) && !(asked & BIT(n->needs))) {
			NL_SET_ERR_MSG_FMT(info->extack, "%s", n->what);
			return pk_refuse(info, PKPROF_A_SOURCES, -EINVAL);
		}
	}
	return 0;
}

static int pk_start_sources(struct genl_info *info, struct pk_config *cfg)
{
	u32 asked = nla_get_u32(info->attrs[PKPROF_A_SOURCES]);
	u32 missing = asked & ~pk_sources_working();
	const char *name;

	if (missing) {
		name = pk_source_name(__ffs(missing));
		if (name)
			NL_SET_ERR_MSG_FMT(info->extack, "source %s does not work on this kernel",
					   name);
		else
			NL_SET_ERR_MSG_FMT(info->extack, "this module has no source %lu",
					   __ffs(missing));
		return pk_refuse(info, PKPROF_A_SOURCES, -EOPNOTSUPP);
	}
	/* both would claim the same time */
	if ((asked & BIT(PKPROF_SRC_CPU)) && (asked & BIT(PKPROF_SRC_PMU))) {
		NL_SET_ERR_MSG(info->extack, "sources cpu and pmu exclude each other");
		return pk_refuse(info, PKPROF_A_SOURCES, -EINVAL);
	}
	cfg->sources = asked | BIT(PKPROF_SRC_CORE) | BIT(PKPROF_SRC_DEF);
	if (info->attrs[PKPROF_A_OPTIONAL])
		cfg->optional = nla_get_u32(info->attrs[PKPROF_A_OPTIONAL]) & PK_WATCH_SOURCES;
	return pk_start_needs(info, asked);
}

static int pk_start_period(struct genl_info *info, struct pk_config *cfg)
{
	cfg->period_ns = nla_get_u64(info->attrs[PKPROF_A_PERIOD_NS]);
	if (cfg->period_ns >= PKPROF_MIN_PERIOD_NS && cfg->period_ns <= PKPROF_MAX_PERIOD_NS)
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "period of %llu ns is not within %llu..%llu",
			   cfg->period_ns, PKPROF_MIN_PERIOD_NS, PKPROF_MAX_PERIOD_NS);
	return pk_refuse(info, PKPROF_A_PERIOD_NS, -ERANGE);
}

static int pk_start_ring_bytes(struct genl_info *info, struct pk_config *cfg)
{
	if (!info->attrs[PKPROF_A_RING_BYTES])
		return 0;
	cfg->ring_bytes = nla_get_u32(info->attrs[PKPROF_A_RING_BYTES]);
	if (cfg->ring_bytes >= PKPROF_MIN_RING_BYTES && cfg->ring_bytes <= PKPROF_MAX_RING_BYTES &&
	    is_power_of_2(cfg->ring_bytes))
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "ring of %u bytes is not a power of two within %u..%u",
			   cfg->ring_bytes, PKPROF_MIN_RING_BYTES, PKPROF_MAX_RING_BYTES);
	return pk_refuse(info, PKPROF_A_RING_BYTES, -ERANGE);
}

static int pk_start_depth(struct genl_info *info, int attr, u32 *depth)
{
	if (!info->attrs[attr])
		return 0;
	*depth = nla_get_u32(info->attrs[attr]);
	if (*depth <= PKPROF_MAX_DEPTH)
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "depth of %u frames is above %u", *depth,
			   PKPROF_MAX_DEPTH);
	return pk_refuse(info, attr, -ERANGE);
}

static int pk_start_waits(struct genl_info *info, struct pk_config *cfg)
{
	const struct nlattr *period = info->attrs[PKPROF_A_WAIT_PERIOD_NS];

	if (info->attrs[PKPROF_A_WAIT_CAP])
		cfg->wait_cap = nla_get_u32(info->attrs[PKPROF_A_WAIT_CAP]);
	if (info->attrs[PKPROF_A_IO_CAP])
		cfg->io_cap = nla_get_u32(info->attrs[PKPROF_A_IO_CAP]);
	if (!period || !nla_get_u64(period))
		return 0;
	cfg->wait_period_ns = nla_get_u64(period);
	if (cfg->wait_period_ns <= PKPROF_MAX_WAIT_PERIOD_NS &&
	    is_power_of_2(cfg->wait_period_ns))
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "wait period of %llu ns is not a power of two up to %llu",
			   cfg->wait_period_ns, PKPROF_MAX_WAIT_PERIOD_NS);
	return pk_refuse(info, PKPROF_A_WAIT_PERIOD_NS, -ERANGE);
}

static int pk_start_budget(struct genl_info *info, struct pk_config *cfg)
{
	if (!info->attrs[PKPROF_A_BUDGET_PPM])
		return 0;
	cfg->budget_ppm = nla_get_u32(info->attrs[PKPROF_A_BUDGET_PPM]);
	if (cfg->budget_ppm <= 1000000)
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "a budget of %u millionths is above all", cfg->budget_ppm);
	return pk_refuse(info, PKPROF_A_BUDGET_PPM, -ERANGE);
}

static int pk_start_cpus(struct genl_info *info, struct pk_config *cfg)
{
	const struct nlattr *attr = info->attrs[PKPROF_A_CPUS];
	const u8 *bytes;
	unsigned int cpu;

	if (!attr)
		return 0;
	bytes = nla_data(attr);
	cpumask_clear(cfg->cpus);
	for (cpu = 0; cpu < nla_len(attr) * 8u; cpu++) {
		if (!(bytes[cpu / 8] & BIT(cpu % 8)))
			continue;
		if (cpu >= nr_cpu_ids || !cpu_possible(cpu)) {
			NL_SET_ERR_MSG_FMT(info->extack, "there is no CPU %u", cpu);
			return pk_refuse(info, PKPROF_A_CPUS, -EINVAL);
		}
		cpumask_set_cpu(cpu, cfg->cpus);
	}
	if (!cpumask_empty(cfg->cpus))
		return 0;
	NL_SET_ERR_MSG(info->extack, "the set of CPUs is empty");
	return pk_refuse(info, PKPROF_A_CPUS, -EINVAL);
}

static int pk_start_pids(struct genl_info *info, const u32 **pids_ret, unsigned int *nr_ret)
{
	const struct nlattr *attr = info->attrs[PKPROF_A_PIDS];

	*pids_ret = NULL;
	*nr_ret = 0;
	if (!attr)
		return 0;
	if (!nla_len(attr) || nla_len(attr) % sizeof(u32)) {
		NL_SET_ERR_MSG(info->extack, "the list of pids is empty or cut");
		return pk_refuse(info, PKPROF_A_PIDS, -EINVAL);
	}
	*pids_ret = nla_data(attr);
	*nr_ret = nla_len(attr) / sizeof(u32);
	return 0;
}

static int pk_start_required(struct genl_info *info)
{
	u32 abi;

	if (!info->attrs[PKPROF_A_ABI] || !info->attrs[PKPROF_A_COOKIE] ||
	    !info->attrs[PKPROF_A_SOURCES] || !info->attrs[PKPROF_A_PERIOD_NS]) {
		NL_SET_ERR_MSG(info->extack, "START needs ABI, COOKIE, SOURCES and PERIOD_NS");
		return -EINVAL;
	}
	abi = nla_get_u32(info->attrs[PKPROF_A_ABI]);
	if (abi >= PKPROF_ABI_COMPAT)
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "ABI %u is not spoken here, %u to %u are", abi,
			   PKPROF_ABI_COMPAT, PKPROF_ABI);
	return pk_refuse(info, PKPROF_A_ABI, -EPROTO);
}

static int pk_start_put(struct sk_buff *skb, const struct pk_status *status)
{
	return pk_put_session(skb, status) ?:
	       nla_put_u32(skb, PKPROF_A_RING_STRIDE, status->ring_stride) ?:
	       nla_put_u32(skb, PKPROF_A_KERNEL_DEPTH, status->kernel_depth) ?:
	       (status->sources & BIT(PKPROF_SRC_OFFCPU) ?
			pk_put_u64(skb, PKPROF_A_WAIT_PERIOD_NS, status->wait_period_ns) : 0) ?:
	       nla_put_u32(skb, PKPROF_A_NR_CPUS, nr_cpu_ids);
}

static int pk_start_configured(struct genl_info *info, struct pk_session *s,
			       struct pk_status *status)
{
	unsigned int nr_pids;
	const u32 *pids;
	int err;

	err = pk_start_sources(info, &s->cfg) ?:
	      pk_start_period(info, &s->cfg) ?:
	      pk_start_ring_bytes(info, &s->cfg) ?:
	      pk_start_depth(info, PKPROF_A_KERNEL_DEPTH, &s->cfg.kernel_depth) ?:
	      pk_start_depth(info, PKPROF_A_USER_DEPTH, &s->cfg.user_depth) ?:
	      pk_start_waits(info, &s->cfg) ?:
	      pk_start_budget(info, &s->cfg) ?:
	      pk_start_cpus(info, &s->cfg) ?:
	      pk_start_pids(info, &pids, &nr_pids);
	if (err)
		return err;
	return pk_control_start(nla_get_u64(info->attrs[PKPROF_A_COOKIE]), s, pids, nr_pids,
				info->extack, status);
}

/* Whoever is told of an error must not own a running session. */
static int pk_netlink_start(struct sk_buff *request, struct genl_info *info)
{
	struct pk_status status;
	struct pk_session *s;
	struct sk_buff *skb;
	void *head;
	int err;

	err = pk_start_required(info);
	if (err)
		return err;
	skb = pk_reply_new(info, 0, &head);
	if (!skb)
		return -ENOMEM;
	s = pk_session_create();
	if (!s) {
		nlmsg_free(skb);
		return -ENOMEM;
	}
	err = pk_start_configured(info, s, &status);
	if (err) {
		pk_session_put(s);
		nlmsg_free(skb);
		return err;
	}
	err = pk_reply_send(skb, head, info, pk_start_put(skb, &status));
	if (err)
		pk_control_stop(nla_get_u64(info->attrs[PKPROF_A_COOKIE]), info->extack);
	return err;
}

/* --- STOP, MARK --- */

static int pk_netlink_stop(struct sk_buff *request, struct genl_info *info)
{
	if (!info->attrs[PKPROF_A_COOKIE]) {
		NL_SET_ERR_MSG(info->extack, "STOP needs COOKIE");
		return -EINVAL;
	}
	return pk_control_stop(nla_get_u64(info->attrs[PKPROF_A_COOKIE]), info->extack);
}

static int pk_netlink_mark(struct sk_buff *request, struct genl_info *info)
{
	const struct nlattr *text = info->attrs[PKPROF_A_TEXT];

	if (!info->attrs[PKPROF_A_COOKIE] || !text) {
		NL_SET_ERR_MSG(info->extack, "MARK needs COOKIE and TEXT");
		return -EINVAL;
	}
	return pk_control_mark(nla_get_u64(info->attrs[PKPROF_A_COOKIE]), nla_data(text),
			       strnlen(nla_data(text), nla_len(text)), info->extack);
}

/* --- STATUS --- */

static int pk_netlink_status(struct sk_buff *request, struct genl_info *info)
{
	struct pk_status status;
	struct sk_buff *skb;
	void *head;

	skb = pk_reply_new(info, 0, &head);
	if (!skb)
		return -ENOMEM;
	pk_control_status(&status);
	return pk_reply_send(skb, head, info, pk_put_status(skb, &status));
}

/* One CPU's message; -EMSGSIZE: the buffer is full, -ENOENT: no session. */
static int pk_dump_cpu(struct sk_buff *skb, struct netlink_callback *cb, u32 cpu)
{
	struct pkprof_counters counters[PKPROF_NR_SOURCES];
	int nr, i, err;
	u64 number;
	void *head;

	nr = pk_control_counters(cpu, counters, &number);
	if (nr < 0)
		return nr;
	cb->seq = (u32)number ?: 1;
	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &pk_family,
			   NLM_F_MULTI, PKPROF_CMD_STATUS);
	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	err = nla_put_u32(skb, PKPROF_A_CPU, cpu);
	for (i = 0; i < nr && !err; i++)
		err = nla_put(skb, PKPROF_A_COUNTERS, sizeof(counters[i]), &counters[i]);
	if (err) {
		genlmsg_cancel(skb, head);
		return err;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* args[0]: next CPU. The reader is told when another session came in between. */
static int pk_netlink_status_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned long cpu;
	int err = 0;

	for (cpu = cb->args[0]; cpu < nr_cpu_ids; cpu++) {
		if (!cpu_possible(cpu))
			continue;
		err = pk_dump_cpu(skb, cb, cpu);
		if (err)
			break;
	}
	cb->args[0] = err == -ENOENT ? nr_cpu_ids : cpu;
	return skb->len;
}

/* --- family --- */

static const struct genl_ops pk_ops[] = {
	{
		.cmd = PKPROF_CMD_INFO,
		.doit = pk_netlink_info,
		.policy = pk_info_policy,
		.maxattr = PKPROF_A_MAX,
	},
	{
		.cmd = PKPROF_CMD_START,
		.doit = pk_netlink_start,
		.policy = pk_start_policy,
		.maxattr = PKPROF_A_MAX,
	},
	{
		.cmd = PKPROF_CMD_STOP,
		.doit = pk_netlink_stop,
		.policy = pk_stop_policy,
		.maxattr = PKPROF_A_MAX,
	},
	{
		.cmd = PKPROF_CMD_MARK,
		.doit = pk_netlink_mark,
		.policy = pk_mark_policy,
		.maxattr = PKPROF_A_MAX,
	},
	{
		.cmd = PKPROF_CMD_STATUS,
		.doit = pk_netlink_status,
		.dumpit = pk_netlink_status_dump,
	},
	{
		.cmd = PKPROF_CMD_WATCH,
		.doit = pk_netlink_watch,
		.policy = pk_watch_policy,
		.maxattr = PKPROF_A_MAX,
	},
	{
		.cmd = PKPROF_CMD_LEDGER,
		.start = pk_netlink_ledger_start,
		.dumpit = pk_netlink_ledger_dump,
		.done = pk_netlink_ledger_done,
		.policy = pk_ledger_policy,
		.maxattr = PKPROF_A_MAX,
	},
};

static const struct genl_multicast_group pk_groups[] = {
	{ .name = PKPROF_MCGRP_NOTICE },
};

struct genl_family pk_family __ro_after_init = {
	.name = PKPROF_FAMILY,
	.version = PKPROF_ABI,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = pk_ops,
	.n_ops = ARRAY_SIZE(pk_ops),
	.mcgrps = pk_groups,
	.n_mcgrps = ARRAY_SIZE(pk_groups),
};

void pk_netlink_notify(const struct pk_status *status)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &pk_family, 0, PKPROF_CMD_STATUS);
	if (!head || pk_put_status(skb, status)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	pk_genlmsg_multicast_allns(&pk_family, skb, 0, 0);
}

int __init pk_netlink_init(void)
{
	return genl_register_family(&pk_family);
}

void pk_netlink_deinit(void)
{
	genl_unregister_family(&pk_family);
}
