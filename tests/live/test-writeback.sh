# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Written bytes belong to the process that made the pages dirty, whoever writes them: two
# writers to one file, one that is cut, a mapping that becomes dirty again, a plain dd; and
# all together they are what the kernel counted in /proc/PID/io. Journal blocks have a row.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

if [[ ! -b /dev/vda ]]; then
	skip owners "there is no /dev/vda"
	exit 0
fi
load
mkdir -p disk
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/vda
mount /dev/vda disk
sync

# shellcheck disable=SC2016 # for the shell that is recorded
pk record --sources block,task -o w.pkp -- bash -c '
	cd disk
	dirtier write two 24 2 0 &
	dirtier write two 16 2 1 &
	wait
	dirtier write cut 24 1 >/dev/null
	truncate -s 8M cut
	dirtier map mapped 8 2
	bash -c "echo dd \$\$ $((20 << 20)); exec dd if=/dev/zero of=plain bs=1M count=20" 2>/dev/null
	sync
	sed "s/^/io /" /proc/$$/io' >answers.txt 2>record.txt || fail record "$(tail -n 1 record.txt)"
pk io --json --by process w.pkp >w.json
cat answers.txt

# written JQ: bytes of writes to the disk, of rows that are so
written() {
	jq "[.processes[] | select(.device == \"vda\" and (.op == \"write\" or .op == \"sync\") and ($1)) | .bytes] | add // 0" w.json
}

nr=0
while read -r what pid bytes; do
	[[ $what != io ]] || continue
	nr=$((nr + 1))
	within "$what-$nr" "$(written ".pid == $pid")" "$bytes" "$(calc "0.05 * $bytes")" "bytes of process $pid"
done <answers.txt
equal writers "$nr" 4
expect cut "$(written '.comm == "dirtier"') > 0"
# metadata of the file system is a kernel thread's who makes it dirty itself
all=$(written 'true')
kernel=$(written '(.comm | startswith("kworker")) and .by != "journal"')
expect no-kworker "$kernel < 0.01 * $all" "$kernel of $all bytes are a kernel worker's"
expect by-kworker "$(written '.by == "kworker"') > 0.5 * $all" "$(written '.by == "kworker"') bytes were written by kernel workers for others"
# what a kernel thread does for nobody is its own, not by one for one
equal own "$(jq '[.processes[] | select(.by == "kworker" and (.comm | startswith("kworker")))] | length' w.json)" 0
expect journal "$(written '.by == "journal"') > 0" "$(written '.by == "journal"') bytes of the journal"
truth=$(($(awk '$2 == "write_bytes:" { print $3 }' answers.txt) - $(awk '$2 == "cancelled_write_bytes:" { print $3 }' answers.txt)))
ours=$(written '.by != "journal" and (.comm | startswith("kworker") | not) and (.comm | startswith("jbd2") | not)')
within kernel-books "$ours" "$truth" "$(calc "0.01 * $truth")" "bytes of all processes, against write_bytes less cancelled_write_bytes"
matches shown "$(pk io --by process -n 0 w.pkp)" 'by kworker for (dd|dirtier)'

umount disk
unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
