# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# perf and bpftrace beside us: what they count of a load that is known is the same with a recording of
# everything as without, and what we say of it is, too.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

CALLS=20000
[[ -z ${PK_DEBUG:-} ]] || CALLS=3000
readonly CALLS

# A known number of system calls, by one program.
work() {
	dd if=/dev/zero of=/dev/null bs=512 count=$CALLS 2>dd.txt
}

# traced: reads of dd as bpftrace counts them
traced() {
	bpftrace -e 'kprobe:vfs_read /comm == "dd"/ { @reads = count(); }' >bpf.txt 2>bpf.err &
	local tracer=$!

	until_true 30 grep -q 'Attaching' bpf.txt || echo "# $(tail -n 1 bpf.err)"
	sleep "$SLOWNESS"
	work
	kill -INT $tracer
	wait $tracer
	sed -n 's/^@reads: //p' bpf.txt
}

# sampled: per cent of perf's samples in the program that keeps CPU 1 busy
sampled() {
	"$PK_WORK/busy" 600 1 >/dev/null &
	local busy=$!

	perf record -q -e cpu-clock -F 99 -C 1 -o perf.data -- sleep 4 >perf.txt 2>&1 || echo "# $(tail -n 1 perf.txt)"
	pkill -x busy
	wait $busy 2>/dev/null
	perf report -i perf.data --sort comm --stdio 2>/dev/null | awk '$2 == "busy" { print $1 + 0; exit }'
}

load
for tool in perf bpftrace; do
	command -v $tool >/dev/null || { skip $tool "there is no $tool"; exit 0; }
done
alone=$(traced)
alone_share=$(sampled)
alone_perf=$(perf stat -e context-switches -x, -- sh -c 'for i in 1 2 3; do sleep 0.1; done' 2>&1 | awk -F, '/context-switches/ { print $1 }')
"$PK_USER" record -F 999 --sources cpu,task,sched,offcpu,block,vfs,tcp -o o.pkp 2>o.err &
recorder=$!
until_true 60 session_runs
beside=$(traced)
share=$(sampled)
beside_perf=$(perf stat -e context-switches -x, -- sh -c 'for i in 1 2 3; do sleep 0.1; done' 2>&1 | awk -F, '/context-switches/ { print $1 }')
kill -INT $recorder
holds record wait $recorder
balanced books o.pkp
equal bpftrace "${beside:-none}" "${alone:-nothing}" "reads of dd, with and without a recording"
expect bpftrace-all "${beside:-0} >= $CALLS" "$beside reads of $CALLS blocks"
within perf-share "${share:-0}" "${alone_share:-100}" 10 "per cent of samples"
within perf-switches "${beside_perf:-0}" "${alone_perf:-0}" 6 "context switches"
ours=$(pk io --json -n 0 o.pkp | jq '[.file_processes[] | select(.comm == "dd" and .op == "read" and (.within | not)) | .count] | add // 0')
within ours "$ours" "$beside" "$(calc "0.002 * $CALLS + 20")" "reads of dd, by our books and bpftrace's"
holds detached until_true 5 module_is_idle
# a recorder that comes when they are there already, and goes before them
bpftrace -e 'tracepoint:sched:sched_switch { @n = count(); } kprobe:perf_event_mmap { @m = count(); }' >bpf2.txt 2>&1 &
tracer=$!
until_true 30 grep -q Attaching bpf2.txt
pk record -F 999 -o second.pkp -d 2 2>second.err || fail second "$(tail -n 1 second.err)"
/bin/true
kill -INT $tracer
wait $tracer
balanced second-books second.pkp
expect still-theirs "$(sed -n 's/^@n: //p' bpf2.txt) > 0 && $(sed -n 's/^@m: //p' bpf2.txt) > 0" "$(grep '^@' bpf2.txt | tr '\n' ' ')"
holds unload unload
