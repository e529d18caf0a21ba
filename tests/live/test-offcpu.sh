# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Off-CPU time by stack, from sampled waits, against the ledger's exact sums of the
# same threads in the same recording: strictly periodic sleepers near the sampling
# period, one stack each. Of the 20 largest at least 18 lie within their printed 95 %
# interval, which is at most 10 % of those of 5 s and more. A thread that never wakes is
# seen. With each wait recorded the sums are the ledger's.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# The benchmark takes a minute.
readonly LENGTH=${PK_LENGTH:-16}
# A power of two of nanoseconds, 16.8 ms.
readonly PERIOD=16777216

# offcpu_of FILE: "NS HALF COMM TRUTH" of threads that are drawn, largest first
offcpu_of() {
	pk flamegraph --kind off --threads -o "$1.svg" "$1" >/dev/null || return
	boxes "$1.svg" | awk 'split($3, path, ";") == 2 { print $1, $2, path[2] }' >drawn.txt
	# all that it was not on a CPU
	accounts "$1" | awk '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cpu_ns") cpu = i; next }
		{ print $3, $4 - $cpu }' >truth.txt
	awk 'FNR == NR { truth[$1] += $2; next } $3 ~ /^per-/ { print $1, $2, $3, truth[$3] }' truth.txt drawn.txt | sort -rn
}

# inside NAME FILE
inside() {
	offcpu_of "$2" >compared.txt || { fail "$1" "no flame graph was made"; return; }
	awk 'NR <= 20 {
			nr++
			d = $1 - $4
			if (d <= $2 && d >= -$2) good++
			else bad = bad sprintf(" %s %.1f ms, truth %.1f ms, +- %.1f ms;", $3, $1 / 1e6, $4 / 1e6, $2 / 1e6)
			if ($4 >= 5e9 && $2 > 0.1 * $4) wide++
			half += $2 / $4
		}
		END { printf "%d %d %d %.3f%s\n", nr, good, wide, nr ? 100 * half / nr : 0, bad }' compared.txt >inside.txt
	read -r nr good wide half bad <inside.txt
	expect "$1-nr" "$nr == 20" "$nr stacks"
	expect "$1" "$good >= 18" "$good of $nr within their 95 % interval, on average +- $half %${bad:+; not: $bad}"
	expect "$1-narrow" "$wide == 0" "$wide intervals wider than 10 %"
}

load
pk record --sources sched,task,offcpu --wait-period ${PERIOD}ns -o o.pkp -- \
	sh -c "hog noise $LENGTH 1 10 >hog.txt & pingpong unix $LENGTH >pingpong.txt & periodic $LENGTH $PERIOD; wait" \
	>periodic.txt 2>record.err ||
	fail record "$(tail -n 1 record.err)"
inside sampled o.pkp
never=$(awk '$3 == "per-never" { print $1 / $4 }' compared.txt)
[[ -n $never ]] || never=$(offcpu_of o.pkp | awk '$3 == "per-never" { print $1 / $4 }')
within never-wakes "${never:-0}" 1 0.02 "of the life of the thread that never wakes"
equal records "$(rows losses.sources o.pkp | jq -s '[.[] | select(.source == "offcpu") | .lost] | add')" 0 "lost stacks"
# Its stack leads to where it waits.
expect never-stack "$(boxes o.pkp.svg | grep -c 'per-never.*wait_never') > 0" "frames above wait_never"

pk record --sources sched,task,offcpu --wait-period 1ns --wait-cap 0 -o all.pkp -- \
	periodic 4 $PERIOD >periodic.txt 2>record.err || fail record-all "$(tail -n 1 record.err)"
offcpu_of all.pkp >compared.txt
awk '{ nr++; d = $1 / $4 - 1; if (d < 0) d = -d; if (d > worst) worst = d }
	END { printf "%d %.6f\n", nr, worst }' compared.txt >worst.txt
read -r nr worst <worst.txt
expect each "$nr == 25 && $worst <= 0.001" "$nr threads, off the ledger by $worst at most"
