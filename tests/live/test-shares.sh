# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A program that spends 50, 30 and 20 % in three functions, on each of two CPUs,
# and one that does so in three threads: within 2 points at 999 Hz over 10 s.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
pk record -F 999 -o f.pkp -- sh -c "$PK_WORK/shares 10 0 >cpu0 & $PK_WORK/shares 10 1 >cpu1 & wait" 2>record.err ||
	fail record "$(tail -n 1 record.err)"
for cpu in 0 1; do
	pid=$(said pid cpu$cpu)
	# in its functions: a slow kernel takes long to start a program
	all=$(calc "$(samples_in spin_half f.pkp --pid "$pid") + $(samples_in spin_third f.pkp --pid "$pid") + $(samples_in spin_fifth f.pkp --pid "$pid")")
	for f in half third fifth; do
		truth=$(calc "$(said spin_$f cpu$cpu) / $(said total cpu$cpu) * 100")
		within cpu$cpu-spin_$f "$(calc "$(samples_in spin_$f f.pkp --pid "$pid") / $all * 100")" \
			"$truth" "$(noise 2 "$truth" "$all" f.pkp)" "per cent of $all samples"
	done
	# the moment before it pinned itself does not count
	here=$(rows summary.cpus f.pkp --pid "$pid" | jq -s "[.[] | select(.cpu == $cpu) | .samples] | add // 0")
	expect cpu$cpu-pinned "$here > 0.98 * $all" "$here samples on CPU $cpu, $all in its functions"
done
balanced books f.pkp

pk record -F 999 -o t.pkp -- "$PK_WORK/shares" --threads 10 1 >threads 2>record.err ||
	fail record-threads "$(tail -n 1 record.err)"
pid=$(said pid threads)
all=$(rows thread.threads t.pkp --pid "$pid" | jq -s '[.[] | select(.comm != "shares") | .samples] | add // 0')
for f in half third fifth; do
	got=$(rows thread.threads t.pkp --pid "$pid" | jq -s --arg c $f '[.[] | select(.comm == $c) | .samples] | add // 0')
	truth=$(calc "$(said $f threads) / $(said total threads) * 100")
	within thread-$f "$(calc "$got / $all * 100")" "$truth" "$(noise 2 "$truth" "$all" t.pkp)" "per cent of $all samples"
done
