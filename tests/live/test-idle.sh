# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# An idle CPU is not kept awake: at most one of our timer interrupts in each of
# its idle periods, none in one that is older than a sampling period. The
# kernel's own trace of switches and timers is the witness.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly TRACE=/sys/kernel/tracing
readonly HZ=99

trace_on() {
	echo 0 >$TRACE/tracing_on
	echo nop >$TRACE/current_tracer
	echo mono >$TRACE/trace_clock
	echo 16384 >$TRACE/buffer_size_kb
	echo 2 >$TRACE/tracing_cpumask
	echo 1 >$TRACE/events/sched/sched_switch/enable
	echo 1 >$TRACE/events/irq/softirq_entry/enable
	echo 1 >$TRACE/events/irq/softirq_exit/enable
	echo 1 >$TRACE/events/timer/hrtimer_start/enable
	echo 1 >$TRACE/events/timer/hrtimer_expire_entry/enable
	: >$TRACE/trace
	echo 1 >$TRACE/tracing_on
}

trace_off() {
	echo 0 >$TRACE/tracing_on
	cat $TRACE/trace >trace.txt
	echo 0 >$TRACE/events/enable
	: >$TRACE/trace
	echo 1408 >$TRACE/buffer_size_kb
	echo 3 >$TRACE/tracing_cpumask
}

load
# The other CPU does the work, and one task wakes up on ours now and then.
taskset -p 1 $$ >/dev/null
"$PK_USER" record -F $HZ -d 14 -o i.pkp 2>record.err &
recorder=$!
until_true 60 session_runs || fail start "$(cat record.err)"
"$PK_WORK/waiter" 10 40 1 >waiter.txt &
waiter=$!
trace_on
wait $waiter
trace_off
wait $recorder
# shellcheck disable=SC2016 # awk's own
awk -v period="$(calc "1 / $HZ")" '
	$1 == "#" { next }
	{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) { time = $i + 0; event = $(i + 1); break } }
	event == "sched_switch:" {
		if (/next_pid=0 /) { idle = 1; from = time; ticks = 0; periods++ }
		else { idle = 0; if (from && time - from > longest) longest = time - from }
	}
	event == "softirq_entry:" { softirq = 1 }
	event == "softirq_exit:" { softirq = 0 }
	event ~ /^hrtimer/ && /function=pk_/ {
		match($0, /hrtimer=[^ ]+/)
		timer = substr($0, RSTART, RLENGTH)
	}
	event == "hrtimer_start:" && /function=pk_/ {
		match($0, / expires=[0-9]+/)
		due[timer] = substr($0, RSTART + 9, RLENGTH - 9) / 1e9
	}
	event == "hrtimer_expire_entry:" && /function=pk_/ {
		ours++
		# interrupts woke it for work of their own: not idle, and a new period after it
		if (idle && softirq) { from = time; ticks = 0; periods++ }
		else if (idle) {
			in_idle++
			if (++ticks > 1) second++
			if (due[timer] - from > period + 0.00001) { late++; age = due[timer] - from }
		}
	}
	END { printf "periods %d\nours %d\nin_idle %d\nsecond %d\nlate %d\nage %.6f\nlongest %.6f\n",
		periods, ours, in_idle, second, late, age, longest }' trace.txt >idle.txt
expect idle_periods "$(said periods idle.txt) > 100" "$(said periods idle.txt) idle periods, the longest $(said longest idle.txt) s"
expect one_per_period "$(said second idle.txt) == 0" "$(said in_idle idle.txt) timer interrupts in them, second ones $(said second idle.txt)"
# By the time that the timer was set for: when it gets to run is the host's affair.
expect none_when_old "$(said late idle.txt) == 0" "in periods older than a sampling period: $(said late idle.txt), age $(said age idle.txt) s"
expect fewer_than_rate "$(said in_idle idle.txt) <= $(said periods idle.txt)"
