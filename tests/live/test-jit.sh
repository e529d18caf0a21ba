# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Names of JIT code, by perf map and by jitdump, of programs whose shares are known: that ended
# before the recording did, wrote their map late and removed it, replaced their code, or lived in
# namespaces and on mounts that are gone.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# recorded NAME COMMAND...: until after COMMAND's end
recorded() {
	local name=$1

	shift
	pk record -F 999 --sources cpu,task --only -o "$name.pkp" -- \
		sh -c '"$@"; sleep 1' sh "$@" >"$name.txt" 2>"$name.err" || fail "$name" "$(tail -n 1 "$name.err")"
}

# shares_of NAME FILE COMM FUNCTION...: of COMM's samples in these functions, beside the time
# that it says in NAME.txt; leaves the number of samples in $all; may
# be off by $floor points
shares_of() {
	local name=$1 file=$2 comm=$3 function spent=0 truth

	shift 3
	all=0
	for function; do
		all=$(calc "$all + $(samples_in "$function" "$file" --comm "$comm")")
		spent=$(calc "$spent + $(said "$function" "$name.txt")")
	done
	for function; do
		truth=$(calc "$(said "$function" "$name.txt") / $spent * 100")
		within "$name-$function" "$(calc "$(samples_in "$function" "$file" --comm "$comm") / ($all + 0.001) * 100")" \
			"$truth" "$(noise "${floor:-3}" "$truth" "$all" "$file")" 'per cent'
	done
}

# shares NAME COMM FUNCTION...: of the samples in these functions, and that there are no others
# in code without a file
shares() {
	local name=$1 comm=$2 all nameless

	shift 2
	shares_of "$name" "$name.pkp" "$comm" "$@"
	# the kernel's page with the clock may be nameless
	nameless=$(pk export --format folded "$name.pkp" |
		awk '/;run;.anonymous code/ { nr += $NF } END { print nr + 0 }')
	expect "$name-named" "$all > 100 && $nameless <= 0.005 * $all" "$all samples with names, $nameless without"
	equal "$name-kind" "$(rows function.functions "$name.pkp" | jq -r --arg f "$1" 'select(.function == $f) | .kind' | sort -u)" jit
}

load
# in sight where /tmp is another one
cp "$PK_WORK/jit" /usr/local/bin/pk-jit
recorded ended "$PK_WORK/jit" 2
shares ended jit jit_hot jit_warm
recorded gone "$PK_WORK/jit" 3 gone
shares gone jit jit_hot jit_warm
recorded dump "$PK_WORK/jit" 3 dump
# one after the other: instants that a busy host makes us miss are of one of them
floor=8 shares dump jit dump_first dump_warm dump_next
# two functions in one place: each has the samples of its time
pk export --format perf-script dump.pkp | awk '
	/^[^\t ]/ { for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) time = $i + 0 }
	/dump_first/ { last = time }
	/dump_next/ && !first { first = time }
	END { printf "%.6f %.6f\n", last, first }' >times.txt
read -r last first <times.txt
expect dump-times "$last > 0 && $last < $first" "the first one until $last s, the next one from $first s on"

# its own pid, /tmp and mounts, of which nothing is left
# shellcheck disable=SC2016 # for the inner shell
inside=(unshare --pid --fork --mount --mount-proc sh -c 'mount -t tmpfs none /tmp && "$@"; true' sh)
recorded inside "${inside[@]}" pk-jit 2
shares inside pk-jit jit_hot jit_warm
recorded inside-dump "${inside[@]}" pk-jit 3 dump
floor=8 shares inside-dump pk-jit dump_first dump_warm dump_next

# one that ran before and runs on, beside one that ends
"${inside[@]}" pk-jit 3600 >alive.txt 2>/dev/null &
alive=$!
until_true 60 pgrep -x pk-jit >/dev/null
pk record -F 999 --sources cpu,task -o alive.pkp -- "$PK_WORK/jit" 3 gone >beside.txt 2>alive.err ||
	fail alive "$(tail -n 1 alive.err)"
pkill -x pk-jit
wait $alive
shares alive pk-jit jit_hot jit_warm
shares_of beside alive.pkp jit jit_hot jit_warm
