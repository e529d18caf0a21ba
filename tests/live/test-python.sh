# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Names of Python functions of a stock interpreter: shares that the program knows, the order of
# Python and native frames, threads, tasks, namespaces, processes that end at once.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

PYTHON=$(command -v python3.11 || true)
if [[ -z $PYTHON ]]; then
	skip python 'no python3.11 here'
	exit 0
fi

# recorded NAME CASE SECONDS [COMMAND...]: folded stacks in NAME.folded, the truth in NAME.txt
recorded() {
	local name=$1 case=$2 seconds=$3

	shift 3
	pk record -F 999 --sources cpu,task --only -o "$name.pkp" -- \
		"$@" "$PYTHON" "$PK_HERE/python_load.py" "$case" "$seconds" >"$name.txt" 2>"$name.err" ||
		fail "$name" "$(tail -n 1 "$name.err")"
	pk export --format folded "$name.pkp" >"$name.folded"
}

# under FUNCTION NAME: samples with that Python function in their stack
under() {
	awk -v f=";$1_[p]" 'index($0 ";", f ";") || index($0, f " ") { nr += $NF } END { print nr + 0 }' "$2.folded"
}

# shares NAME FUNCTION...: of the samples under these functions
shares() {
	local name=$1 function all=0 calls=0 truth

	shift
	for function; do
		all=$(calc "$all + $(under "$function" "$name")")
		calls=$(calc "$calls + $(said "$function" "$name.txt")")
	done
	expect "$name-samples" "$all > 100" "$all samples"
	for function; do
		truth=$(calc "$(said "$function" "$name.txt") / ($calls + 0.000001) * 100")
		within "$name-$function" "$(calc "$(under "$function" "$name") / ($all + 0.001) * 100")" \
			"$truth" "$(noise 2 "$truth" "$all" "$name.pkp")" 'per cent'
	done
}

# order NAME FUNCTION REGEX: 99 of 100 stacks with that function match
order() {
	local share

	share=$(grep -F ";$2_[p]" "$1.folded" |
		awk -v re="$3" '{ all += $NF } $0 ~ re { good += $NF } END { print all > 50 ? good / all : 0 }')
	expect "$1-order-$2" "$share >= 0.99" "$share of the stacks are in order"
}

load
recorded shares shares 4
shares shares half third Fifth.fifth
order shares half ';<module>_\[p\];main_\[p\];shares_\[p\];timed_\[p\](;[^;]*)?;half_\[p\]'
recorded recursion recursion 1
order recursion spin ';recursion_\[p\];timed_\[p\];[^;]*(;down_\[p\]){41};spin_\[p\]'
recorded generators generators 1
order generators spin ';passed_on_\[p\](;[^;]*)*;numbers_\[p\];spin_\[p\]'
recorded callbacks callbacks 3
shares callbacks via_sorted via_map via_reduce
# native frames between the one that calls and the one that is called back
for which in sorted map:mapped reduce:reduced; do
	order callbacks "key_${which#*:}" ";via_${which%:*}_\[p\](;[^;]*[^]])+;key_${which#*:}_\[p\];spin_\[p\]"
done
recorded foreign foreign 1
order foreign key_foreign ';via_qsort_\[p\](;[^;]*[^]])+;foreign\.<locals>\.key_foreign_\[p\];spin_\[p\]'
recorded exceptions exceptions 1
order exceptions spin ';exceptions_\[p\];timed_\[p\];[^;]*(;raising_\[p\])+;spin_\[p\]'
recorded threads threads 2
order threads in_thread ';Thread.run_\[p\](;[^;]*)*;timed_\[p\];[^;]*;in_thread_\[p\]'
recorded tasks tasks 1
order tasks in_task ';tasks_\[p\];run_\[p\](;[^;]*)*;in_task_\[p\];timed_\[p\]'
recorded unicode unicode 1
shares unicode größe 大きさ
recorded brief brief 2
order brief half ';brief_\[p\];half_\[p\]'
recorded inside shares 2 unshare --pid --fork --mount --mount-proc
shares inside half third Fifth.fifth
