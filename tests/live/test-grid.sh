# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# On a CPU that is busy all the time, samples and counted overruns are rate times
# time within 1 %.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
for hz in 99 999; do
	"$PK_WORK/busy" 600 0 1 >busy.txt &
	busy=$!
	until_true 10 grep -q started busy.txt
	sleep 0.2
	pk record -F $hz -d $((hz == 99 ? 6 : 10)) -o g$hz.pkp 2>record.err || fail record$hz "$(tail -n 1 record.err)"
	kill $busy
	wait $busy
	seconds=$(calc "$(total recording_ns g$hz.pkp) / 1e9")
	for cpu in 0 1; do
		generated=$(cpu_books generated g$hz.pkp $cpu)
		want=$(calc "$hz * $seconds")
		within hz$hz-cpu$cpu "$generated" "$want" "$(calc "$want * 0.01 + 1")" \
			"instants in $seconds s, of them $(cpu_books overrun g$hz.pkp $cpu) overruns"
	done
	balanced books$hz g$hz.pkp
done
