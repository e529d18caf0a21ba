# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# User stacks of code without frame pointers: equal to call trees that are known, on the CPU
# and off it; whole in programs that live for a moment; and what becomes of tables that are none
# or find no room.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# main() and what it calls may have given their places to whom they called last
readonly BEGIN='_start;__libc_start_main[^;]*;__libc_start_call_main;(main;)?(run_[a-z]+;)?'
RUNS=300
[[ -z ${PK_PATIENT:-} ]] || RUNS=10000
[[ -z ${PK_DEBUG:-} ]] || RUNS=50
readonly RUNS

# record MODE SECONDS [OPTION...]: what it did, in MODE.folded
recorded() {
	"$PK_USER" record -o "$1.pkp" "${@:3}" -- "$PK_WORK/tree" "$1" "$2" >"$1.txt" 2>&1 ||
		fail "$1-recorded" "$(tail -n 1 "$1.txt")"
}

# whole_enough NAME "GOOD ALL": 99.5 %, or all but three where there are few
whole_enough() {
	expect "$1" "${2#* } >= 50 && ${2% *} >= 0.995 * ${2#* } - 3" "${2% *} of ${2#* } samples"
}

# right MODE PATH: a regular expression of its frames from the program's first on; of those who
# were in its leaf or whose stack ends before
right() {
	local of

	of=$("$PK_USER" export --format folded "$1.pkp" | awk -v right="^tree;$2(;| )" -v leaf=";$1_leaf" '
		/^tree;/ && (index($0, leaf) || /stack cut/) { all += $NF; if ($0 ~ right) good += $NF }
		END { printf "%d %d", good, all }')
	whole_enough "$1" "$of"
}

load || exit 1
# its rows are made once; later runs of the same program have them from their first instant
recorded plain 0.2 -F 199
recorded library 0.2 -F 199
recorded throw 0.2 -F 199
for mode in plain alloca realign tail signal jump deep callback fork thread throw cleanup flight async library; do
	recorded $mode 1 -F 999 --sources cpu,task
done
right plain "${BEGIN}plain_a;plain_b;plain_leaf"
right alloca "${BEGIN}alloca_a;alloca_leaf"
right realign "${BEGIN}realign_a;realign_leaf"
right tail "${BEGIN}tail_b;tail_leaf"
right signal "${BEGIN}signal_a;signal_wait;[^;]+;signal_handler;signal_leaf"
right jump "${BEGIN}jump_a;jump_leaf"
# awk knows no counts of 300
right deep "$BEGIN(deep_r;)+deep_leaf"
"$PK_USER" export --format folded deep.pkp | awk '/;deep_leaf/ && !/stack cut/ { n = gsub(/;deep_r/, ""); print n }' | sort -u >depths
equal deep-frames "$(tr '\n' ' ' <depths)" '300 '
right callback "${BEGIN}callback_a;([^;]+;)+callback_compare;callback_leaf"
right fork "${BEGIN}fork_a;fork_leaf"
right thread '[^;]*clone[^;]*;start_thread;thread_a;thread_leaf'
right throw "${BEGIN}throw_a;throw_b;_Unwind_ForcedUnwind;([^;]+;)?throw_stop;throw_leaf"
right cleanup "${BEGIN}cleanup_a;cleanup_b[^;]*;(cleanup_do( \\(inlined\\))?;)?cleanup_leaf"
right library "${BEGIN}library_a;library_(json|zstd);([^;]+;)+library_alloc;library_leaf"

# wholly MODE FRAMES: at any instruction, of our code and of the library's unwinder, what user
# frames there may be
wholly() {
	local of

	of=$("$PK_USER" export --format folded --no-inline "$1.pkp" | awk -v right="^tree;$BEGIN$2\$" -v within=";$1_" '
		/^tree;/ && (index($0, within) || /stack cut/) {
			all += $NF
			nr = $NF
			gsub(/;[^;]*_\[k\]| [0-9]+$/, "")
			if ($0 ~ right) good += nr; else print "# " $0 > "/dev/stderr"
		}
		END { printf "%d %d", good, all }')
	whole_enough "$1" "$of"
}
readonly CLOCK='(;[^;]*clock_gettime[^;]*)'
wholly async "async_a(;async_b(;async_c)?|$CLOCK*)?"
wholly flight "flight_a($CLOCK+|;flight_round(;[^;]*jmp[^;]*|;flight_b[^;]*(;_Unwind_.*|;flight_c[^;]*(;_Unwind_.*|;throw_b(;_Unwind_.*)?)?)?)?)?"

# a file that an overlay, as this root is, has copied up: another inode than stat() tells
chmod 755 /usr/bin/gzip
zip() {
	"$PK_USER" record -o gzip.pkp -F 999 --sources cpu,task -- sh -c 'head -c 30000000 /dev/zero | gzip >/dev/null' >gzip.txt 2>&1
}
zip
zip
of=$("$PK_USER" export --format folded gzip.pkp | awk '
	/^gzip;/ { all += $NF; if (/stack cut/) cut += $NF } END { printf "%d %d", all - cut, all }')
expect copied-up "${of#* } >= 100 && ${of% *} >= 0.99 * ${of#* }" "${of% *} of ${of#* } samples of gzip whole"

# --- off the CPU -------------------------------------------------------------------------

recorded sleep 2 -F 99
ns=$("$PK_USER" export --format folded --kind off sleep.pkp |
	awk -v right="^tree;${BEGIN}sleep_a;sleep_leaf;" '$0 ~ right { ns += $NF } END { printf "%.0f", ns }')
within sleep "$(calc "${ns:-0} / 1e9")" 2 0.3 's in sleep_leaf'

# --- files that nobody has seen before -----------------------------------------------------

# unknown NAME: a program that is another only by its build ID
unknown() {
	local at

	at=$(readelf -SW "$PK_WORK/tree" | awk '{ for (i = 1; i < NF; i++) if ($i == ".note.gnu.build-id") print $(i + 3) }')
	cp "$PK_WORK/tree" "$1"
	head -c 16 /dev/urandom | dd of="$1" bs=1 seek=$((0x$at + 20)) conv=notrunc status=none
}

for name in new1 new2 new3 new4 new5; do
	unknown $name
done
# shellcheck disable=SC2016 # the shell that is recorded knows them
"$PK_USER" record -o unknown.pkp -F 4999 --sources cpu,task -- sh -c \
	'for name in new1 new2 new3 new4 new5; do ./$name plain 0.4; done' >unknown.txt 2>&1
# from its first sample to the last one that was cut for want of rows, milliseconds, sorted
"$PK_USER" export --format perf-script unknown.pkp | awk '
	/^[^ \t]/ { comm = $1; for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) at = $i + 0; next }
	comm ~ /^new/ && NF { if (!(comm in first)) first[comm] = at; nr[comm] = at }
	comm ~ /^new/ && /no unwind rows/ { last[comm] = at }
	END { for (c in first) printf "%.1f %.1f\n", c in last ? 1000 * (last[c] - first[c]) : 0, 1000 * (nr[c] - first[c]) }' |
	sort -n >unknown.ms
expect unknown "$(wc -l <unknown.ms) == 5 && $(awk 'NR == 3 { print ($1 < $2 / 2) }' unknown.ms)" \
	"without rows for $(awk '{ printf "%s ", $1 }' unknown.ms)ms"

# --- programs that live for a moment ------------------------------------------------------

"$PK_USER" record -o warm.pkp -F 999 --sources cpu,task -- /bin/true >warm.txt 2>&1
"$PK_USER" record -o short.pkp -F 4999 --sources cpu,task -- bash -c \
	"for ((i = 0; i < $RUNS; i++)); do /bin/true; done" >short.txt 2>&1
of=$("$PK_USER" export --format folded short.pkp | awk '
	/^(true|bash);/ { all += $NF; if (/stack cut/) cut += $NF } END { printf "%d %d", all - cut, all }')
# what is cut, the most frequent first
"$PK_USER" export --format folded short.pkp | awk '/^(true|bash);.*stack cut/ { split($0, f, ";"); nr[f[2] ";" f[3] ";" f[4]] += $NF }
	END { for (where in nr) print nr[where], where }' | sort -rn | head -n 12
expect short "${of#* } >= 100 && ${of% *} >= 0.99 * ${of#* }" "${of% *} of ${of#* } samples whole"
unload

# --- no room ------------------------------------------------------------------------------

insmod "$PK_KO" unwind_mb=0
recorded plain 0.5 -F 499 --sources cpu,task
matches no-room-said "$(<plain.txt)" 'there was no room'
matches no-room-cut "$("$PK_USER" export --format folded plain.pkp)" 'stack cut: no unwind rows'
unload
