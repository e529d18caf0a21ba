# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Commits of PostgreSQL on a disk of known times: what each fsync of the log waited for at the
# device is the disk's delay times its requests, the fsyncs are the commits, and what the
# benchmark measured as the time of a transaction is that and the CPU.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly DELAY_MS=50 SECONDS_LONG=15 PORT=5498
BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr | head -n 1)
readonly BIN
if [[ ! -x $BIN/initdb ]]; then
	skip commits "there is no PostgreSQL"
	exit 0
fi
if ! null_disk size=512 completion_nsec=$((DELAY_MS * 1000000)) submit_queues=1 2>/dev/null; then
	skip commits "there is no null_blk"
	exit 0
fi
echo none >/sys/block/nullb0/queue/scheduler

as_postgres() {
	(cd / && exec setpriv --reuid postgres --regid postgres --init-groups -- "$@")
}

# server ACTION...
server() {
	as_postgres "$BIN/pg_ctl" -s -w -t 120 -D /tmp/pk-commits/disk/data "$@"
}

# ---- the database: its tables in memory when the benchmark begins -----------------------

readonly TOP=/tmp/pk-commits
install -d -o postgres -g postgres -m 755 $TOP $TOP/made $TOP/disk
as_postgres "$BIN/initdb" -D $TOP/made/data -U postgres -A trust --no-sync >initdb.txt 2>&1 ||
	fail initdb "$(tail -n 1 initdb.txt)"
cat >>$TOP/made/data/postgresql.conf <<-CONF
	port = $PORT
	listen_addresses = ''
	unix_socket_directories = '/tmp'
	autovacuum = off
	checkpoint_timeout = 30min
CONF
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 -d $TOP/made /dev/nullb0
mount -o noatime /dev/nullb0 $TOP/disk || fail mount "no file system"
server -l $TOP/made/log start || fail start "$(tail -n 2 $TOP/made/log)"
bench() {
	as_postgres pgbench -h /tmp -p $PORT -U postgres "$@" postgres
}
bench -q -i -s 1 >init.txt 2>&1 || fail init "$(tail -n 1 init.txt)"

# ---- one client: a commit after the other ------------------------------------------------

# next to nothing but the commit
echo 'UPDATE pgbench_branches SET bbalance = bbalance + 1;' >$TOP/transaction.sql

load
pk record --sources cpu,task,sched,block,vfs -o c.pkp -- \
	setpriv --reuid postgres --regid postgres --init-groups -- \
	pgbench -h /tmp -p $PORT -U postgres -n -f $TOP/transaction.sql -c 1 -T $SECONDS_LONG postgres >bench.txt 2>record.txt ||
	fail record "$(tail -n 1 record.txt)"
nr=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' bench.txt)
took_ns=$(sed -n 's/^latency average = \([0-9.]*\) ms/\1/p' bench.txt | awk '{ print $1 * 1e6 }')
pk io --autopsy --limit 0 --json c.pkp >c.autopsy
pk io --json c.pkp >c.io

LOG='.slowest[] | select(.op == "fsync" and (.file // "" | test("/pg_wal/")) and .requests > 0)'
mean() {
	jq "[$LOG | $1] | add / length" c.autopsy
}

# pgbench -n connects, which commits nothing; PostgreSQL syncs its log by itself now and then
fsyncs=$(jq '[.file_processes[] | select(.comm == "postgres" and .op == "fsync") | .count] | add' c.io)
expect fsyncs "$fsyncs >= $nr && $fsyncs <= $nr * 1.05 + 5" "fsyncs of the server: $fsyncs, commits: $nr"
told=$(jq "[$LOG] | length" c.autopsy)
expect told "$told >= 20" "commits told one by one: $told"
# each request is as long as the disk takes; a commit's come one after the other
at_device=$(mean '.device_ns / .requests')
expect delay "$at_device > $DELAY_MS * 1e6 * 0.98 && $at_device < $DELAY_MS * 1e6 * 1.1" \
	"at the device for each request: $(calc "$at_device / 1e6") ms of $DELAY_MS"
share=$(jq "([$LOG | .device_ns] | add) / ([$LOG | .length_ns] | add)" c.autopsy)
expect share "$share > 0.85" "device's share of the log's fsyncs: $share"
waited_ns=$(mean '.device_ns + .others_device_ns')
expect transaction "$waited_ns < $took_ns && $waited_ns > 0.5 * $took_ns" \
	"of a transaction of $(calc "$took_ns / 1e6") ms, by pgbench, at the disk: $(calc "$waited_ns / 1e6") ms"

server -m immediate stop
unload
umount $TOP/disk
null_disk_away
rm -rf $TOP
