# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Load, record, unload: what must work on every kernel.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

holds load load
holds list pk list
record() {
	pk record -F 499 -o a.pkp -- "$PK_WORK/shares" 2 >books.txt
}
holds record record
# 2 s at 499 Hz on both CPUs; a busy host takes its part
expect samples "$(total samples a.pkp) > 100" "$(total samples a.pkp) samples"
balanced books a.pkp
pid=$(said pid books.txt)
truth=$(calc "$(said spin_half books.txt) / $(said total books.txt) * 100")
# of the samples in its functions: a slow kernel takes long to start a program
all=$(calc "$(samples_in spin_half a.pkp --pid "$pid") + $(samples_in spin_third a.pkp --pid "$pid") + $(samples_in spin_fifth a.pkp --pid "$pid")")
share=$(calc "$(samples_in spin_half a.pkp --pid "$pid") / ($all + 0.001) * 100")
# four times the error of that many samples, and one point
tolerance=$(calc "200 / sqrt($all + 1) + 1")
within share "$share" "$truth" "$tolerance" "per cent in spin_half"
kernel=$(rows function.functions a.pkp | jq -s '[.[] | select(.kind == "kernel")] | length')
expect kernel_stacks "$kernel > 3" "$kernel kernel functions"
holds flamegraph pk flamegraph a.pkp -o a.svg
holds flamegraph-names grep -c spin_half a.svg
holds detached until_true 2 module_is_idle
holds unload unload
