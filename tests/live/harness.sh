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

# until_true SECONDS COMMAND...: poll
until_true() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

calc() {
	awk "BEGIN { printf \"%.6g\", $1 }"
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
