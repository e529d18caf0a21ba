# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The machine is suspended while we record: to memory but for the last step, and to idle but for the
# idling, which no clock of an emulator ends (/sys/power/pm_test). Recording goes on after each; times
# go forward, the time asleep is no time of any thread, and samples come again. Needs a guest that has
# no device of the machine below in use (tests/vm/guest --ram), which would not come back.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

ROUNDS=5
[[ -z ${PK_LONG:-} ]] || ROUNDS=50
readonly ROUNDS HZ=199

# times_of LEVEL STATE: how often it went as far as that, and came back
times_of() {
	local done=0

	echo "$1" >/sys/power/pm_test
	for ((i = 0; i < ROUNDS; i++)); do
		! echo "$2" >/sys/power/state || done=$((done + 1))
		sleep 0.3
	done
	echo none >/sys/power/pm_test
	echo $done
}

if [[ $(stat -f -c %T /) == overlayfs || ! -w /sys/power/pm_test ]]; then
	skip suspend "the root of this guest is on the machine below, or the kernel has no pm_test"
	exit 0
fi
echo 1 >/sys/module/suspend/parameters/pm_test_delay
load
"$PK_USER" record -F $HZ --sources cpu,task,sched -o s.pkp -- "$PK_WORK/busy" 600 0 >busy.txt 2>s.err &
recorder=$!
until_true 60 session_runs
sleep 1
suspended=$(times_of core mem)
pk mark woken
sleep 2
pk mark frozen
frozen=$(times_of platform freeze)
pk mark thawed
sleep 2
pkill -TERM -x busy
holds record wait $recorder
equal suspends "$suspended" $ROUNDS "times suspended to memory, and back"
equal freezes "$frozen" $ROUNDS "times frozen, and back"
balanced books s.pkp
for phase in woken thawed; do
	n=$(rows process.processes s.pkp --phase $phase | jq -s '[.[] | select(.comm == "busy") | .samples] | add // 0')
	expect "after-$phase" "$n > $HZ" "samples of the busy program in 2 seconds after: $n"
done
# by the clock that stands still meanwhile, the program ran all the time that it was not asleep
wall=$(awk '$1 == "cpu" { print $5; exit }' busy.txt)
within ran "$(total duration_ns s.pkp)" "${wall:-0}" 3e9 "ns recorded, and of the program by CLOCK_MONOTONIC"
back=$(pk export --format perf-script s.pkp | sed -nE 's/.* \[([0-9]+)\] +([0-9.]+): .*/\1 \2/p' |
	awk '$2 + 0 < last[$1] { n++ } { last[$1] = $2 + 0 } END { print n + 0 }')
equal order "$back" 0 "samples that are older than the one before"
matches logged "$(dmesg)" 'PM: suspend (entry|exit)'
holds detached until_true 5 module_is_idle
holds unload unload
