# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Names of functions when files and processes do not last: thousands of programs that run for a
# moment, and a program that is deleted, or replaced by another version, while it is recorded.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

RUNS=1000
[[ -z ${PK_PATIENT:-} ]] || RUNS=10000
[[ -z ${PK_DEBUG:-}${PK_BRIEF:-} ]] || RUNS=100
readonly RUNS

load || exit 1

# --- programs that live for a moment ------------------------------------------------------

pk record -o warm.pkp -F 999 --sources cpu,task -- /bin/true >warm.txt 2>&1
pk record -o short.pkp -F 4999 --sources cpu,task -- bash -c \
	"for ((i = 0; i < $RUNS; i++)); do /bin/true; done" >short.txt 2>&1 || fail short "$(tail -n 1 short.txt)"
# Of the samples of these programs: those of which every frame has a function's name; those in
# which the rest is MODULE+0xADDRESS, the honest word for a place where the file has no symbol;
# and those with a frame of which not even that is known. A cut stack's marker is no frame.
read -r all named honest < <(pk export --format folded short.pkp | awk '
	/^(true|bash);/ {
		line = $0
		nr = $NF
		sub(/ [0-9]+$/, "", line)
		n = split(line, f, ";")
		worst = 0
		for (i = 2; i <= n; i++) {
			if (f[i] ~ /^\[stack cut/) continue
			kind = f[i] ~ /^\[(unmapped|anonymous code)\]/ ? 2 : f[i] ~ /\+0x[0-9a-f]+(_\[k\])?$/ ? 1 : 0
			if (kind > worst) worst = kind
			if (kind == 2) print nr, line > "nameless.txt"
		}
		all += nr
		if (worst == 0) named += nr
		if (worst == 1) honest += nr
	}
	END { printf "%d %d %d\n", all, named, honest }')
expect short "$all >= 100 && $named + $honest >= 0.99 * $all" \
	"$RUNS programs, $all samples: $(calc "100 * $named / ($all + 0.001)") % wholly by name, $(calc "100 * $honest / ($all + 0.001)") % with module+0xADDRESS for what has no symbol"
[[ ! -s nameless.txt ]] || sort -rn nameless.txt | head -n 5
# Honest it is only where the file has no symbol: the most frequent of those places is asked of
# the file itself. Its address there is the beginning of an unwind entry.
read -r module at < <(pk export --format folded short.pkp | grep -E '^(true|bash);' | tr ';' '\n' |
	sed -nE 's/^([^ +]+)\+0x([0-9a-f]+)( [0-9]+)?$/\1 \2/p' | sort | uniq -c | sort -rn | awk '{ print $2, $3; exit }')
if [[ -z ${module:-} ]]; then
	pass honest "every frame has a name"
else
	path=$(command -v "$module" || ldconfig -p | awk -v m="$module" '$1 == m { print $NF; exit }' ||
		true)
	[[ -n $path ]] || path=$(find /lib/x86_64-linux-gnu/ -name "$module*" | head -n 1)
	over=$({ nm -S --defined-only "$path"; nm -SD --defined-only "$path"; } 2>/dev/null |
		awk -v at="$at" '
			function value(hex,   i, v) {
				for (i = 1; i <= length(hex); i++) v = v * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
				return v
			}
			NF == 4 && tolower($3) ~ /[tiwv]/ && value($1) <= value(at) && value(at) < value($1) + value($2) { print $4; exit }')
	equal honest "$over" "" "symbol over $module+0x$at"
fi

# --- programs that are deleted or replaced ------------------------------------------------

# while_recorded NAME COMMAND: a copy of a program runs, something is done to its file, it runs on
while_recorded() {
	local name=$1 program=prog-$1

	cp "$PK_WORK/shares" "$program"
	# another build ID: another version of a program, without the old one's functions
	cp "$PK_WORK/recurse" "$program.new"
	pk record -F 999 --sources cpu,task --only -o "$name.pkp" -- \
		bash -c "./$program 1 >$name.txt & sleep 0.3; $2; wait; sleep 1" 2>"$name.err" ||
		fail "$name-recorded" "$(tail -n 1 "$name.err")"
	of=$(pk export --format folded "$name.pkp" | awk -v comm="^$program;" '
		$0 ~ comm && /;run|;main|;spin/ { all += $NF; if (/;spin_(half|third|fifth)(;|_slice| )/) good += $NF }
		END { printf "%d %d", good, all }')
	expect "$name" "${of#* } >= 200 && ${of% *} >= 0.9 * ${of#* }" "${of% *} of ${of#* } samples have the old functions' names"
}
while_recorded deleted 'rm prog-deleted'
holds deleted-is-gone test ! -e prog-deleted
while_recorded upgraded 'mv prog-upgraded.new prog-upgraded'
holds upgraded-is-another cmp -s prog-upgraded "$PK_WORK/recurse"
unload
