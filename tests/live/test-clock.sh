# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The clock is set, slewed, given a leap second and another source while we record: times in the
# file go forward and are as long as they were by the clock that nobody sets, and a busy program has
# as many samples as it should.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SOURCES=/sys/devices/system/clocksource/clocksource0 HZ=199
SECONDS_EACH=10
[[ -z ${PK_PATIENT:-} ]] || SECONDS_EACH=30
[[ -z ${PK_LONG:-} ]] || SECONDS_EACH=300
readonly SECONDS_EACH

uptime_ns() {
	awk '{ printf "%.0f\n", $1 * 1e9 }' /proc/uptime
}

# backward FILE: samples of a CPU that are older than the one before
backward() {
	pk export --format perf-script "$1" |
		sed -nE 's/.* \[([0-9]+)\] +([0-9.]+): .*/\1 \2/p' |
		awk '$2 + 0 < last[$1] { n++ } { last[$1] = $2 + 0; nr++ } END { print n + 0, nr + 0 }'
}

# abused NAME [CLOCKSOURCES]
abused() {
	local name=$1 from to back nr

	"$PK_USER" record -F $HZ --sources cpu,task,sched -o "$name.pkp" -- "$PK_WORK/busy" 600 0 1 >"$name.busy" 2>"$name.err" &
	recorder=$!
	until_true 60 session_runs
	from=$(uptime_ns)
	clockabuse $SECONDS_EACH ${2:+"$2"} >"$name.txt"
	to=$(uptime_ns)
	pkill -TERM -x busy
	wait $recorder || fail "$name-record" "exit $?: $(tail -n 1 "$name.err")"
	expect "$name-done" "$(said jumps "$name.txt") > 10 && $(said rates "$name.txt") > 5 && $(said leaps "$name.txt") > 5" \
		"$(tr '\n' ' ' <"$name.txt")"
	equal "$name-monotonic" "$(said backward "$name.txt")" 0 "the kernel's own clock went back"
	balanced "$name-books" "$name.pkp"
	read -r back nr < <(backward "$name.pkp")
	equal "$name-order" "$back" 0 "of $nr samples are older than the one before"
	# it began before the abuse and ended after it
	expect "$name-duration" "$(total duration_ns "$name.pkp") >= $to - $from - 5e7 && $(total duration_ns "$name.pkp") < $to - $from + ${SLOWNESS}e10" \
		"recorded $(total duration_ns "$name.pkp") ns, by the uptime $((to - from)) ns"
	# of both CPUs; what came late on a busy host is in the books
	generated=$(($(cpu_books generated "$name.pkp" 0) + $(cpu_books generated "$name.pkp" 1)))
	within "$name-instants" "$generated" "$(calc "2 * $HZ * $(total duration_ns "$name.pkp") / 1e9")" \
		"$(calc "0.03 * 2 * $HZ * $(total duration_ns "$name.pkp") / 1e9 + 4")" "instants of two busy CPUs"
}

load
abused set
if [[ $(wc -w <$SOURCES/available_clocksource) -gt 1 ]]; then
	before=$(<$SOURCES/current_clocksource)
	abused source "$before,$(tr ' ' '\n' <$SOURCES/available_clocksource | grep -vx "$before" | grep . | paste -sd,)"
	expect source-switched "$(said sources source.txt) > 3" "$(said sources source.txt) times among $(<$SOURCES/available_clocksource)"
	equal source-back "$(<$SOURCES/current_clocksource)" "$before"
else
	skip source "the only clock source is $(<$SOURCES/available_clocksource)"
fi
holds detached until_true 5 module_is_idle
unload
