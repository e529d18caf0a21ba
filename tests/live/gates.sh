# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What must hold after each test of the torture plan, whatever it tried: sourced by tests/live/run,
# which asks for the kernel log (gate 1) itself. In: the test's directory and what was noted
# before the first one. Out: a line "ok NAME/gate-WHAT" or "not ok ..." each.
#
#   gate-taint      (2) the kernel is tainted by nothing but a module that is not its own
#   gate-left       (3) with the module gone: no probes, timers, family, device; memory for each
#                   CPU as before; where the kernel looks for leaks, two scans find none of ours
#   gate-books      (4) each whole profile that the test left: generated is delivered and lost
#   gate-life       (5) a canary beside the test never waited longer than PK_STALL_MS
#   gate-signals    (6) the tool never ended by a signal that it did not ask for, and each
#                   profile that was begun opens
#
# The canary's limit: 0.5 s, on a debug kernel 2 s; but not less than three times what it waits in
# the same guest beside busy programs and with no module loaded, since the machine below is shared:
# measured before the first test, and once more after one in which it waited longer.

readonly GATE_DIR=$PK_TMP/gates TAINT_ALLOWED=$((1 << 12 | 1 << 13)) PERCPU_SLACK_KB=512
# Of a damaged or interrupted file there are no whole books; more than so many say no more.
readonly GATE_FILES=6
readonly CANARY_ALONE_S=15

gate() {
	local word=ok

	(($1 == 0)) || word='not ok'
	echo "$word $2/gate-$3 0 $4"
	return "$1"
}

gate_percpu() {
	awk '/^Percpu:/ { print $2 }' /proc/meminfo
}

canary_begins() {
	canary "$GATE_DIR/$1" 2>"$GATE_DIR/canary.err" &
	gate_canary=$!
}

canary_ends() {
	kill "$gate_canary" 2>/dev/null
	wait "$gate_canary" 2>/dev/null
}

# Without the module: what other programs and the machine below do to it.
canary_alone() {
	busy $CANARY_ALONE_S >/dev/null &
	timeout $CANARY_ALONE_S forkstorm 1000000 >/dev/null 2>&1 &
	canary_begins alone
	sleep $CANARY_ALONE_S
	canary_ends
	wait
}

# longest FILE: "MS DEED"
gate_longest() {
	awk '$2 > most { most = $2; deed = $1 } END { printf "%.0f %s\n", most, deed }' "$1"
}

# Before the first test. What a session allocates once is not a leak of the next one.
gates_prepare() {
	mkdir -p "$GATE_DIR"
	echo "$GATE_DIR/core.%e.%s" >/proc/sys/kernel/core_pattern
	ulimit -c 64
	ip link set lo up
	canary_alone
	insmod "$PK_KO" && "$PK_USER" record -q --no-symbols -d 0.2 -o "$GATE_DIR/first.pkp" >/dev/null 2>&1
	rmmod pkprof
	gate_percpu >"$GATE_DIR/percpu"
	gate_probes >"$GATE_DIR/probes" 2>/dev/null
	echo "# canary before all: $(gate_longest "$GATE_DIR/alone")"
}

gate_taint() {
	local tainted

	tainted=$(</proc/sys/kernel/tainted)
	gate $(((tainted & ~TAINT_ALLOWED) != 0)) "$1" taint "$tainted"
}

# Probes, hooks and timers of anybody, and what of slabs is ours by name.
gate_probes() {
	sed 's/^[0-9a-fx]* *//' /sys/kernel/debug/kprobes/list
	cat /sys/kernel/tracing/enabled_functions 2>/dev/null
	grep -ohE ', pk_[a-z_]+|^pk[a-z_]+ ' /proc/timer_list /proc/slabinfo 2>/dev/null
	grep -o 'pkprof:[a-z]*' /sys/devices/system/cpu/hotplug/states 2>/dev/null
}

# Of two scans what is in both, with a frame of our module or of one that is gone.
gate_kmemleak() {
	local leaks=/sys/kernel/debug/kmemleak

	[[ -w $leaks && -z ${PK_NO_LEAKS:-} ]] || return 0
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
	awk '/^unreferenced object/ { if (ours) n++; ours = 0 }
	     /\[pkprof\]|0xffffffff[a-e][0-9a-f]+$/ { ours = 1 }
	     END { if (ours) n++; if (n) print "leaks " n }' $leaks
	echo clear >$leaks
}

gate_left() {
	local left='' told='' found percpu

	[[ ! -d /sys/module/pkprof ]] || left+=" module"
	[[ ! -e /dev/pkprof ]] || left+=" device"
	[[ $(genl ctrl list 2>/dev/null) != *pkprof* ]] || left+=" family"
	# who is locked down tells nobody
	if cat /sys/kernel/debug/kprobes/list >/dev/null 2>&1; then
		gate_probes >"$GATE_DIR/probes-now"
		found=$(diff "$GATE_DIR/probes" "$GATE_DIR/probes-now" | sed -n 's/^> //p' | head -n 3 | tr '\n' ',')
		left+=${found:+ probes: $found}
		left+=$(gate_kmemleak)
	else
		told=", probes and leaks not told by a kernel that is locked down"
	fi
	percpu=$(gate_percpu)
	((percpu <= $(<"$GATE_DIR/percpu") + PERCPU_SLACK_KB)) || left+=" percpu:$(<"$GATE_DIR/percpu")->$percpu"
	gate $((${#left} != 0)) "$1" left "${left:-nothing; $percpu kB for each CPU, at first $(<"$GATE_DIR/percpu")$told}"
}

# Those that the test did not damage on purpose have an end.
gate_books() {
	local file bad='' whole=0 cut=0 report=$GATE_DIR/report.json

	for file in $(find "$PK_TMP/$1" -name '*.pkp' -size +4k -printf '%s %p\n' | sort -n | head -n $GATE_FILES | cut -d' ' -f2-); do
		"$PK_USER" report --json "$file" >"$report" 2>"$GATE_DIR/report.err"
		case $? in
		0) ;;
		*)
			cut=$((cut + 1))
			continue ;;
		esac
		if grep -qiE 'cut|incomplete|ends' "$GATE_DIR/report.err"; then
			cut=$((cut + 1))
			continue
		fi
		whole=$((whole + 1))
		bad+=$(jq -r --arg f "${file##*/}" '.analyses.losses.cpus[]? |
			select(.generated != .delivered + .ring_full + .overrun + .nested + .no_mem + .exiting + .definition) |
			" \($f):\(.source)/\(.cpu)"' "$report" | head -n 3 | tr -d '\n')
	done
	gate $((${#bad} != 0)) "$1" books "${bad:-$whole whole profiles, $cut that were cut}"
}

# limit_of_life: in ms, and how long the canary waited alone
limit_of_life() {
	local limit=500 alone

	[[ -z ${PK_DEBUG:-} ]] || limit=2000
	alone=$(gate_longest "$GATE_DIR/alone")
	((3 * ${alone% *} < limit)) || limit=$((3 * ${alone% *}))
	echo "${PK_STALL_MS:-$limit} ${alone% *}"
}

# with the module gone
gate_life() {
	local limit longest deed alone

	read -r longest deed < <(gate_longest "$GATE_DIR/during")
	read -r limit alone < <(limit_of_life)
	if ((longest > limit)); then
		canary_alone
		read -r limit alone < <(limit_of_life)
	fi
	gate $((longest > limit)) "$1" life "longest $longest ms ($deed), limit $limit ms, alone $alone ms"
}

gate_signals() {
	local cores unread='' file

	cores=$(find "$GATE_DIR" -name 'core.pkprof-user*' -printf '%f ')
	rm -f "$GATE_DIR"/core.*
	for file in $(find "$PK_TMP/$1" -name '*.pkp' -size +4k | head -n $GATE_FILES); do
		"$PK_USER" info "$file" >"$GATE_DIR/info" 2>&1
		case $? in
		0 | 7) ;;
		*) unread+=" ${file##*/}" ;;
		esac
	done
	gate $((${#cores} + ${#unread} != 0)) "$1" signals "${cores:+ended by a signal: $cores}${unread:+not opened:$unread}"
}

# gates_after NAME: all of them; 1 if one does not hold
gates_after() {
	local failed=0

	gate_books "$1" || failed=1
	gate_signals "$1" || failed=1
	[[ ! -d /sys/module/pkprof ]] || timeout 20 rmmod pkprof
	gate_life "$1" || failed=1
	gate_left "$1" || failed=1
	gate_taint "$1" || failed=1
	return $failed
}
