# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Processes that come faster than IDs do: under a small kernel.pid_max each ID is used many times.
# No two processes become one, each fork and exec is in the file, and one process of thousands of
# threads is one process.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly PID_MAX=/proc/sys/kernel/pid_max
NR=6000 THREADS=2000
[[ -z ${PK_BRIEF:-} ]] || NR=3000
[[ -z ${PK_DEBUG:-} ]] || NR=800 THREADS=500
[[ -z ${PK_PATIENT:-} || -n ${PK_DEBUG:-} ]] || NR=50000 THREADS=10000
readonly NR THREADS WORKERS=4

load
before=$(<$PID_MAX)
# the least that there may be is 301
echo 600 >$PID_MAX
pk record -F 199 --sources cpu,task,sched --ring-size 4M -o f.pkp -- \
	bash -c "for w in $(seq -s' ' $WORKERS); do forkstorm $((NR / WORKERS)) 50 & done; wait" >storm.txt 2>f.err ||
	fail record "$(tail -n 1 f.err)"
echo "$before" >$PID_MAX
balanced books f.pkp
forks=$(awk '$1 == "forks" { n += $2 } END { print n + 0 }' storm.txt)
equal forks "$forks" $((NR / WORKERS * WORKERS)) "children by the programs' own count"
lost=$(rows losses.sources f.pkp | jq -s '[.[] | select(.source == "task") | .lost] | add // 0')
# Two that became one would be one account less. Those whose end found no room in the ring are in a sum.
aggregated=$(rows ledger.totals f.pkp | jq '.aggregated_threads // 0')
accounts=$(accounts f.pkp | awk '$3 == "storm-child"' | wc -l)
expect never-two "$accounts + $lost + $aggregated >= $forks && $accounts <= $forks" \
	"$accounts accounts of threads called storm-child, of $forks children; $lost records lost, $aggregated accounts in the sum"
reused=$(accounts f.pkp | awk 'NR > 1 { n[$1]++ } END { for (i in n) m += n[i] > 1; print m + 0 }')
expect reused "$reused > 50" "$reused IDs had more than one thread"

# shellcheck disable=SC2016 # the shell's own
pk record -F 99 --sources cpu,task,sched --ring-size 4M -o t.pkp -- bash -c \
	'{ sleep 1; echo pass 2000; sleep 1; } | crowd '$THREADS' >crowd.txt' 2>t.err || fail threads-record "$(tail -n 1 t.err)"
balanced threads-books t.pkp
nr=$(accounts t.pkp | awk '$3 == "crowd"' | cut -d' ' -f2 | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')
expect threads "${nr:-0} >= $THREADS" "${nr:-0} accounts in one process, of $THREADS threads"
holds detached until_true 5 module_is_idle
unload
