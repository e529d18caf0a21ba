# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# On a CPU that is busy all the time, samples and counted overruns are rate times
# time within 1 %: between the first and the last sample of the CPU, and, as start
# and stop of a recording take their time on a busy host, roughly in all.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# windows FILE: each CPU and the seconds from its first to its last sample
windows() {
	pk export --format perf-script "$1" | awk '
		/^[^[:space:]]/ && match($0, /\[[0-9]+\] +[0-9]+\.[0-9]+:/) {
			split(substr($0, RSTART + 1, RLENGTH - 2), part, /\] +/)
			cpu = part[1] + 0
			if (!(cpu in first)) first[cpu] = part[2]
			last[cpu] = part[2]
		}
		END { for (cpu in first) printf "%d %.6f\n", cpu, last[cpu] - first[cpu] }'
}

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
	windows g$hz.pkp >windows.txt
	for cpu in 0 1; do
		generated=$(cpu_books generated g$hz.pkp $cpu)
		window=$(said $cpu windows.txt)
		want=$(calc "$hz * $window")
		within hz$hz-cpu$cpu "$generated" "$want" "$(calc "$want * 0.01 + 2")" \
			"instants in $window s, of them $(cpu_books overrun g$hz.pkp $cpu) overruns"
		within hz$hz-cpu$cpu-whole "$window" "$seconds" "$(calc "$seconds * 0.03 + 2 / $hz")" \
			"s from the first to the last sample"
	done
	balanced books$hz g$hz.pkp
done
