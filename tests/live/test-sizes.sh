# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Senseless sizes: rings of no bytes, of 2^63 and larger than the machine, lists and tables
# above their limits, with RLIMIT_MEMLOCK of 64 KB. Refused with an errno, nobody is killed.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly PAGES=/proc/sys/vm/nr_hugepages LEFT_MB=200

available_mb() {
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

load
# Two rings of 64 MB are more than half of what is left then. Memory set aside this way is
# not written to, which would take an emulated machine long.
echo $((($(available_mb) - LEFT_MB) / 2)) >$PAGES
echo "# $(available_mb) MB are left"
expect little-memory "$(available_mb) < 256" "$(available_mb) MB available"
holds ran sizes 64
while read -r name got wanted; do
	[[ ! $got =~ ^-?[0-9]+$ ]] || equal "$name" "$got" "$wanted"
done <holds.txt
expect cases "$(wc -l <holds.txt) >= 50" "$(wc -l <holds.txt) sizes"
"$PK_USER" record -d 1 --ring-size 64M -o r.pkp 2>err.txt
equal record-exit $? 1
matches record-is-told "$(<err.txt)" 'rings need [0-9]+ MB, more than half of [0-9]+ MB free'
echo 0 >$PAGES
equal nobody-killed "$(dmesg | grep -ciE 'out of memory|oom-kill|invoked oom')" 0
holds idle until_true 5 module_is_idle
holds unload unload
