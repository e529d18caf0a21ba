# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Others work on the functions that we probe, while we record: all kprobes are switched off and on
# and optimized or not every 100 ms, kprobe events come and go on the same functions, and
# the function tracer has them. Ours balances its books, theirs get their events, and
# all is as before when both are gone.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly TRACE=/sys/kernel/tracing ENABLED=/sys/kernel/debug/kprobes/enabled
readonly TRACER=$TRACE/instances/pktest
readonly OPTIMIZED=/proc/sys/debug/kprobes-optimization
readonly FUNCTIONS_OF_BOTH="perf_event_mmap vfs_read vfs_write"
SECONDS_EACH=8
[[ -z ${PK_PATIENT:-} ]] || SECONDS_EACH=30
[[ -z ${PK_LONG:-} ]] || SECONDS_EACH=300
readonly SECONDS_EACH

# switch FILE: until the test is over
switch() {
	local nr=0

	while [[ ! -e over ]]; do
		echo $((nr++ % 2)) >"$1"
		sleep 0.1
	done
	echo 1 >"$1"
	echo $nr >"switched-${1##*/}"
}

# Events on our functions, made and thrown away again.
trace_events() {
	local function nr=0

	while [[ ! -e over ]]; do
		for function in $FUNCTIONS_OF_BOTH; do
			echo "p:pktest/p_$function $function" >>$TRACE/kprobe_events
			echo "r:pktest/r_$function $function" >>$TRACE/kprobe_events
		done
		echo 1 >$TRACE/events/pktest/enable
		sleep 0.5
		awk '{ n += $2 } END { print n + 0 }' $TRACE/kprobe_profile >>hits
		echo 0 >$TRACE/events/pktest/enable
		for function in $FUNCTIONS_OF_BOTH; do
			echo "-:pktest/p_$function" >>$TRACE/kprobe_events
			echo "-:pktest/r_$function" >>$TRACE/kprobe_events
		done
		nr=$((nr + 1))
	done
	echo $nr >events-rounds
}

load
if [[ ! -w $ENABLED || ! -w $TRACE/kprobe_events ]]; then
	skip kprobes "this kernel has no switch of kprobes, or no events by them"
	unload
	exit 0
fi
rm -f over hits
# The others begin first, we on top of them. In an instance: an event that goes empties its buffer.
mkdir $TRACER
echo 4096 >$TRACER/buffer_size_kb
tr ' ' '\n' <<<"$FUNCTIONS_OF_BOTH" >$TRACER/set_ftrace_filter
echo function >$TRACER/current_tracer
switch $ENABLED &
switch $OPTIMIZED &
trace_events 2>events.err &
churn $((SECONDS_EACH + 4 * SLOWNESS)) >churn.txt 2>churn.err &
churn=$!
for round in 1 2 3; do
	"$PK_USER" record -F 499 --sources cpu,task,sched,offcpu,block,vfs,tcp -d $((SECONDS_EACH / 3 + 1)) -o k$round.pkp >k.err 2>&1 ||
		fail record$round "exit $?: $(tail -n 1 k.err)"
	balanced books$round k$round.pkp
done
touch over
kill $churn 2>/dev/null
wait
echo 0 >$TRACER/tracing_on
traced=$(cat $TRACER/per_cpu/cpu*/stats | awk '/^(entries|overrun):/ { n += $2 } END { print n + 0 }')
expect switched "$(<switched-enabled) > 10 && $(<switched-kprobes-optimization) > 10" \
	"$(<switched-enabled) and $(<switched-kprobes-optimization) times"
expect events "$(<events-rounds) > 1 && $(awk '{ n += $1 } END { print n + 0 }' hits) > 0" \
	"$(awk '{ n += $1 } END { print n + 0 }' hits) hits of others' events in $(<events-rounds) rounds"
expect tracer "$traced > 100" "$traced calls of the functions, traced by others"
echo nop >$TRACER/current_tracer
rmdir $TRACER
echo "# missed as another probe's handler ran: $(for f in k?.pkp; do rows losses.sources "$f" | jq -c '[.source, .nested]'; done | tr '\n' ' ')"
holds detached until_true 5 module_is_idle
# nobody's are switched off any more, and new mappings are seen again
pk record -F 99 --sources cpu,task -o after.pkp -- "$PK_WORK/busy" 1 0 1 >/dev/null 2>after.err || fail after "$(tail -n 1 after.err)"
# its code was mapped after the start: without the probe of mappings it has no name
expect after-mapped "$(samples_in busy_loop after.pkp) > 20" "$(samples_in busy_loop after.pkp) samples with a name, of $(total samples after.pkp)"
holds unload unload
