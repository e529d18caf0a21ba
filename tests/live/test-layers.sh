# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Devices on top of others: device mapper, loop, md. Each has a row of its own that is what
# /proc/diskstats counted for it, and the total is that of the disks below, once.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"
# shellcheck source=tests/live/disks.sh
. "$PK_HERE/disks.sh"

# as_counted NAME FILE DEVICE [OPERATION]: reads, their sectors, writes, their sectors, discards,
# flushes; but for writes of that kind.
# What a device without a queue cuts is one to us, and each piece of it one to the kernel.
readonly WRITES=(write sync zero barrier)
as_counted() {
	local ours truth read_pieces=0 write_pieces=0

	if [[ $3 != nullb* && $3 != loop* ]]; then
		read_pieces=$(sum "$2" "$3" split read)
		write_pieces=$(sum "$2" "$3" split "${WRITES[@]}")
	fi
	ours="$(($(sum "$2" "$3" count read) + read_pieces)) $(($(sum "$2" "$3" bytes read) / 512))"
	ours+=" $(($(sum "$2" "$3" count "${WRITES[@]}") + write_pieces - $(sum "$2" "$3" count "${4:-none}")))"
	ours+=" $(($(sum "$2" "$3" bytes "${WRITES[@]}") / 512))"
	ours+=" $(sum "$2" "$3" count discard) $(sum "$2" "$3" count flush)"
	truth="$(disk "$3" 1) $(disk "$3" 3) $(disk "$3" 5) $(disk "$3" 7) $(disk "$3" 12) $(disk "$3" 16)"
	equal "$1" "$ours" "$truth" "reads, sectors, writes, sectors, discards, flushes of $3"
}

# once NAME FILE DEVICE...: these are what there is in the total
once() {
	local name=$1 file=$2 list

	shift 2
	list=$(printf '"%s",' "$@")
	equal "$name" "$(io devices "$file" '.[] | select(.device == "all") | "\(.count) \(.bytes)"')" \
		"$(io devices "$file" "[.[] | select(.device | IN(${list%,}))] | \"\([.[].count] | add) \([.[].bytes] | add)\"")" \
		"requests and bytes in the total, those of $*"
}

# recorded FILE COMMAND: by a shell, with the kernel's counts before and after
recorded() {
	cat /proc/diskstats >before.txt
	pk record --sources block,task -o "$1" -- sh -c "$2" >record.txt 2>&1 || fail "record-$1" "$(tail -n 1 record.txt)"
	cat /proc/diskstats >after.txt
}

# dm NAME TABLE: $dm is the device
dm() {
	local major minor

	dmsetup create "$1" --noudevsync --table "$2" 2>/dev/null || return
	dm=$(dmsetup info -c --noheadings -o blkdevname "$1")
	IFS=: read -r major minor <"/sys/block/$dm/dev"
	[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
}

# mixed DEVICE: the commands that do 50 writes of 64 KB, 40 that are flushed, 100 reads of 4 KB, 4 of 1 MB
mixed() {
	cat <<-END
		dd if=/dev/zero of=/dev/$1 bs=64k count=50 oflag=direct
		dd if=/dev/zero of=/dev/$1 bs=4k count=40 oflag=direct,dsync
		dd if=/dev/$1 of=/dev/null bs=4k count=100 iflag=direct
		dd if=/dev/$1 of=/dev/null bs=1M count=4 iflag=direct
	END
}
readonly MIXED_WRITTEN=$((50 * 65536 + 40 * 4096)) MIXED_READ=$((100 * 4096 + (4 << 20)))

# mixed_bytes NAME FILE DEVICE
mixed_bytes() {
	equal "$1" "$(sum "$2" "$3" bytes read) $(sum "$2" "$3" bytes "${WRITES[@]}")" "$MIXED_READ $MIXED_WRITTEN" "bytes read, written"
}

load
if ! null_disk size=64 discard=1 || ! null_disk_more nullb1 size=64; then
	skip layers "there is no null_blk"
	unload
	exit 0
fi
readonly SECTORS=$((64 << 11))

# ---- device mapper -----------------------------------------------------------------

modprobe -q dm-mod
if dm pklinear "0 $SECTORS linear /dev/nullb0 0"; then
	recorded linear.pkp "$(mixed "$dm"); blkdiscard -f -l 1M /dev/$dm"
	as_counted linear linear.pkp "$dm"
	mixed_bytes linear-bytes linear.pkp "$dm"
	as_counted linear-below linear.pkp nullb0
	once linear-once linear.pkp nullb0
	equal linear-untimed "$(sum linear.pkp "$dm" untimed read "${WRITES[@]}")" 0
	dmsetup remove --noudevsync pklinear
	# half of a request of 1 MB lies on each disk
	dm pkconcat "0 1024 linear /dev/nullb0 0
1024 32768 linear /dev/nullb1 0"
	recorded concat.pkp "dd if=/dev/$dm of=/dev/null bs=1M count=8 iflag=direct
		dd if=/dev/zero of=/dev/$dm bs=1M count=8 oflag=direct"
	equal concat-bytes "$(sum concat.pkp "$dm" bytes read) $(sum concat.pkp "$dm" bytes "${WRITES[@]}")" "$((8 << 20)) $((8 << 20))"
	as_counted concat-0 concat.pkp nullb0
	as_counted concat-1 concat.pkp nullb1
	once concat-once concat.pkp nullb0 nullb1
	as_counted concat concat.pkp "$dm"
	dmsetup remove --noudevsync pkconcat
else
	skip linear "there is no device mapper"
fi

modprobe -q dm-delay
readonly READ_MS=20 WRITE_MS=40
if dm pkslow "0 $SECTORS delay /dev/nullb0 0 $READ_MS /dev/nullb0 0 $WRITE_MS"; then
	recorded delay.pkp "dd if=/dev/$dm of=/dev/null bs=4k count=30 iflag=direct
		dd if=/dev/zero of=/dev/$dm bs=4k count=20 oflag=direct"
	as_counted delay delay.pkp "$dm"
	as_counted delay-below delay.pkp nullb0
	once delay-once delay.pkp nullb0
	for row in "read $READ_MS" "sync $WRITE_MS"; do
		read -r op ms <<<"$row"
		p50=$(io times delay.pkp ".[] | select(.device == \"$dm\" and .op == \"$op\" and .time == \"device\") | .p50_ns / 1e6")
		# it delays by timers of the kernel's, of 4 ms and rounded up, and hands on to a thread
		expect "delay-$op" "$p50 > $ms * 15 / 16 && $p50 < $ms + 12" "median of $op at $dm: $p50 ms, $ms of delay"
		p50=$(io times delay.pkp ".[] | select(.device == \"nullb0\" and .op == \"$op\" and .time == \"total\") | .p50_ns / 1e6")
		expect "delay-$op-below" "$p50 < 5" "median of $op below: $p50 ms"
	done
	dmsetup remove --noudevsync pkslow
else
	skip delay "there is no dm-delay"
fi

# ---- loop --------------------------------------------------------------------------

if modprobe loop && mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/nullb0; then
	mkdir -p disk
	mount /dev/nullb0 disk
	dd if=/dev/zero of=disk/image bs=1M count=16 conv=fsync 2>/dev/null
	sync disk
	# nothing of it is in memory
	echo 3 >/proc/sys/vm/drop_caches
	loop=$(losetup --show -f disk/image)
	recorded loop.pkp "$(mixed "${loop#/dev/}"); sync disk/image"
	as_counted loop loop.pkp "${loop#/dev/}"
	mixed_bytes loop-bytes loop.pkp "${loop#/dev/}"
	as_counted loop-below loop.pkp nullb0
	once loop-once loop.pkp nullb0
	losetup -d "$loop"
	umount disk
else
	skip loop "there is no loop device"
fi

# ---- md ----------------------------------------------------------------------------

# md LEVEL: /dev/md7 on both disks
md() {
	local clean=()

	[[ $1 != raid1 ]] || clean=(--assume-clean)
	modprobe -q "$1"
	command -v mdadm >/dev/null || return
	mdadm --build /dev/md7 --run --level="$1" --raid-devices=2 "${clean[@]}" /dev/nullb0 /dev/nullb1 >md.txt 2>&1 ||
		return
	# the first who opens it looks for partitions
	until_true 5 test -b /dev/md7 && head -c 4096 /dev/md7 >/dev/null
}

for level in raid1 linear; do
	name=md-$level
	if ! md $level; then
		skip $name "there is no md of that kind: $(tail -n 1 md.txt 2>/dev/null)"
		continue
	fi
	recorded $name.pkp "$(mixed md7)"
	# md answers for flushes without counting them, and of some kinds counts nothing
	if (($(disk md7 1))); then
		as_counted $name $name.pkp md7 barrier
	else
		skip $name "this kernel counts nothing for md $level"
	fi
	mixed_bytes $name-bytes $name.pkp md7
	as_counted $name-0 $name.pkp nullb0
	as_counted $name-1 $name.pkp nullb1
	once $name-once $name.pkp nullb0 nullb1
	# a mirror writes twice, and reads once
	copies=$([[ $level == raid1 ]] && echo 2 || echo 1)
	equal $name-below "$(io devices $name.pkp '.[] | select(.device == "all") | .bytes')" \
		$((copies * MIXED_WRITTEN + MIXED_READ)) "bytes in the total"
	mdadm --stop /dev/md7 >/dev/null 2>&1
done

null_disk_gone nullb1
null_disk_away
unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
