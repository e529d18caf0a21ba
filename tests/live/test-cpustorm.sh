# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# CPU 1 goes and comes at random times while sessions begin, run and end; and each state that the
# module has in the hotplug machinery is made to fail. The books balance, and the CPU is sampled as
# soon as it is there.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly CPU=/sys/devices/system/cpu/cpu1
SECONDS_EACH=15
[[ -z ${PK_DEBUG:-} ]] || SECONDS_EACH=40
[[ -z ${PK_PATIENT:-} ]] || SECONDS_EACH=60
[[ -z ${PK_LONG:-} ]] || SECONDS_EACH=600
readonly SECONDS_EACH

toggle() {
	local nr=0

	while [[ ! -e over ]]; do
		echo 0 >$CPU/online 2>/dev/null
		sleep "0.0$((RANDOM % 10))"
		echo 1 >$CPU/online 2>/dev/null
		sleep "0.0$((RANDOM % 10))"
		nr=$((nr + 1))
	done
	echo 1 >$CPU/online 2>/dev/null
	echo $nr >toggles
}

if [[ ! -w $CPU/online ]]; then
	skip cpu1 "this kernel cannot take CPU 1 offline"
	exit
fi
load
"$PK_WORK/shares" 600 >/dev/null &
worker=$!
rm -f over
toggle &
toggler=$!
end=$((SECONDS + SECONDS_EACH)) bad=0 sessions=0
while ((SECONDS < end || sessions < 4)); do
	sessions=$((sessions + 1))
	pk record -q --no-symbols -F 999 -d "0.$((RANDOM % 9 + 1))" -o s.pkp >s.err 2>&1 || {
		bad=$((bad + 1))
		echo "# $(tail -n 1 s.err)"
		continue
	}
	[[ -z $(unbalanced s.pkp) ]] || {
		bad=$((bad + 1))
		echo "# $(unbalanced s.pkp | head -n 1)"
	}
done
touch over
wait $toggler
equal sessions $bad 0 "of $sessions sessions went wrong, while the CPU went and came $(<toggles) times"
expect toggles "$(<toggles) > 5 && $sessions > 2" "$(<toggles) times in $sessions sessions"

# Each of our states fails once. What cannot be started says so and leaves nothing.
fail_state() {
	echo "$1" >$CPU/hotplug/fail && ! echo 1 >$CPU/online 2>/dev/null
}

if [[ -w $CPU/hotplug/fail ]]; then
	"$PK_USER" record -F 999 -o f.pkp 2>f.err &
	recorder=$!
	until_true 60 session_runs
	states=$(awk -F': *' '/pkprof/ { print $1 }' /sys/devices/system/cpu/hotplug/states)
	echo "# states while it records: $(grep pkprof /sys/devices/system/cpu/hotplug/states | tr '\n' ';')"
	for state in $states; do
		echo 0 >$CPU/online
		if fail_state "$state"; then
			pass "fail-$state" "the CPU did not come"
		else
			fail "fail-$state" "the CPU came in spite of it"
		fi
		echo -1 >$CPU/hotplug/fail
		holds "fail-$state-again" sh -c "echo 1 >$CPU/online"
	done
	sleep "$SLOWNESS"
	kill -INT $recorder
	holds fail-record wait $recorder
	balanced fail-books f.pkp
	expect fail-states "$(wc -w <<<"$states") > 0" "$(wc -w <<<"$states") states of the module"
fi
kill $worker
wait $worker 2>/dev/null
holds detached until_true 5 module_is_idle
holds unload unload
