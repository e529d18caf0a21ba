# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Requests that fail, are given back by the driver, or are done in parts: as many as the
# kernel's own tracepoints told of, once each in the counts, with bytes as in
# /proc/diskstats. A disk that injects them (scsi_debug), and device mapper's error target.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"
# shellcheck source=tests/live/disks.sh
. "$PK_HERE/disks.sh"

# ---- what the kernel told meanwhile ------------------------------------------------

readonly TRACE=/sys/kernel/tracing/instances/pkprof
readonly EVENTS=(block_rq_complete block_rq_requeue)

trace() {
	local event

	for event in "${EVENTS[@]}"; do
		echo "$1" >$TRACE/events/block/"$event"/enable
	done
}

# told EVENT DEVICE REGEX
told() {
	local numbers

	numbers=$(tr : , <"/sys/block/$2/dev")
	grep -cE "$1: $numbers $3" trace.txt
}

# recorded FILE COMMAND: by a shell, with the kernel's counts and events
recorded() {
	cat /proc/diskstats >before.txt
	echo >$TRACE/trace
	trace 1
	pk record --sources block,task -o "$1" -- sh -c "$2" >record.txt 2>&1 || fail "record-$1" "$(tail -n 1 record.txt)"
	trace 0
	cat $TRACE/trace >trace.txt
	cat /proc/diskstats >after.txt
}

# as_told NAME FILE DEVICE: what was given back, failed, and was done in parts, and what
# the kernel counted. A part is an end that is not the last one.
readonly WRITES=(write sync zero barrier)
as_told() {
	local all=(read "${WRITES[@]}" flush discard other) ends

	equal "$1-requeued" "$(sum "$2" "$3" requeued "${all[@]}")" "$(told block_rq_requeue "$3" '')" "given back"
	equal "$1-failed" "$(sum "$2" "$3" failed "${all[@]}")" "$(told block_rq_complete "$3" '.*\[-?[1-9][0-9]*\]')" "failed"
	ends=$(told block_rq_complete "$3" '')
	equal "$1-parts" "$(sum "$2" "$3" partial "${all[@]}")" $((ends - $(sum "$2" "$3" count "${all[@]}"))) \
		"parts that were done, of $ends ends"
	equal "$1-counted" \
		"$(sum "$2" "$3" count read) $(($(sum "$2" "$3" bytes read) / 512)) $(sum "$2" "$3" count "${WRITES[@]}") $(($(sum "$2" "$3" bytes "${WRITES[@]}") / 512))" \
		"$(disk "$3" 1) $(disk "$3" 3) $(disk "$3" 5) $(disk "$3" 7)" "reads, sectors, writes, sectors"
	equal "$1-untimed" "$(sum "$2" "$3" untimed "${all[@]}")" 0
}

load
if ! mkdir $TRACE 2>/dev/null; then
	skip failures "there are no instances of the kernel's trace"
	unload
	exit 0
fi

# ---- a disk that injects -----------------------------------------------------------

readonly INJECT=/sys/bus/pseudo/drivers/scsi_debug
readonly MEDIUM=2 SHORT=256 BUSY=32768	# bits of its opts; of a medium it is sector 0x1234 that is bad

inject() {
	echo "$1" >$INJECT/opts
	echo "$2" >$INJECT/every_nth
}

scsi_disk() {
	local path=''

	modprobe -q sd_mod && modprobe -q scsi_debug dev_size_mb=32 || return
	until_true 10 ls $INJECT/adapter0/host*/target*/*/block/* >/dev/null 2>&1 || return
	path=$(echo $INJECT/adapter0/host*/target*/*/block/*)
	sd=${path##*/}
	until_true 5 test -b "/dev/$sd" && [[ $(<"/sys/block/$sd/size") == 65536 ]]
}

if scsi_disk; then
	# whatever looks at a new disk is through
	cat "/dev/$sd" >/dev/null
	sleep 0.5
	inject $MEDIUM 0
	recorded medium.pkp "for i in 1 2 3; do dd if=/dev/$sd of=/dev/null bs=4k skip=582 count=1 iflag=direct; done
		dd if=/dev/$sd of=/dev/null bs=4k count=50 iflag=direct
		dd if=/dev/zero of=/dev/$sd bs=64k count=20 oflag=direct"
	as_told medium medium.pkp "$sd"
	equal medium "$(sum medium.pkp "$sd" failed read)" 3 "reads of the bad sector failed"
	equal medium-whose "$(io processes medium.pkp "[.[] | select(.device == \"$sd\" and .comm == \"dd\") | .failed] | add")" 3
	inject $SHORT 3
	recorded short.pkp "dd if=/dev/$sd of=/dev/null bs=64k count=40 iflag=direct"
	inject 0 0
	as_told short short.pkp "$sd"
	expect short "$(sum short.pkp "$sd" partial read) > 10" "$(sum short.pkp "$sd" partial read) parts of reads"
	equal short-bytes "$(sum short.pkp "$sd" count read) $(sum short.pkp "$sd" bytes read)" "40 $((40 * 65536))"
	inject $BUSY 3
	recorded busy.pkp "dd if=/dev/$sd of=/dev/null bs=4k count=60 iflag=direct
		dd if=/dev/zero of=/dev/$sd bs=4k count=60 oflag=direct"
	inject 0 0
	as_told busy busy.pkp "$sd"
	expect busy "$(sum busy.pkp "$sd" requeued read sync) > 20" "$(sum busy.pkp "$sd" requeued read sync) times the driver gave one back"
	equal busy-once "$(sum busy.pkp "$sd" count read) $(sum busy.pkp "$sd" count sync)" "60 60"
	# one on top, of which the one below fails
	if modprobe -q dm-mod && dmsetup create pkbad --noudevsync --table "0 65536 linear /dev/$sd 0" 2>/dev/null; then
		dm=$(dmsetup info -c --noheadings -o blkdevname pkbad)
		IFS=: read -r major minor <"/sys/block/$dm/dev"
		[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
		inject $MEDIUM 0
		recorded above.pkp "for i in 1 2; do dd if=/dev/$dm of=/dev/null bs=4k skip=582 count=1 iflag=direct; done; true"
		inject 0 0
		equal above "$(sum above.pkp "$dm" failed read) $(sum above.pkp "$sd" failed read)" "2 2" "failed above and below"
		dmsetup remove --noudevsync pkbad
	fi
	[[ -n ${PK_DEBUG:-} ]] || modprobe -r scsi_debug
else
	skip scsi "there is no scsi_debug"
fi

# ---- a device that only fails ------------------------------------------------------

if modprobe -q dm-mod && dmsetup create pkerror --noudevsync --table "0 65536 error" 2>/dev/null; then
	dm=$(dmsetup info -c --noheadings -o blkdevname pkerror)
	IFS=: read -r major minor <"/sys/block/$dm/dev"
	[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
	recorded error.pkp "for i in 1 2 3 4 5; do dd if=/dev/$dm of=/dev/null bs=4k count=1 iflag=direct; done
		for i in 1 2 3; do dd if=/dev/zero of=/dev/$dm bs=4k count=1 oflag=direct; done; true"
	# the kernel's own books leave out what has no device to go to
	equal error "$(sum error.pkp "$dm" failed read) $(sum error.pkp "$dm" count read) $(sum error.pkp "$dm" failed sync)" \
		"5 5 3" "reads that failed, of all, and writes"
	dmsetup remove --noudevsync pkerror
else
	skip error "there is no device mapper"
fi

rmdir $TRACE
unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
