# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Single operations on files, taken apart: on a disk of known times the device has its share,
# a full queue is queue, a commit waits for others' requests, two writers for a lock; the
# parts are the whole; each is told with its file, its place in it, and who called.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly DELAY_MS=10
if ! null_disk size=512 completion_nsec=$((DELAY_MS * 1000000)) submit_queues=1 hw_queue_depth=1 2>/dev/null; then
	skip parts "there is no null_blk"
	exit 0
fi
echo none >/sys/block/nullb0/queue/scheduler
load

# autopsy FILE JQ: figures of `io --autopsy --json`, made once per file
autopsy() {
	[[ $1.autopsy -nt $1 ]] || pk io --autopsy --limit 0 --json "$1" >"$1.autopsy" || return
	jq -r "$2" "$1.autopsy"
}

# parts FILE OP COMM: where the time went, for whoever reads the log
parts() {
	autopsy "$1" "[.slowest[] | select(.op == \"$2\" and .comm == \"$3\")] | [.[] | to_entries[] |
		select(.key | endswith(\"_ns\")) | {key, value}] | group_by(.key) |
		map({(.[0].key): ([.[].value] | add)}) | add" | tr -d '\n'
	echo " $1"
}

# share FILE OP PART [COMM]: of the time of those that were told one by one
share() {
	autopsy "$1" "[.slowest[] | select(.op == \"$2\"${4:+ and .comm == \"$4\"})] |
		([.[] | .$3] | add // 0) / ([.[] | .length_ns] | add // 1)"
}

# ---- one at a time: at the device ----------------------------------------------------

pk record --sources cpu,sched,block,vfs -o d.pkp -- diskio direct /dev/nullb0 2 >answer.txt 2>record.txt || fail record "$(tail -n 1 record.txt)"
expect device "$(share d.pkp read device_ns diskio) > 0.6" "device's share of direct reads: $(share d.pkp read device_ns diskio)"
expect others "$(share d.pkp read others_device_ns diskio) + $(share d.pkp read others_ns diskio) < 0.02"
expect idle-queue "$(share d.pkp read queue_ns diskio) < 0.1"
p50=$(autopsy d.pkp '[.slowest[] | select(.op == "read" and .comm == "diskio" and .bytes == 4096) | .device_ns] | sort | .[length / 2 | floor]')
expect delay "$p50 >= $DELAY_MS * 1e6 * 0.98 && $p50 < $DELAY_MS * 1e6 * 1.35" "median at the device: $(calc "$p50 / 1e6") ms"
ITS='.slowest[] | select(.op == "read" and .file == "/dev/nullb0")'
expect places "$(autopsy d.pkp "[$ITS | .offset / 4096 | floor] | unique | length") > 10" "different places in the file"
equal aligned "$(autopsy d.pkp "[$ITS | select(.offset % 4096 != 0 or .bytes != 4096)] | length")" 0 "others than whole blocks"
equal caller "$(autopsy d.pkp "[$ITS | select(.stack | test(\"^pread.*main\") | not)] | length")" 0 "without pread and main in their stack"
equal requests "$(autopsy d.pkp "[$ITS | .requests] | unique | join(\" \")")" 1 "requests of each"
# the parts are the whole, of each
equal whole "$(autopsy d.pkp '[.slowest[] | .length_ns - (.cpu_ns + .cache_ns + .submit_ns + .queue_ns + .device_ns + .wake_ns + .others_device_ns + .others_ns + .lock_ns + .wait_ns + .runq_ns) | select(. != 0)] | length')" 0 \
	"operations whose parts are not the whole"
# each is counted where it is in the distribution
equal counts "$(autopsy d.pkp '[.anatomy[] | select(.op == "read") | .count] | add')" \
	"$(pk io --json --by operation d.pkp | jq '[.file_totals[] | select(.op == "read" and (.within | not)) | .count - .untimed] | add')" "reads"

# ---- many at a time: in the queue ------------------------------------------------------

# shellcheck disable=SC2016 # for the shell that is recorded
pk record --sources cpu,sched,block,vfs -o q.pkp -- sh -c '
	for i in 1 2 3 4; do diskio direct /dev/nullb0 2 & done
	wait' >answer.txt 2>record.txt
# one of four is at the device, the others wait for it; each length as often as it was
parts q.pkp read diskio
ratio=$(autopsy q.pkp '[.anatomy[] | select(.op == "read")] | ([.[] | .count * .queue_ns] | add) / ([.[] | .count * .device_ns] | add)')
expect queue "$ratio > 2 && $ratio < 6" "queue against device, four readers of a device that takes one: $ratio"

# ---- a file system: commits, faults, the page cache --------------------------------------

mkdir -p disk
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/nullb0
mount /dev/nullb0 disk || fail mount "no file system"
pk record --sources cpu,sched,block,vfs -o f.pkp -- diskio fsync disk 3 >answer.txt 2>record.txt
own=$(share f.pkp fsync device_ns diskio) others=$(share f.pkp fsync others_device_ns diskio)
# what a host that is busy adds is on the CPU, or comes after the device
busy=$(calc "$(share f.pkp fsync cpu_ns diskio) + $(share f.pkp fsync wake_ns diskio) + $(share f.pkp fsync runq_ns diskio)")
parts f.pkp fsync diskio
idle=$(share f.pkp fsync others_ns diskio)
expect commit "$own + $others + $idle > 0.75 * (1 - $busy)" "of fsync: own requests at the device $own, others' $others, the journal's thread between them $idle"
expect journal "$others > 0.15" "a commit waits for the journal's requests: $others"
matches synced "$(autopsy f.pkp '.slowest[] | select(.op == "fsync") | .file')" '/disk/pk-fsync$'
pk record --sources cpu,sched,block,vfs -o m.pkp -- diskio fault disk 2 >answer.txt 2>record.txt
parts m.pkp fault diskio
expect fault "$(share m.pkp fault device_ns diskio) > 0.5" "device's share of faults: $(share m.pkp fault device_ns diskio)"
matches mapped "$(autopsy m.pkp '.slowest[] | select(.op == "fault" and .comm == "diskio") | .file')" '/disk/pk-'
dd if=/dev/zero of=disk/cold bs=1M count=4 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
pk record --sources cpu,sched,block,vfs -o c.pkp -- dd if=disk/cold of=/dev/null bs=64k 2>record.txt
cache=$(share c.pkp read cache_ns dd)
expect cache "$cache > 0" "share of a cold read that makes room in the page cache: $cache"

# ---- a lock ------------------------------------------------------------------------------

# two writers to one file: while one waits for the disk, the other waits for the inode
pk record --sources cpu,sched,block,vfs -o l.pkp -- sh -c '
	for i in 1 2; do dd if=/dev/zero of=disk/both bs=4k count=60 oflag=direct conv=notrunc 2>/dev/null & done
	wait' 2>record.txt
locked=$(share l.pkp write lock_ns dd)
parts l.pkp write dd
expect lock "$locked > 0.1" "share of locks, two writers past the page cache: $locked"
pk io --by file --json l.pkp >files.json
expect by-file "$(jq '[.files[] | select(.op == "write" and (.file // "" | endswith("/disk/both"))) | .count] | add' files.json) >= 110" "of 120 writes"

umount disk
null_disk_away
unload
