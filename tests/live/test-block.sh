# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Block requests: exactly what /proc/diskstats counted meanwhile on a disk that nobody
# else uses; a known completion time as time at the device; a full queue as time in the
# queue; devices on top of others in no total; devices that go while recording.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# io TABLE FILE JQ: figures of `io --json`, made once per file
io() {
	[[ $2.io -nt $2 ]] || pk io --json "$2" >"$2.io"
	jq -r "[.$1[]] | $3" "$2.io"
}

# disk FIELD: of vda in a copy of diskstats; as Documentation/admin-guide/iostats.rst numbers them
disk() {
	echo $(($(awk -v f="$1" '$3 == "vda" { print $(f + 3) }' after.txt) -
		$(awk -v f="$1" '$3 == "vda" { print $(f + 3) }' before.txt)))
}

load
readonly VDA='select(.device == "vda")'

# ---- the kernel's own books --------------------------------------------------------

if [[ -b /dev/vda ]]; then
	# whatever looks at a new disk is through
	cat /dev/vda >/dev/null
	sleep 0.5
	cat /proc/diskstats >before.txt
	pk record --sources block,task -o d.pkp -- sh -c '
		dd if=/dev/vda of=/dev/null bs=4k count=400 iflag=direct
		dd if=/dev/zero of=/dev/vda bs=64k count=150 oflag=direct
		dd if=/dev/zero of=/dev/vda bs=4k count=40 oflag=direct,dsync
		dd if=/dev/zero of=/dev/vda bs=1M count=20 conv=fsync
		dd if=/dev/vda of=/dev/null bs=4M count=8 iflag=direct
		blkdiscard -l 1M /dev/vda' >record.txt 2>&1 || fail record "$(tail -n 1 record.txt)"
	cat /proc/diskstats >after.txt
	writes='(.op == "write" or .op == "sync" or .op == "zero" or .op == "barrier")'
	sum_of='add // 0'
	equal reads "$(io operations d.pkp "[.[] | $VDA | select(.op == \"read\") | .count] | $sum_of")" "$(disk 1)"
	equal read-sectors "$(io operations d.pkp "[.[] | $VDA | select(.op == \"read\") | .bytes / 512] | $sum_of")" "$(disk 3)"
	equal writes "$(io operations d.pkp "[.[] | $VDA | select$writes | .count] | $sum_of")" "$(disk 5)"
	equal written-sectors "$(io operations d.pkp "[.[] | $VDA | select$writes | .bytes / 512] | $sum_of")" "$(disk 7)"
	equal merges "$(io operations d.pkp "[.[] | $VDA | .merged] | $sum_of")" "$(($(disk 2) + $(disk 6)))"
	equal discards "$(io operations d.pkp "[.[] | $VDA | select(.op == \"discard\") | .count] | $sum_of")" "$(disk 12)"
	equal flushes "$(io operations d.pkp "[.[] | $VDA | select(.op == \"flush\") | .count] | $sum_of")" "$(disk 16)"
	equal untimed "$(io operations d.pkp "[.[] | $VDA | .untimed] | $sum_of")" 0
	expect enough "$(disk 1) > 400 && $(disk 5) > 200 && $(disk 7) > 60000"
	# The kernel ends a request when its completion has done all its work: later than the
	# device. Of writes from the page cache the kernel's times may be longer by far: since 6.9
	# those that are plugged together have the first one's begin. Ours begins with the
	# submission, some 20 us earlier in an emulated machine.
	ours=$(io times d.pkp "[.[] | $VDA | select(.time == \"total\" and .op == \"read\") | .sum_ns] | $sum_of")
	truth=$(disk 4)
	expect time "$ours / 1e6 < 1.1 * $truth + 0.02 * $(disk 1) + 4 && $ours / 1e6 > 0.6 * $truth - 4" \
		"$(calc "$ours / 1e6") ms of reads, the kernel's $truth"
	# the kernel's counts time in the queue as well, and by its clock ticks
	busy=$(io devices d.pkp "[.[] | $VDA | .busy_ns / 1e6] | $sum_of")
	expect busy "$busy > 0 && $busy < $(disk 10) + 8" "$busy ms with something in flight, the kernel's $(disk 10)"
	equal submitter "$(io processes d.pkp '[.[] | select(.comm == "dd" and .op == "sync") | .count] | add')" \
		"$(io operations d.pkp "[.[] | $VDA | select(.op == \"sync\") | .count] | $sum_of")" \
		"synchronous writes of dd, all there are:"
	equal all "$(io devices d.pkp '.[] | select(.device == "all") | .count')" \
		"$(io devices d.pkp ".[] | $VDA | .count")" "requests in the total"
else
	skip diskstats "there is no /dev/vda"
fi

# ---- known times -------------------------------------------------------------------

readonly DELAY_MS=4 DEPTH=4
if null_disk size=1024 completion_nsec=$((DELAY_MS * 1000000)) submit_queues=1 hw_queue_depth=$DEPTH 2>/dev/null; then
	echo none >/sys/block/nullb0/queue/scheduler
	pk record --sources block,task -o n.pkp -- diskio direct /dev/nullb0 1 >answer.txt 2>record.txt
	NULLB='select(.device == "nullb0" and .op == "read"'
	p50=$(io times n.pkp ".[] | $NULLB and .time == \"device\") | .p50_ns")
	# a timer of the guest comes late rather than early; 1/16 is the histogram's
	expect delay "$p50 >= $DELAY_MS * 1e6 * 15 / 16 && $p50 < $DELAY_MS * 1e6 * 1.35" "median at the device: $(calc "$p50 / 1e6") ms"
	p50=$(io times n.pkp ".[] | $NULLB and .time == \"queue\") | .p50_ns")
	expect idle-queue "$p50 < 1e6" "median in the queue: $(calc "$p50 / 1e6") ms"
	# one at a time: the time with one in flight is that at the device
	sum=$(io times n.pkp "[.[] | select(.device == \"nullb0\" and .time == \"device\") | .sum_ns] | add")
	within busy-exactly "$(io devices n.pkp '.[] | select(.device == "nullb0") | .busy_ns')" "$sum" \
		"$(calc "0.01 * $sum")" "ns busy, against those at the device"
	within one "$(io devices n.pkp '.[] | select(.device == "nullb0") | .depth_busy')" 1 0.1 "requests in flight while there are any"
	pk record --sources block,task -o q.pkp -- sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do diskio direct /dev/nullb0 1 & done
		wait' >answer.txt 2>record.txt
	queue=$(io times q.pkp ".[] | $NULLB and .time == \"queue\") | .mean_ns")
	device=$(io times q.pkp ".[] | $NULLB and .time == \"device\") | .mean_ns")
	# 16 readers, 4 of them at the device: the others wait three times as long; less where they
	# are late themselves, on a busy host
	expect full-queue "$queue > 1.5 * $device && $queue < 4.5 * $device" \
		"mean in the queue: $(calc "$queue / 1e6") ms, at the device: $(calc "$device / 1e6") ms"
	expect depth "$(io devices q.pkp '.[] | select(.device == "nullb0") | .max_depth') <= $DEPTH"
	within busy-always "$(io devices q.pkp '.[] | select(.device == "nullb0") | .depth_busy')" $DEPTH 1.2 "requests in flight while there are any"
	# the device goes, and so does its driver
	# shellcheck disable=SC2016 # the inner shell's
	pk record --sources block,task -o g.pkp -- sh -c '
		diskio direct /dev/nullb0 0.3
		rmdir "$1"
		[ -n "$2" ] || rmmod null_blk' sh $NULL_DISK "${PK_DEBUG:-}" >answer.txt 2>record.txt
	[[ -n ${PK_DEBUG:-} || ! -d /sys/module/null_blk ]] || fail removed "null_blk is still there"
	expect gone "$(io devices g.pkp '.[] | select(.device == "nullb0") | .count') > 10"
else
	skip delay "there is no null_blk"
fi

# ---- layers ------------------------------------------------------------------------

if [[ -b /dev/vda ]] && modprobe loop && losetup /dev/loop0 /dev/vda 2>/dev/null; then
	pk record --sources block,task -o l.pkp -- sh -c '
		dd if=/dev/loop0 of=/dev/null bs=64k count=50 iflag=direct
		losetup -d /dev/loop0' >record.txt 2>&1
	equal loop "$(io operations l.pkp '.[] | select(.device == "loop0" and .op == "read") | .bytes')" $((50 * 65536)) "bytes"
	expect loop-below "$(io devices l.pkp ".[] | $VDA | .bytes") > 0"
	equal loop-once "$(io devices l.pkp '.[] | select(.device == "all") | .bytes')" \
		"$(io devices l.pkp ".[] | $VDA | .bytes")" "bytes in the total, once"
else
	skip loop "there is no loop device, or no disk below"
fi
if [[ -b /dev/vda ]] && modprobe dm-delay 2>/dev/null &&
	dmsetup create pkslow --noudevsync --table "0 65536 delay /dev/vda 0 20" 2>/dev/null; then
	dm=$(dmsetup info -c --noheadings -o blkdevname pkslow)
	IFS=: read -r major minor <"/sys/block/$dm/dev"
	[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
	pk record --sources block,task -o m.pkp -- \
		dd if="/dev/$dm" of=/dev/null bs=4k count=30 iflag=direct >record.txt 2>&1
	# the kernel's timers are of 4 ms
	p50=$(io times m.pkp ".[] | select(.device == \"$dm\" and .op == \"read\" and .time == \"device\") | .p50_ns")
	expect dm-delay "$p50 > 18e6 && $p50 < 35e6" "median: $(calc "$p50 / 1e6") ms"
	p50=$(io times m.pkp ".[] | $VDA | select(.op == \"read\" and .time == \"total\") | .p50_ns")
	expect dm-below "$p50 < 10e6" "median below: $(calc "$p50 / 1e6") ms"
	equal dm-reads "$(io operations m.pkp ".[] | select(.device == \"$dm\" and .op == \"read\") | .count")" 30
	equal dm-once "$(io devices m.pkp '.[] | select(.device == "all") | .count')" \
		"$(io devices m.pkp ".[] | $VDA | .count")" "requests in the total, once"
	dmsetup remove --noudevsync pkslow
else
	skip dm "there is no dm-delay"
fi

# ---- phases ------------------------------------------------------------------------

if [[ -b /dev/vda ]]; then
	pk record --sources block,task -o p.pkp -- sh -c "
		dd if=/dev/vda of=/dev/null bs=4k count=100 iflag=direct
		$PK_USER mark second; sleep 0.2
		dd if=/dev/vda of=/dev/null bs=4k count=300 iflag=direct" >record.txt 2>&1
	second=$(pk io --json --phase second p.pkp | jq -r "[.operations[] | $VDA | select(.op == \"read\") | .count] | add")
	all=$(io operations p.pkp ".[] | $VDA | select(.op == \"read\") | .count")
	equal reads-in-all "$all" 400
	# what came before the reading that the mark caused is told in proportion to time
	within phase "$second" 300 40 "reads of the second phase"
fi

unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
