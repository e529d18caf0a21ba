# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Every allocation, and every copy to or from the caller, fails once: around loading and unloading,
# opening, mapping, each command and the end of a session. What comes of it is success or an error
# of memory that is short; the same again without a failure succeeds; nothing is left.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# Of a way in so many are tried one by one, of those beyond fewer and fewer.
readonly DENSE=${PK_LONG:+20000}

percpu() {
	awk '/^Percpu:/ { print $2 }' /proc/meminfo
}

if [[ ! -e /proc/self/fail-nth || ! -d /sys/kernel/debug/failslab ]]; then
	skip failnth "this kernel injects no failures"
	exit 0
fi
unload
# what is allocated once, with the first session
load
pk record -q --no-symbols -d 0.2 -o first.pkp 2>first.err || fail first "$(tail -n 1 first.err)"
unload
before=$(percpu)
failnth "$PK_KO" "${DENSE:-40}" >tried.txt 2>tried.err
expect ran "$? == 0" "$(grep -c '^bad ' tried.txt) findings; $(tail -n 1 tried.err)"
grep '^bad ' tried.txt | head -n 20 | sed 's/^/# /'
while read -r name tried injected last errors; do
	[[ $name != bad ]] || continue
	if [[ $tried == "$injected" ]]; then
		fail "$name" "not tried to the end: $tried of which $injected failed"
	else
		pass "$name" "$injected failures, the last of its call $last; errors $errors"
	fi
done <tried.txt
equal ways "$(grep -vc '^bad ' tried.txt)" 16 "ways in"
expect percpu "$(percpu) <= $before + 256" "kB of the kernel's memory for each CPU: $(percpu), before $before"
equal unloaded "$(grep -c '^pkprof ' /proc/modules)" 0
# and a recorder as if nothing had been
load
pk record -F 499 -d 1 -o after.pkp 2>after.err || fail after "$(tail -n 1 after.err)"
balanced after-books after.pkp
unload
