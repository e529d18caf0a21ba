# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A waits for B, B for C, C for D, and D for a disk: drawn as one tower that stands on
# A and has the time that A waited, within the printed error.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly DISK=/dev/nullb0

if ! null_disk size=1024 completion_nsec=20000000 2>modprobe.txt; then
	skip chain "no slow disk: $(tail -n 1 modprobe.txt)"
	exit
fi
load
pk record --sources sched,task,offcpu --wait-period 4194304ns -o t.pkp -- chain $DISK 8 >chain.txt 2>record.err ||
	fail record "$(tail -n 1 record.err)"
pk flamegraph --kind wakeup -o t.svg t.pkp >/dev/null || fail flamegraph
boxes t.svg >boxes.txt
waited=$(account t.pkp "$(awk '$2 == "chain-a" { print $3 }' chain.txt)" pipe)
disk=$(said disk chain.txt)
# All that stands on A, and its half of the printed interval.
awk '{ n = split($3, path, ";") } n == 2 && path[2] == "chain-a" { print $1, $2 }' boxes.txt >base.txt
read -r got half <base.txt
within base "${got:-0}" "$waited" "$(calc "${half:-0} + 0.001 * $waited")" "ns on chain-a, its waiting by the ledger"
# The part of it that goes by B, C and D to the disk: all the time that D read.
awk '$3 ~ /;chain-a;.*\[woken_by_chain-b\].*\[woken_by_chain-c\].*\[woken_by_chain-d\].*\[after_waiting:_disk\]$/ {
		sum += $1; half += $2 * $2 }
	END { printf "%.0f %.0f\n", sum, sqrt(half) }' boxes.txt >tower.txt
read -r got half <tower.txt
within tower "$got" "$disk" "$(calc "2 * $half + 0.02 * $disk")" "ns of chain-a's tower to the disk, in which chain-d read"
# And not by another way: what is on A but not on this tower is the time in between.
expect one-tower "$got > 0.9 * $disk" "$got of $disk ns"
null_disk_away
