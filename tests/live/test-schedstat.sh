# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The ledger against the kernel's own books of the same threads: CPU time within 1 %,
# time on the run queue within 1 %, 1 ms, or 1 us for each switch, the largest of them.
#
# The kernel reads its clock as it begins to look for the next thread, we ours when it
# has found it. A virtual processor that stands still just then makes the time in
# between as long as it likes: with a share S of the time stolen, of n switches with
# 4 us in between it is 2n * 4 us * S / (1 - S) that is misplaced, in pieces of up to
# 100 ms, either way: four standard errors are granted. Nothing where nothing is stolen;
# the benchmark has the exact figure.
#
# Where the kernel may be preempted at any place (PREEMPT_RT), a thread on its way to
# sleep is, too. It waits for a CPU then, but the kernel does not count that: its books
# (sched_info_depart()) look at the state that the thread has set already. So of threads
# that sleep our time on the run queue is only not to be less.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
pk record --sources sched,task -o s.pkp -- sh -c 'schedstats 6 >books.txt' 2>record.err ||
	fail record "$(tail -n 1 record.err)"
equal workload "$(tail -n 1 books.txt)" over "$(calc "100 * $(said stolen books.txt)") % of CPU time stolen;"
accounts s.pkp >accounts.txt
# shellcheck disable=SC2016 # awk's own
awk -v realtime="$(cat /sys/kernel/realtime 2>/dev/null || echo 0)" -v stolen="$(said stolen books.txt)" '
	FNR == 1 { part++ }
	part == 1 && FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	part == 1 { cpu[$1] = $at["cpu_ns"]; queue[$1] = $at["runq_ns"] + $at["preempted_ns"]; next }
	$1 == "thread" {
		nr[$3]++
		name = $3 nr[$3]
		if (!($2 in cpu)) { print "fail", name, "thread", $2, "is not in the ledger"; next }
		# reading its books and leaving come after they were read
		slack = 0.01 * $4 > 1e6 ? 0.01 * $4 : 1e6
		room = 0.01 * $5
		if (room < 1e6) room = 1e6
		if (room < 1e3 * $6) room = 1e3 * $6
		misplaced = 8e3 * $6 * stolen / (1 - stolen)
		misplaced += 4 * sqrt(misplaced * 1e8)
		slack += misplaced
		room += misplaced
		d = cpu[$2] - $4; q = queue[$2] - $5
		text = sprintf("CPU %.3f ms, kernel %.3f; run queue %.3f ms, kernel %.3f; %d switches; granted for stolen time %.3f",
			       cpu[$2] / 1e6, $4 / 1e6, queue[$2] / 1e6, $5 / 1e6, $6, misplaced / 1e6)
		uncounted = realtime && $3 != "compute"
		print (d > slack || d < -slack || q > room && !uncounted || q < -room ? "fail" : "pass"), name, text
	}' accounts.txt books.txt >compared.txt
equal threads "$(wc -l <compared.txt)" 12
while read -r word name detail; do
	"$word" "$name" "$detail"
done <compared.txt
