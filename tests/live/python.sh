# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Words for tests of Python functions: record python_load.py in the interpreter $PYTHON, an array,
# and compare its stacks with what it says of itself.

# recorded NAME CASE SECONDS [COMMAND...]: folded stacks in NAME.folded, the truth in NAME.txt
recorded() {
	local name=$1 case=$2 seconds=$3

	shift 3
	pk record -F 999 --sources cpu,task --only -o "$name.pkp" -- \
		"$@" "${PYTHON[@]}" "$case" "$seconds" >"$name.txt" 2>"$name.err" ||
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

# order NAME FUNCTION REGEX [LEAST]: 99 of 100 stacks with that function match. Since 3.12 a call
# with a list of arguments has no native frame between the two functions, so it is optional.
order() {
	local share least=${4:-0.99}

	share=$(grep -F ";$2_[p]" "$1.folded" |
		awk -v re="$3" '{ all += $NF } $0 ~ re { good += $NF } END { print (all > 50 ? good / all : 0) }')
	expect "$1-order-$2" "$share >= $least" "$share of the stacks are in order"
}
