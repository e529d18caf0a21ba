# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Load, record 0.2 s, unload, 40 times (10 in brief, 200 with patience, 30 on a debug kernel):
# nothing in the kernel log, memory flat.
# Unloading during a session is refused.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

CYCLES=40
[[ -z ${PK_BRIEF:-} ]] || CYCLES=10
[[ -z ${PK_PATIENT:-} ]] || CYCLES=200
[[ -z ${PK_DEBUG:-} ]] || CYCLES=30
readonly CYCLES
readonly WARM_UP=$((CYCLES / 10))

# kB: what of the kernel's memory a module could leave behind
kernel_memory() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|VmallocUsed|Percpu|KernelStack|PageTables):/ { printf "%s %d ", $1, $2 }' /proc/meminfo
}

cycle() {
	insmod "$PK_KO" && pk record -q --no-symbols -F 999 -d 0.2 -o c.pkp 2>record.err >/dev/null && rmmod pkprof
}

unload
failed=0
for ((i = 1; i <= CYCLES; i++)); do
	cycle || { failed=$i; break; }
	((i != WARM_UP)) || before=$(kernel_memory)
done
after=$(kernel_memory)
if ((failed)); then
	fail cycles "cycle $failed: $(tail -n 1 record.err)"
else
	pass cycles "$CYCLES times"
fi
# Lists of the kernel breathe, whatever the number of cycles: of 200 a leak of 1 kB each shows, of 40 one of a page.
grown=$(awk -v a="$before" -v b="$after" 'BEGIN {
	n = split(a, x); split(b, y)
	for (i = 2; i <= n; i += 2) sum += y[i] - x[i]
	print sum }')
if [[ -n ${PK_DEBUG:-} ]]; then
	echo "# memory is not compared: this kernel keeps freed memory back, and looks for leaks itself"
else
	expect memory "$grown < 180" "grown by $grown kB in $((CYCLES - WARM_UP)) cycles (before: $before after: $after)"
fi
module_left=$(grep -c pkprof /proc/modules /proc/slabinfo /proc/vmallocinfo 2>/dev/null | awk -F: '{ n += $2 } END { print n + 0 }')
expect nothing_left "$module_left == 0" "mentions in modules, slabinfo, vmallocinfo: $module_left"

load
"$PK_USER" record -F 99 -o r.pkp -d 120 2>record.err &
recorder=$!
until_true 60 session_runs
if rmmod pkprof 2>rmmod.err; then
	fail rmmod-refused "it was not"
else
	pass rmmod-refused "$(tail -n 1 rmmod.err)"
fi
kill -INT $recorder
holds rmmod-harmless wait $recorder
until_true 2 module_is_idle
holds unload unload
