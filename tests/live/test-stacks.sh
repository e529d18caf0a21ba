# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Stacks and names that are hard: deep recursion, code compiled at run time,
# libraries that come and go, threads that change their names, frame pointers that
# lead astray.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# record_one NAME ARGS...: a workload alone, its books in NAME.txt
record_one() {
	local name=$1

	shift
	pk record -F 999 --only -o "$name.pkp" -- "$PK_WORK/$1" "${@:2}" >"$name.txt" 2>"$name.err" ||
		fail "$name" "$(tail -n 1 "$name.err")"
}

# time_matches NAME [FUNCTION]: CPU time by samples, of the function or in all, and by
# the program's clock
time_matches() {
	local got truth samples

	samples=$(total samples "$1.pkp")
	[[ -z ${2:-} ]] || samples=$(samples_in "$2" "$1.pkp")
	truth=$(calc "$(said cpu "$1.txt") / 1e9")
	# What was missed is due in proportion.
	got=$(calc "$samples * $(rows losses.sources "$1.pkp" | jq 'select(.source == "cpu") | .generated / .delivered') * $(total cpu_ns "$1.pkp") / $(total samples "$1.pkp") / 1e9")
	within "$1-time" "$got" "$truth" "$(calc "$truth * 0.06 + 0.03")" "s of CPU time${2:+ in $2}"
}

load
record_one deep recurse 100 2
pk export --format folded deep.pkp >deep.folded
frames=$(grep recurse_leaf deep.folded | sort -k2nr -t' ' | head -n 1 | tr ';' '\n' | grep -c '^recurse_down')
equal deep "$frames" 100 "frames of recurse_down"
time_matches deep recurse_leaf
record_one deeper recurse 1000 1
pk export --format folded deeper.pkp >deeper.folded
cut=$(awk '/recurse_leaf/ { all += $NF; if (/\[stack cut: too deep\]/) cut += $NF } END { print cut / (all + 0.001) }' deeper.folded)
expect deeper-is-cut "$cut > 0.99" "share of stacks cut at the limit: $cut"
time_matches deeper recurse_leaf

record_one jit jit 3
hot=$(said jit_hot jit.txt) warm=$(said jit_warm jit.txt)
a=$(samples_in jit_hot jit.pkp) b=$(samples_in jit_warm jit.pkp)
truth=$(calc "$hot / ($hot + $warm) * 100")
within jit "$(calc "$a / ($a + $b + 0.001) * 100")" "$truth" "$(noise 3 "$truth" "$(calc "$a + $b")" jit.pkp)" "per cent in jit_hot"
kind=$(rows function.functions jit.pkp | jq -r 'select(.function == "jit_hot") | .kind' | sort -u)
equal jit-kind "$kind" jit

record_one mapper mapper 2
time_matches mapper
loads=$(said loads mapper.txt)
maps=$(rows losses.sources mapper.pkp | jq 'select(.source == "task") | .generated')
expect mapper-maps "$maps >= 2 * $loads" "$loads loads of a library, as many anonymous maps, $maps events"
libm=$(rows function.functions mapper.pkp | jq -s '[.[] | select((.dso // "") | test("libm[.-]")) | .self_samples] | add // 0')
expect mapper-libm "$libm > 0" "samples in libm: $libm"
balanced mapper-books mapper.pkp

record_one rename rename 1.5
time_matches rename thread_main
rows thread.threads rename.pkp | jq -r .comm >comms.txt
if grep -qx a-last comms.txt && grep -qx b-last comms.txt; then
	pass rename-last
else
	fail rename-last "threads: $(tr '\n' ' ' <comms.txt)"
fi

# hostile_one NAME FUNCTION [sp]
hostile_one() {
	record_one "$1" hostile 3 "${@:3}"
	time_matches "$1" "$2"
	equal "$1-no-kernel-address" "$(pk export --format folded "$1.pkp" | grep "$2" | grep -cE '0xffff[0-9a-f]{12}')" 0
	balanced "$1-books" "$1.pkp"
}
hostile_one hostile hostile_spin
hostile_one hostile-sp hostile_sp sp

record_one storm forkstorm 100 5000
children=$(rows process.processes storm.pkp | jq -s '[.[] | select(.comm == "storm-child")] | length')
expect storm-children "$children >= 90" "processes storm-child with samples: $children of 100"
args=$(rows process.processes storm.pkp | jq -r 'select(.comm == "storm-child") | .args' | sort | uniq -c | sort -nr | head -n 1)
matches storm-args "$args" 'storm-child 5000'
balanced storm-books storm.pkp
