# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Samples at 10 kHz while address spaces change as fast as they can, stacks are where no stack
# is, and somebody hands the module unwind rows that are noise. Every record is delivered or
# counted, refusals are those of the contract, and the module goes when it is told to.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

SECONDS_EACH=6 HZ=10000
[[ -z ${PK_PATIENT:-} ]] || SECONDS_EACH=60
# a sample takes longer there than 100 us
[[ -z ${PK_DEBUG:-} ]] || HZ=1000 SECONDS_EACH=20
readonly SECONDS_EACH HZ

# begin NAME: a session for one of the storms; the pid of its recorder in $recorder
begin() {
	"$PK_USER" record -F $HZ --sources cpu,task,sched -o "$1.pkp" -d "$(calc "$SECONDS_EACH + 4")" >"$1.err" 2>&1 &
	recorder=$!
	for _ in $(seq 100); do
		[[ ! -s $1.pkp ]] || break
		sleep 0.1
	done
}

# end NAME: its books
end() {
	wait "$recorder" || fail "$1-recorded" "$(tail -n 1 "$1.err")"
	balanced "$1-books" "$1.pkp"
}

load || exit 1
begin churn
churn "$SECONDS_EACH" >churn.txt
expect churn "$? == 0"
for work in maps stacks forks execs thread_execs threads; do
	expect "churn-$work" "$(said $work churn.txt) > 0" "$(said $work churn.txt) times"
done
end churn

begin rows
rowsabuse "$recorder" "$SECONDS_EACH" >rows.txt 2>rows.why
expect rows "$? == 0" "$(tail -n 1 rows.why)"
expect rows-taken "$(said taken rows.txt) >= 5" "$(said taken rows.txt) tables of noise taken, $(said refused rows.txt) refused"
end rows
# with any rules a walk ends for any reason, and never shows what is not user code
pk export --format folded rows.pkp >rows.folded
expect rows-sampled "$(grep -c '^rowsabuse' rows.folded) > 10"
equal rows-no-kernel-address "$(grep '^rowsabuse' rows.folded | grep -cE ';0xffff[0-9a-f]{12}')" 0

begin hostile
hostile "$(calc "$SECONDS_EACH / 2")" >hostile.txt
hostile "$(calc "$SECONDS_EACH / 2")" sp >hostile-sp.txt
equal hostile "$(said values hostile-sp.txt)" "$(said values hostile.txt)"
end hostile
unload
equal unloaded "$(grep -c '^pkprof ' /proc/modules)" 0
