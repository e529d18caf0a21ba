# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The recorder's own disk is full, too small by a limit, becomes read-only, or fails all that is
# written to it: it ends with the code for the output file and one line that says why, at the latest when
# it is told to end, the module is idle, and the file reads to its last whole part.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly OUTPUT=8	# exit code, see pkprof-user(1)

# flakey TABLE: of the device mapper's disk above nullb0, under the mounted file system
flakey() {
	dmsetup suspend --noflush --nolockfs pkflakey && dmsetup load pkflakey --table "$1" && dmsetup resume --noudevsync pkflakey
}

# ended NAME FILE: after record with $status and $1.err
ended() {
	local name=$1 file=$2

	equal "$name-exit" "$status" $OUTPUT "$(head -n 1 "$name.err")"
	matches "$name-said" "$(<"$name.err")" "$file"
	expect "$name-lines" "$(grep -c . "$name.err") <= 4" "$(grep -c . "$name.err") lines of message"
	holds "$name-detached" until_true 1 module_is_idle
}

# reads NAME FILE: what is there
reads() {
	if [[ -s $2 && $(stat -c %s "$2") -gt 4096 ]]; then
		holds "$1-reads" pk info "$2"
	else
		pass "$1-reads" "$(stat -c %s "$2" 2>/dev/null || echo no) bytes: nothing to read"
	fi
}

# recording NAME FILE OPTION...: in the background, to be disturbed; names take a slow machine a minute
recording() {
	"$PK_USER" record -F 2000 --no-symbols --sources cpu,task,sched -d 240 -o "$2" "${@:3}" >"$1.err" 2>&1 &
	recorder=$!
	until_true 60 session_runs
	sleep 1
}

# over NAME: whatever it was disturbed by ends it; $status is its code
over() {
	local end=$((SECONDS + 90 * SLOWNESS))

	while kill -0 $recorder 2>/dev/null; do
		if ((SECONDS > end)); then
			fail "$1-ends" "it went on"
			kill -KILL $recorder
			break
		fi
		sleep 0.2
	done
	status=0
	wait $recorder || status=$?
}

load
"$PK_WORK/busy" 3600 0 1 >/dev/null &
busy=$!
(while [[ ! -e over ]]; do "$PK_WORK/forkstorm" 20 >/dev/null; done) &
storm=$!
if ! null_disk size=64; then
	skip disks "there is no null_blk"
	kill $busy $storm
	exit 0
fi
mkdir -p mnt

# Full: 8 MB of ext4, most of them taken.
mkfs.ext4 -q -F -O ^has_journal -b 1024 /dev/nullb0 8192
mount /dev/nullb0 mnt
head -c 7M /dev/zero >mnt/filler 2>/dev/null
recording full mnt/f.pkp --ring-size 64K
over full
ended full mnt/f.pkp
reads full mnt/f.pkp
umount mnt

# A limit of size, whose signal nobody planned for.
(ulimit -f 100; exec "$PK_USER" record -F 5000 -d 60 -o limit.pkp) >limit.err 2>&1
status=$?
ended limit limit.pkp
reads limit limit.pkp

# Read-only all of a sudden.
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/nullb0
mount -o errors=remount-ro /dev/nullb0 mnt
recording readonly mnt/r.pkp --ring-size 64K
echo u >/proc/sysrq-trigger
sleep 3
# what is in the page cache is refused by nobody until then
kill -INT $recorder
over readonly
ended readonly mnt/r.pkp
reads readonly mnt/r.pkp
umount mnt 2>/dev/null || umount -l mnt
mount -o remount,rw / 2>/dev/null

# Each write fails, then each that is flushed.
sectors=$(blockdev --getsz /dev/nullb0)
if modprobe -q dm-flakey && dmsetup create pkflakey --noudevsync --table "0 $sectors linear /dev/nullb0 0" 2>flakey.err; then
	dm=$(dmsetup info -c --noheadings -o blkdevname pkflakey)
	IFS=: read -r major minor <"/sys/block/$dm/dev"
	[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
	mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "/dev/$dm"
	mount -o errors=continue "/dev/$dm" mnt
	recording eio mnt/e.pkp --ring-size 64K
	flakey "0 $sectors flakey /dev/nullb0 0 0 3600 1 error_writes"
	sleep 3
	sync mnt 2>/dev/null
	kill -INT $recorder
	over eio
	# the page cache took what the disk did not: fsync() is told
	ended eio mnt/e.pkp
	flakey "0 $sectors linear /dev/nullb0 0"
	umount mnt 2>/dev/null || umount -l mnt
	dmsetup remove --noudevsync --retry pkflakey
else
	skip eio "there is no dm-flakey: $(tail -n 1 flakey.err 2>/dev/null)"
fi
touch over
kill $busy
wait $busy $storm 2>/dev/null
null_disk_away
pk record -F 499 -d 1 -o after.pkp 2>after.err || fail after "$(tail -n 1 after.err)"
balanced after-books after.pkp
holds unload unload
