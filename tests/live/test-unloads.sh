# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Load, record 0.2 s from all sources, unload, 50 times (10 in brief) while disks, files and
# connections are busy: nothing in the kernel log, and memory flat. It is compared when what
# keeps them busy stands still.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SOURCES=cpu,task,sched,offcpu,block,vfs,tcp
CYCLES=50
[[ -z ${PK_BRIEF:-}${PK_DEBUG:-} ]] || CYCLES=10
readonly CYCLES
readonly WARM_UP=$((CYCLES / 5))
busy=()

# kB: what of the kernel's memory a module could leave behind
kernel_memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^(SUnreclaim|VmallocUsed|Percpu|KernelStack|PageTables):/ { printf "%s %d ", $1, $2 }' /proc/meminfo
}

keep_busy() {
	if [[ -b /dev/nullb0 ]]; then
		diskio direct /dev/nullb0 3600 >busy.txt &
		busy+=($!)
		diskio fsync disk 3600 >busy.txt &
		busy+=($!)
	fi
	diskio fault . 3600 >busy.txt &
	busy+=($!)
	tcptalk serve 127.0.0.1 5009 prefork 2 2 >busy.txt &
	busy+=($!)
	until_true 10 sh -c 'ss -tln | grep -q :5009' || return
	tcptalk ask 127.0.0.1 5009 1 100000000 100 20000 >busy.txt 2>/dev/null &
	busy+=($!)
	tcptalk ask 127.0.0.1 5009 100000000 2 100 100 >busy.txt 2>/dev/null &
	busy+=($!)
}

# They have children, some of which outlive them.
stand_still() {
	local pid

	for pid in "${busy[@]}"; do
		pkill -P "$pid"
		kill "$pid"
	done
	wait "${busy[@]}" 2>/dev/null
	busy=()
}

# counted FILE: what each source saw of it; "block vfs tcp"
counted() {
	echo "$(pk io --json "$1" | jq '[.devices[] | select(.device == "all") | .count] | add // 0')" \
		"$(jq '[.file_operations[] | .count] | add // 0' <(pk io --json "$1"))" \
		"$(pk net --json "$1" | jq '[.totals[] | .bytes_in] | add // 0')"
}

cycle() {
	insmod "$PK_KO" && pk record -q --no-symbols --sources $SOURCES -F 999 -d 0.2 -o u.pkp 2>record.err >/dev/null &&
		rmmod pkprof
}

unload
ip link set lo up
if null_disk size=64 completion_nsec=1000000; then
	mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/nullb0
	mkdir -p disk
	mount /dev/nullb0 disk
fi
failed=0
keep_busy || fail busy "nobody listens"
for ((i = 1; i <= CYCLES; i++)); do
	cycle || { failed=$i; break; }
	((i == WARM_UP)) || continue
	stand_still
	before=$(kernel_memory)
	keep_busy
done
[[ ! -b /dev/nullb0 ]] || mounted=1
stand_still
after=$(kernel_memory)
if ((failed)); then
	fail cycles "cycle $failed: $(tail -n 1 record.err)"
else
	pass cycles "$CYCLES times"
fi
balanced books u.pkp
read -r block vfs tcp < <(counted u.pkp)
expect counted "$vfs > 0 && $tcp > 0 && (${block:-0} > 0 || ${mounted:-0} == 0)" \
	"the last one has $block requests, $vfs operations on files, $tcp bytes received"
grown=$(awk -v a="$before" -v b="$after" 'BEGIN {
	n = split(a, x); split(b, y)
	for (i = 2; i <= n; i += 2) sum += y[i] - x[i]
	print sum }')
if [[ -n ${PK_DEBUG:-} ]]; then
	echo "# memory is not compared: this kernel keeps freed memory back, and looks for leaks itself"
else
	# A session's own memory is some 20 MB: what one leaves behind would be megabytes each
	# time. Lists of the kernel breathe, and connections that close take their time.
	expect memory "$grown < 100 * ($CYCLES - $WARM_UP)" "grown by $grown kB in $((CYCLES - WARM_UP)) cycles (before: $before after: $after)"
fi
module_left=$(grep -c pkprof /proc/modules /proc/slabinfo /proc/vmallocinfo 2>/dev/null | awk -F: '{ n += $2 } END { print n + 0 }')
expect nothing-left "$module_left == 0" "mentions in modules, slabinfo, vmallocinfo: $module_left"
if [[ -n ${mounted:-} ]]; then
	until_true 10 umount disk || fail umount "something is still there"
	null_disk_away
fi
exit 0
