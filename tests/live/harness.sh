# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What live tests are written with: verdicts, comparisons, the module, and the
# figures of a profile. Sourced by each test-NAME.sh. The environment is made by
# tests/live/run.

set -uo pipefail

: "${PK_TEST:?}" "${PK_USER:?}" "${PK_WORK:?}" "${PK_KO:?}"
last=$EPOCHREALTIME

# ---- verdicts --------------------------------------------------------------------

verdict() {
	local word=$1 name=$2 seconds

	shift 2
	seconds=$(awk -v from="$last" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')
	last=$EPOCHREALTIME
	echo "$word $PK_TEST/$name $seconds $*"
}

pass() {
	verdict ok "$@"
}

fail() {
	verdict 'not ok' "$@"
}

skip() {
	verdict skip "$@"
}

# expect NAME EXPRESSION [DETAIL]: of numbers, as awk understands it
expect() {
	if awk "BEGIN { exit !($2) }"; then
		pass "$1" "${3:-$2}"
	else
		fail "$1" "${3:+$3: }not so: $2"
	fi
}

# within NAME VALUE TRUTH TOLERANCE WHAT
within() {
	local detail="$5: $2, truth $3, tolerance $4"

	if awk -v a="$2" -v b="$3" -v t="$4" 'BEGIN { d = a - b; exit !(a != "" && b != "" && d <= t && d >= -t) }'; then
		pass "$1" "$detail"
	else
		fail "$1" "$detail"
	fi
}

# matches NAME TEXT REGEX: some line of the text
matches() {
	if grep -qE -e "$3" <<<"$2"; then
		pass "$1"
	else
		fail "$1" "no line matches '$3' in: $(head -c 300 <<<"$2" | tr '\n' ' ')"
	fi
}

# equal NAME VALUE WANTED [WHAT]
equal() {
	if [[ $2 == "$3" ]]; then
		pass "$1" "${4:+$4: }$2"
	else
		fail "$1" "${4:+$4: }$2, wanted $3"
	fi
}

# holds NAME COMMAND...: it succeeds; what it printed last is the detail
holds() {
	local name=$1 status=0

	shift
	"$@" >holds.txt 2>&1 || status=$?
	if ((!status)); then
		pass "$name" "$(tail -n 1 holds.txt)"
	else
		fail "$name" "$* ended with $status: $(tail -n 2 holds.txt | tr '\n' ' ')"
	fi
}

SLOWNESS=$([[ -n ${PK_DEBUG:-} ]] && echo 4 || echo 1)
readonly SLOWNESS

# until_true SECONDS COMMAND...: poll; the debug kernel has more time
until_true() {
	local end=$((SECONDS + $1 * SLOWNESS))

	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

calc() {
	awk "BEGIN { printf \"%.6g\", $1 }"
}

# ---- a disk of known times ---------------------------------------------------------

readonly NULL_DISK=/sys/kernel/config/nullb/nullb0

# null_disk ATTRIBUTE=VALUE...: a disk in memory, /dev/nullb0, with null_blk's attributes of
# a device in configfs
null_disk() {
	modprobe null_blk nr_devices=0 || return
	[[ -d ${NULL_DISK%/*} ]] || mount -t configfs none /sys/kernel/config || return
	null_disk_more nullb0 "$@"
}

# null_disk_more NAME ATTRIBUTE=VALUE...: the next one; nullb1, then nullb2
null_disk_more() {
	local disk=${NULL_DISK%/*}/$1 setting

	mkdir "$disk" || return
	for setting in memory_backed=1 queue_mode=2 irqmode=2 "${@:2}" power=1; do
		echo "${setting#*=}" >"$disk/${setting%%=*}" || return
	done
	until_true 5 test -b "/dev/$1"
}

null_disk_gone() {
	rmdir "${NULL_DISK%/*}/$1"
}

# The debug kernel lets go of a disk seconds after it went (CONFIG_DEBUG_KOBJECT_RELEASE)
# and calls its driver then, which has to be there still.
null_disk_away() {
	null_disk_gone nullb0
	[[ -n ${PK_DEBUG:-} ]] || modprobe -q -r null_blk
}

# ---- the module ------------------------------------------------------------------

load() {
	[[ -d /sys/module/pkprof ]] || insmod "$PK_KO"
}

unload() {
	[[ ! -d /sys/module/pkprof ]] || rmmod pkprof
}

pk() {
	"$PK_USER" "$@"
}

# Our probes and timers: what the kernel lists now and did not when the test began.
readonly KPROBES=/sys/kernel/debug/kprobes/list
readonly FUNCTIONS=/sys/kernel/tracing/enabled_functions

probes() {
	{
		sed 's/^[0-9a-f]* *//' $KPROBES
		cat $FUNCTIONS 2>/dev/null
		grep -oE '<[0-9a-f]+>, pk_[a-z_]+|, pk_[a-z_]+' /proc/timer_list
	} 2>/dev/null | sort
}

module_is_idle() {
	[[ $(sed -n 's/^pkprof [0-9]* \([0-9]*\) .*/\1/p' /proc/modules) == 0 ]] &&
		[[ $(probes) == "$probes_before" ]]
}

session_runs() {
	# no pipe into grep -q: it ends the writer before its time
	[[ $(sed -n 's/^pkprof [0-9]* \([0-9]*\) .*/\1/p' /proc/modules) != 0 ]] &&
		[[ $(pk status 2>/dev/null) == *running* ]]
}

# shellcheck disable=SC2034 # for the tests
probes_before=$(probes)

# ---- profiles --------------------------------------------------------------------

# report_of FILE [OPTION...]: the file with the JSON report, made once
report_of() {
	local file=$1 key

	shift
	key=$file.$(printf '%s.' "$@" | tr -c 'A-Za-z0-9.-' _)json
	if [[ ! $key -nt $file ]]; then
		pk report --json "$@" "$file" >"$key.new" && mv "$key.new" "$key"
	fi
	echo "$key"
}

# rows TABLE FILE [OPTION...]: the rows of a report's table, one JSON object each.
# A table's name is that of its analysis and its own: losses.cpus
rows() {
	local analysis=${1%%.*} table=${1#*.} report

	report=$(report_of "${@:2}")
	jq -c --arg a "$analysis" --arg t "$table" '.analyses[$a][$t] | if type == "array" then .[] else . end' "$report"
}

# noise FLOOR TRUTH SAMPLES FILE: per cent points that a share of TRUTH per cent may
# be off: FLOOR, or four standard errors of a share of so many samples where that is
# more. Instants that a busy host made us miss come in runs: they take away from the
# samples' worth what they are of all instants.
noise() {
	rows losses.cpus "$4" | jq -rs --argjson floor "$1" --argjson truth "$2" --argjson nr "$3" '
		[.[] | select(.source == "cpu" or .source == "pmu")] |
		(([.[].delivered] | add) / ([.[].generated] | add)) as $kept |
		($truth / 100) as $p |
		[$floor, 400 * ($p * (1 - $p) / ($nr * $kept + 1) | sqrt)] | max'
}

# total KEY FILE [OPTION...]: a figure of the summary
total() {
	rows summary.totals "$2" "${@:3}" | jq -r ".$1"
}

# samples_in FUNCTION FILE [OPTION...]: samples with it anywhere in the stack
samples_in() {
	rows function.functions "$2" "${@:3}" |
		jq -s --arg f "$1" '[.[] | select(.function == $f) | .total_samples] | add // 0'
}

# cpu_books KEY FILE CPU [SOURCE]: of the books
cpu_books() {
	rows losses.cpus "$2" |
		jq -s --argjson c "$3" --arg s "${4:-cpu}" "[.[] | select(.cpu == \$c and .source == \$s) | .$1] | add // 0"
}

# Lines of the books that do not balance: generated is not delivered and lost.
unbalanced() {
	rows losses.cpus "$1" |
		jq -c 'select(.generated != .delivered + .ring_full + .overrun + .nested + .no_mem + .exiting + .definition)'
}

# balanced NAME FILE: all lines, and the file holds as many samples as were delivered
balanced() {
	local bad delivered samples

	bad=$(unbalanced "$2")
	delivered=$(rows losses.cpus "$2" | jq -s '[.[] | select(.source == "cpu" or .source == "pmu") | .delivered] | add')
	samples=$(total samples "$2")
	if [[ -n $bad ]]; then
		fail "$1" "$bad"
	elif [[ $delivered != "$samples" ]]; then
		fail "$1" "the books have $delivered samples, the file $samples"
	else
		pass "$1" "$(rows losses.cpus "$2" |
			jq -rs '[.[] | .generated] as $g | [.[] | .lost] as $l | "\($g | add) generated, \($l | add) lost"')"
	fi
}

# From a workload's output: the number after a word.
said() {
	awk -v word="$1" '$1 == word { print $2; exit }' "$2"
}

# ---- the wait ledger ---------------------------------------------------------------

LEDGER_LINES="cpu runq preempted throttled disk fault futex klock rtlock socket pipe tty poll aio"
readonly LEDGER_LINES+=" sleep child stopped kthread other lost"

# accounts FILE [OPTION...]: the ledger's threads, one a line, for awk: "tid pid comm
# total_ns", then one column for each of its lines; the first line has their names
accounts() {
	local report

	report=$(report_of "$@")
	[[ $report.accounts -nt $report ]] || jq -r --arg lines "$LEDGER_LINES" '($lines | split(" ") | map(. + "_ns")) as $lines |
		(["tid", "pid", "comm", "total_ns"] + $lines | join(" ")),
		(.analyses.ledger.threads[] as $row |
			[$row.tid, $row.pid, ($row.comm | gsub("[ \t]"; "_") | if . == "" then "-" else . end),
			$row.total_ns] + [$row[$lines[]]] | map(tostring) | join(" "))' "$report" >"$report.accounts"
	cat "$report.accounts"
}

# account FILE TID LINE [pid]: ns that the threads with this ID (two, where it was used
# again), or of processes with this one, had in a line of the ledger, or "total"
account() {
	accounts "$1" | awk -v id="$2" -v line="$3_ns" -v key="${4:-tid}" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == line) column = i; next }
		$(key == "pid" ? 2 : 1) == id { sum += $column; found = 1 }
		END { if (found && column) printf "%.0f\n", sum }'
}

# answered FILE ANSWERS [PREFIX]: programs of known answer (tests/workloads/answer.h),
# one case for each thread of theirs:
#
#   * of the time that it neither ran nor could run, 95 % is on its line, or all but what may
#     lie before and after the times by its own clock;
#   * there is not more on the line than it waited by its own clock;
#   * nor less, but for what it was on the run queue or running meanwhile.
#
# What comes after the last reading of its clock may add 2 ms, and so may each of
# the instants at which a guest stood still be on one side only: 1 %.
answered() {
	local word name detail

	accounts "$1" >accounts.txt
	# shellcheck disable=SC2016 # awk's own
	awk '
		FNR == 1 { part++ }
		part == 1 && FNR == 1 { for (i = 5; i <= NF; i++) names[i] = substr($i, 1, length($i) - 3); next }
		part == 1 {
			seen[$1] = 1
			total[$1] += $4
			for (i in names) sum[$1, names[i]] += $i
			next
		}
		$1 == "answer" {
			tid = $3 + 0; waited = $5; life = $6
			if (!seen[tid]) { print "fail", $2, "thread", tid, "is not in the ledger"; next }
			ready = sum[tid, "cpu"] + sum[tid, "runq"] + sum[tid, "preempted"]
			if ($4 != "throttled") ready += sum[tid, "throttled"]
			if ($4 ~ /preempted/) ready = sum[tid, "cpu"]
			right = 0
			n = split($4, lines, ",")
			for (i = 1; i <= n; i++) right += sum[tid, lines[i]]
			off = total[tid] - ready
			share = off > 0 ? right / off : 0
			# what little there is besides the run queue of one that is preempted is its start
			# it begins and ends by its clock, but in the ledger with exec and exit, which wait too
			outside = 2e6 + 0.005 * life
			slack = 2e6 + 0.01 * waited
			if ($4 ~ /preempted/) slack += outside
			text = sprintf("%s %.1f ms of %.1f ms off the run queue (%.1f %%), by its own clock %.1f ms of %.1f ms",
				       $4, right / 1e6, off / 1e6, share * 100, waited / 1e6, life / 1e6)
			bad = ""
			if (share < 0.95 && off - right > outside) {
				bad = "elsewhere:"
				for (i in names)
					if (index("," $4 ",", "," names[i] ",") == 0 && sum[tid, names[i]] > 0.001 * total[tid])
						bad = bad sprintf(" %s %.1f ms", names[i], sum[tid, names[i]] / 1e6)
			} else if (right > waited + slack)
				bad = "more than it waited"
			else if (right + ready < waited - slack)
				bad = "less than it waited"
			print bad ? "fail" : "pass", $2, text (bad ? "; " bad : "")
		}' accounts.txt "$2" >answered.txt
	[[ -s answered.txt ]] || fail "${3:-}answers" "no program answered: $(head -c 200 "$2" | tr '\n' ' ')"
	while read -r word name detail; do
		"$word" "${3:-}$name" "$detail"
	done <answered.txt
}

# boxes FILE.svg: what a flame graph of time is drawn from, one box a line: "NS HALF PATH",
# HALF being that of the printed 95 % interval, PATH the names from the root down with
# semicolons between, blanks replaced
boxes() {
	# shellcheck disable=SC2016 # awk's own
	awk '
		/^nodes: \[/ { part = "nodes"; sub(/^nodes: \[/, "") }
		/^errors: \[/ { part = "errors"; sub(/^errors: \[/, "") }
		/^names: \[/ { part = "names"; next }
		part == "names" && /^"/ {
			gsub(/^"|",$/, ""); gsub(/[ \t]/, "_"); gsub(/;/, ":")
			name[nr_names++] = $0
			next
		}
		part == "nodes" || part == "errors" {
			end = /\]/
			sub(/\].*/, "")
			n = split($0, values, ",")
			for (i = 1; i <= n; i++) {
				if (values[i] == "") continue
				if (part == "nodes") node[nr_nodes++] = values[i]
				else error[nr_errors++] = values[i]
			}
			if (end) part = ""
			next
		}
		/^\]/ { part = "" }
		END {
			depth = 0
			for (i = 0; 3 * i < nr_nodes; i++) {
				depth += 1 - node[3 * i]
				if (i == 0) depth = 0
				path[depth] = name[node[3 * i + 1]]
				line = path[0]
				for (d = 1; d <= depth; d++) line = line ";" path[d]
				printf "%s %s %s\n", node[3 * i + 2], error[i], line
			}
		}' "$1"
}
