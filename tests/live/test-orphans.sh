# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Recorders that end as nobody planned: killed because their cgroup has no memory, stopped and killed
# then, their descriptor passed on to somebody who outlives them. The session is gone as soon as the last
# reference is, and the next one begins. An unload is refused for as long, at once.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly GROUP=/sys/fs/cgroup/pk-orphans
ROUNDS=12
[[ -z ${PK_PATIENT:-} ]] || ROUNDS=60
[[ -z ${PK_LONG:-} ]] || ROUNDS=500
readonly ROUNDS

# refused_at_once NAME: rmmod, within a second (of an emulated machine)
refused_at_once() {
	local from=$EPOCHREALTIME

	if rmmod pkprof 2>rmmod.err; then
		fail "$1" "it was not refused"
	else
		expect "$1" "$(calc "$EPOCHREALTIME - $from") < 2 * $SLOWNESS" "refused after $(calc "$EPOCHREALTIME - $from") s"
	fi
}

# is_over PID: it has let go of all that it had; one that nobody waits for stays a zombie
is_over() {
	[[ $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) != [^Z]* ]]
}

load
# at random times, the first of them before it has begun
late=0
for ((i = 0; i < ROUNDS; i++)); do
	"$PK_USER" record -F 499 -o k.pkp >/dev/null 2>&1 &
	recorder=$!
	sleep "$((RANDOM % (2 * SLOWNESS))).$((RANDOM % 10))"
	kill -9 $recorder
	wait $recorder 2>/dev/null
	until_true 1 module_is_idle || late=$((late + 1))
done
equal killed $late 0 "of $ROUNDS sessions outlived their recorder by more than a second"

"$PK_USER" record -F 499 -o s.pkp >/dev/null 2>&1 &
recorder=$!
until_true 60 session_runs
kill -STOP $recorder
refused_at_once stopped-holds
sleep 2
kill -9 $recorder
wait $recorder 2>/dev/null
holds stopped-gone until_true 1 module_is_idle

# Somebody else has the descriptor, and says so: the session goes on without its maker.
coproc rights --keep
read -r word keeper <&"${COPROC[0]}"
equal passed "$word" "kept" "descriptor of a process that has ended"
holds passed-runs session_runs
refused_at_once passed-holds
kill -9 "$keeper"
until_true 10 is_over "$keeper" || fail passed-killed "it goes on"
holds passed-gone until_true 1 module_is_idle
wait

if mkdir $GROUP 2>/dev/null && echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null && [[ -w $GROUP/memory.max ]]; then
	echo 2500K >$GROUP/memory.max
	(echo $BASHPID >$GROUP/cgroup.procs; exec "$PK_USER" record -F 4999 -d 60 -o o.pkp) >o.out 2>&1
	status=$?
	kills=$(sed -n 's/^oom_kill //p' $GROUP/memory.events)
	expect memory "$kills > 0 && $status == 137" "exit $status, $kills kills in the cgroup"
	holds memory-gone until_true 1 module_is_idle
	rmdir $GROUP
else
	skip memory "there is no memory controller for cgroups"
fi
pk record -F 499 -d 1 -o next.pkp 2>next.err || fail next "$(tail -n 1 next.err)"
balanced next-books next.pkp
holds unload unload
