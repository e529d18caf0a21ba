# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What is recorded goes away meanwhile, with all sources: file systems and super blocks that
# are used again, disks under readers, drivers, network namespaces with connections,
# processes in the middle of an operation. Counts and names stay right.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SOURCES=cpu,task,sched,offcpu,block,vfs,tcp

# io TABLE FILE JQ: figures of `io --json` with all rows, made once per file
io() {
	[[ $2.io -nt $2 ]] || pk io --json -n 0 "$2" >"$2.io"
	jq -r "[.$1[]] | $3" "$2.io"
}

# recorded FILE COMMAND [ARGUMENT...]: by one bash, with all sources; the books balance
recorded() {
	# bash would become the last program that it starts
	local file=$1 command=$2$'\n\ttrue'

	shift 2
	cat /proc/diskstats >before.txt
	pk record --sources $SOURCES -F 499 -o "$file" -- bash -c "$command" bash "$@" >record.txt 2>&1 ||
		fail "record-$file" "$(tail -n 1 record.txt)"
	cat /proc/diskstats >after.txt
	balanced "books-${file%.pkp}" "$file"
}

# written FILE TYPE: writes of bash to file systems of a type
written() {
	io file_processes "$1" "[.[] | select(.comm == \"bash\" and .type == \"$2\" and .op == \"write\" and (.within | not)) | .count] | add // 0"
}

load

# ---- super blocks that are used again ----------------------------------------------

# One shell, so that its process ID tells nothing; each of its lines is one write.
TURNS=40
[[ -z ${PK_BRIEF:-}${PK_DEBUG:-} ]] || TURNS=12
readonly TURNS LINES_EACH=10
mkdir -p mnt
# shellcheck disable=SC2016 # for the shell that is recorded
recorded turns.pkp '
	for ((turn = 0; turn < $1; turn++)); do
		for type in tmpfs ramfs; do
			mount -t $type pk-$type mnt
			for ((i = 0; i < $2; i++)); do
				echo line
			done >mnt/$type
			umount mnt
		done
	done' "$TURNS" $LINES_EACH
for type in tmpfs ramfs; do
	equal "turns-$type" "$(written turns.pkp "$type")" $((TURNS * LINES_EACH)) \
		"writes to $type of $TURNS mounts"
done

if null_disk size=64 completion_nsec=2000000; then
	mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/nullb0
	types=(ext4)
	# the same driver by another name, the same disk, and where it was the super block
	! mount -t ext2 /dev/nullb0 mnt 2>/dev/null || { umount mnt; types+=(ext2); }
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded disks.pkp '
		for ((turn = 0; turn < $1; turn++)); do
			for type in "${@:3}"; do
				mount -t $type /dev/nullb0 mnt
				for ((i = 0; i < $2; i++)); do
					echo line
				done >mnt/$type
				umount mnt
			done
		done' "$((TURNS / 4))" $LINES_EACH "${types[@]}"
	for type in "${types[@]}"; do
		equal "disks-$type" "$(written disks.pkp "$type")" $((TURNS * LINES_EACH / 4)) \
			"writes to $type"
	done

	# ---- a file system that nobody can see any more, whose file is open ------------

	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded lazy.pkp '
		mount -t ext4 /dev/nullb0 mnt
		exec 7>mnt/held
		umount -l mnt
		for ((i = 0; i < 30; i++)); do
			echo line >&7
		done
		sync -f /dev/fd/7
		exec 7>&-
		sleep 0.5'
	equal lazy "$(written lazy.pkp ext4)" 30 "writes to a file system that was unmounted"
	expect lazy-disk "$(io devices lazy.pkp '.[] | select(.device == "nullb0") | .bytes') > 0"
	until_true 10 sh -c '! grep -q nullb0 /proc/fs/jbd2/*/info 2>/dev/null'
fi

# ---- a reader that is killed, a disk under readers ---------------------------------

readonly SLOW_MS=400
if null_disk_more nullb1 size=64 completion_nsec=$((SLOW_MS * 1000000)); then
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded killed.pkp '
		dd if=/dev/nullb1 of=/dev/null bs=8k iflag=direct &
		direct=$!
		dd if=/dev/nullb1 of=/dev/null bs=4k &
		buffered=$!
		sleep 1
		kill -9 $direct $buffered
		wait
		echo "$direct" >killed.txt
		sleep 1'
	direct=$(<killed.txt)
	equal killed "$(io operations killed.pkp '[.[] | select(.device == "nullb1" and .op == "read") | .count] | add')" \
		"$(($(awk '$3 == "nullb1" { print $4 }' after.txt) - $(awk '$3 == "nullb1" { print $4 }' before.txt)))" \
		"requests of the slow disk"
	expect killed-whose "$(io processes killed.pkp "[.[] | select(.device == \"nullb1\" and .pid == $direct) | .count] | add // 0") >= 2" \
		"requests of the process that was killed"
	expect killed-call "$(io file_processes killed.pkp "[.[] | select(.pid == $direct and .op == \"read\") | .count] | add // 0") >= 2" \
		"its reads"
	equal killed-name "$(io processes killed.pkp "[.[] | select(.device == \"nullb1\") | .comm] | unique | join(\" \")")" dd
	# the disk goes while they read
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded gone.pkp '
		diskio direct /dev/nullb1 2 &
		dd if=/dev/nullb1 of=/dev/null bs=4k &
		sleep 1
		rmdir "$1"
		wait' "${NULL_DISK%/*}/nullb1"
	expect gone "$(io devices gone.pkp '.[] | select(.device == "nullb1") | .count') >= 3"
else
	skip killed "there is no null_blk"
fi

# ---- loop: detached under a reader, another file instead ---------------------------

if modprobe -q loop; then
	dd if=/dev/zero of=one bs=1M count=8 2>/dev/null
	cp one two
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded loop.pkp '
		loop=$(losetup --show -f one)
		dd if=$loop of=/dev/null bs=4k iflag=direct &
		sleep 0.2
		losetup -d $loop
		wait
		losetup $loop two
		dd if=$loop of=/dev/null bs=64k count=32 iflag=direct
		losetup -d $loop
		echo ${loop#/dev/} >loop.txt'
	loop=$(<loop.txt)
	equal loop "$(io devices loop.pkp ".[] | select(.device == \"$loop\") | .bytes")" \
		$((512 * ($(awk -v d="$loop" '$3 == d { print $6 }' after.txt) - $(awk -v d="$loop" '$3 == d { n = $6 } END { print n + 0 }' before.txt)))) \
		"bytes of both"
else
	skip loop "there is no loop device"
fi

# ---- device mapper: the table goes under a reader ----------------------------------

if [[ -b /dev/nullb0 ]] && modprobe -q dm-mod; then
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded table.pkp '
		dmsetup create pkgone --noudevsync --table "0 65536 linear /dev/nullb0 0"
		dm=$(dmsetup info -c --noheadings -o blkdevname pkgone)
		IFS=: read -r major minor <"/sys/block/$dm/dev"
		[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
		diskio direct /dev/$dm 3 &
		sleep 1
		dmsetup remove --force --noudevsync pkgone
		wait
		dmsetup remove --noudevsync pkgone
		echo $dm >dm.txt'
	dm=$(<dm.txt)
	expect table "$(io devices table.pkp ".[] | select(.device == \"$dm\") | .count") > 10"
	expect table-failed "$(io operations table.pkp ".[] | select(.device == \"$dm\" and .op == \"read\") | .failed") >= 1" \
		"reads that the table's end made fail"
else
	skip table "there is no device mapper, or no disk below"
fi

# ---- drivers -----------------------------------------------------------------------

# A driver's number goes to the next one that asks for any.
if [[ -z ${PK_DEBUG:-} && -b /dev/nullb0 ]]; then
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded drivers.pkp '
		old=$(</sys/block/nullb0/dev)
		mount -t ext4 /dev/nullb0 mnt
		for ((i = 0; i < 20; i++)); do
			echo line
		done >mnt/last
		umount mnt
		dd if=/dev/nullb0 of=/dev/null bs=4k count=25 iflag=direct
		rmdir "$1"
		rmmod null_blk
		rmmod ext4 jbd2 mbcache
		modprobe zram num_devices=1 && echo 16M >/sys/block/zram0/disksize
		dd if=/dev/zram0 of=/dev/null bs=4k count=35 iflag=direct
		echo "$old $(</sys/block/zram0/dev) $(grep -cE "^(null_blk|ext4) " /proc/modules)" >numbers.txt
		rmmod zram' "$NULL_DISK"
	read -r old new left <numbers.txt
	equal drivers-gone "$left" 0 "drivers that are left of two"
	expect old-row "$(io operations drivers.pkp '.[] | select(.device == "nullb0" and .op == "read") | .count') >= 25" \
		"reads of nullb0, which was $old"
	expect new-row "$(io operations drivers.pkp '[.[] | select(.device == "zram0" and .op == "read") | .count] | add // 0') >= 35" \
		"reads of zram0, which was $new"
	equal old-files "$(written drivers.pkp ext4)" 20 "writes to a file system whose driver is gone"
else
	[[ ! -b /dev/nullb0 ]] || null_disk_away
	skip drivers "this kernel calls a driver after it went, or there is none"
fi

# ---- network namespaces with connections -------------------------------------------

if ip netns add pkclient 2>/dev/null; then
	# shellcheck disable=SC2016 # for the shell that is recorded
	recorded net.pkp '
		exec 2>/dev/null
		for turn in 1 2 3; do
			ip netns add pkclient
			ip netns add pkserver
			ip link add pkc netns pkclient type veth peer name pks netns pkserver
			ip netns exec pkclient ip address add 10.77.0.1/24 dev pkc
			ip netns exec pkserver ip address add 10.77.0.2/24 dev pks
			ip netns exec pkclient ip link set pkc up
			ip netns exec pkserver ip link set pks up
			ip netns exec pkserver tcptalk serve 10.77.0.2 5001 prefork 0 2 &
			server=$!
			for ((i = 0; i < 50; i++)); do
				ip netns exec pkserver ss -tln | grep -q :5001 && break
				sleep 0.1
			done
			ip netns exec pkclient tcptalk ask 10.77.0.2 5001 1 1000000 100 1000 &
			client=$!
			sleep 1
			case $turn in
			1)	# the devices, with the connections on them
				ip netns exec pkclient ip link del pkc ;;
			2)	# who serves, then the namespace
				pkill -9 -P $server; kill -9 $server ;;
			3)	# who asks: what it sent last has nobody any more
				kill -9 $client ;;
			esac
			ip netns del pkserver
			ip netns del pkclient
			sleep 0.5
			pkill -9 -P $server
			kill -9 $server $client
			wait
		done
		sleep 0.5'
	equal net-connected "$(pk net --json -n 0 net.pkp | jq '[.totals[] | select(.role == "opened") | .connected] | add // 0')" 3 \
		"connections, one each turn"
	expect net-bytes "$(pk net --json -n 0 net.pkp | jq '[.totals[] | select(.role == "opened") | .bytes_in] | add // 0') > 6000"
	equal net-names "$(pk net --json -n 0 net.pkp | jq -r '[.connections[] | select(.port == 5001) | .comm] | unique | join(" ")')" tcptalk
	ip netns del pkclient 2>/dev/null
	ip netns del pkserver 2>/dev/null
else
	skip net "there are no network namespaces"
fi

unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
