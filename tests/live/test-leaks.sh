# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# No byte that nobody wrote and no address of the kernel goes out: rings and dumps are filled
# with a pattern first, which a reader looks for in each kind of record and attribute, as a member
# of the device's group without CAP_SYSLOG, under kptr_restrict=1. And new rings are all zero.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SECONDS_EACH=$((6 * SLOWNESS))

as_member() {
	setpriv --reuid 1000 --regid 1000 --groups 4242 -- "$@"
}

load
echo 1 >/proc/sys/kernel/kptr_restrict
chgrp 4242 /dev/pkprof
chmod 755 "$PK_TMP" "$PK_TMP/bin"
holds fresh leaks --fresh
equal fresh-zero "$(said fresh holds.txt)" 0 "bytes of new rings that are not 0"
echo Y >/sys/module/pkprof/parameters/poison
# what makes records of all kinds
(while :; do "$PK_WORK/lives" 20 >/dev/null 2>&1; dd if=/dev/zero of=d bs=4k count=20 conv=fsync 2>/dev/null; done) &
load=$!
holds ran as_member "$PK_WORK/leaks" "$SECONDS_EACH"
kill $load
wait $load 2>/dev/null
cp holds.txt leaks.txt
echo N >/sys/module/pkprof/parameters/poison
sed 's/^/# /' leaks.txt | head -n 40
equal unwritten "$(grep -c '^pattern' leaks.txt)" 0 "places that nobody wrote"
equal addresses "$(grep -c '^address' leaks.txt)" 0 "addresses of the kernel"
expect kinds "$(said kinds leaks.txt) >= 20" "$(said kinds leaks.txt) kinds of records and attributes"
expect records "$(said records leaks.txt) > 500" "$(said records leaks.txt) records, $(said bytes leaks.txt) bytes of dumps"
# root sees kernel stacks, and the same look finds them: it can
echo Y >/sys/module/pkprof/parameters/poison
leaks 1 >root.txt
expect finds-addresses "$(grep -c '^address r2 ' root.txt) > 0" "$(grep -c '^address' root.txt) addresses that root is told"
echo N >/sys/module/pkprof/parameters/poison
echo 0 >/proc/sys/kernel/kptr_restrict
chgrp root /dev/pkprof
holds idle until_true 5 module_is_idle
unload
