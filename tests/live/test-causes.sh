# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Programs of known answer have their time on the right line of the ledger: what they
# waited by their own clocks is there, and it is 95 % of all that they waited.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

EACH=$([[ -n ${PK_DEBUG:-} ]] && echo 5 || echo 2)
readonly EACH
readonly DISK=/dev/nullb0 CGROUP=/sys/fs/cgroup/pk

# A disk that takes 4 ms for everything, whatever the host does, and ext4 on a part of it.
slow_disk() {
	null_disk size=1024 completion_nsec=4000000 || return
	mkfs.ext4 -q -F -E nodiscard -O ^resize_inode $DISK 64M || return
	mkdir -p slow
	mount -t ext4 $DISK slow
}

# A quarter of a CPU, by hard quota.
quota() {
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control || return
	mkdir -p $CGROUP || return
	echo "25000 100000" >$CGROUP/cpu.max
}

# Side by side: waiters that need little of a CPU.
run_waiters() {
	waits "$EACH" &
	family 400 &
	int80 50 &
	namesake exec >namesake-exec.txt &
	if [[ -b $DISK ]]; then
		diskio direct $DISK "$EACH" &
		diskio aio $DISK "$EACH" &
		uring $DISK "$EACH" &
		diskio fsync slow "$EACH" &
		diskio fault slow "$EACH" &
	fi
	wait
}

# One after the other: what computes as well.
run_players() {
	local channel

	for channel in pipe eventfd tty unix tcp epoll; do
		pingpong $channel 1
	done
	locks mutex "$EACH"
	locks memory "$EACH"
	namesake pid 5 >namesake-pid.txt
}

# Those that the scheduler keeps from running.
run_hogs() {
	hog nice0 "$EACH" 1 0 &
	hog nice19 "$EACH" 1 19 &
	wait
	[[ ! -w $CGROUP/cpu.max ]] || hog quota "$EACH" 1 0 $CGROUP
}

if [[ ${1:-} == --workload ]]; then
	{
		run_waiters
		run_players
		run_hogs
	} >answers.txt 2>answers.err
	exit
fi

# namesakes NAME FILE LINE: what several threads of one ID had in a line, by their clocks
namesakes() {
	local slept most got

	slept=$(said slept "$2")
	most=$(said at_most "$2")
	got=$(account c.pkp "$(said pid "$2")" "$3" pid)
	if [[ -z $slept ]]; then
		fail "$1" "no answer: $(head -c 200 "$2")"
	else
		expect "$1" "${got:-0} <= $most + 2e6 && ${got:-0} >= 0.9 * $slept" \
			"$3 ${got:-0} ns in the ledger, by their own clocks $slept ns"
	fi
}

load
slow_disk >disk.txt 2>&1 || skip slow-disk "$(tail -n 1 disk.txt)"
quota 2>quota.txt || skip quota "no cgroups with a quota: $(tail -n 1 quota.txt)"
# Blocked before the start: the ledger has to find out by itself.
forever >before.txt &
before=$!
until_true 20 grep -q blocked before.txt
pk record --sources sched,task -o c.pkp -- sh -c "
	$PK_WORK/forever >during.txt &
	bash $PK_HERE/test-causes.sh --workload
	kill \$!" 2>record.err || fail record "$(tail -n 1 record.err)"
kill $before
wait $before 2>/dev/null
[[ ! -s answers.err ]] || fail programs "$(head -n 3 answers.err | tr '\n' ' ')"
answered c.pkp answers.txt
grep '^absent' answers.txt | while read -r _ name errno; do
	skip "$name" "this kernel refuses it: error $errno"
done
namesakes same-pid namesake-pid.txt sleep
namesakes exec-by-thread namesake-exec.txt sleep
# All their life in the recording is on one line.
# The ledger is attached a moment before sampling begins.
kept=$(pk info --json c.pkp | jq '[.recording[] | select(.fact == "ledger.from_ns" or .fact == "ledger.to_ns") | .value | tonumber] | max - min')
while read -r _ name tid line _; do
	got=$(account c.pkp "$tid" "$line")
	expect "before-$name" "${got:-0} >= 0.99 * $kept && ${got:-0} <= $kept + 1e6" \
		"$line ${got:-0} ns of $kept"
done < <(grep '^answer' before.txt)
while read -r _ name tid line _; do
	expect "during-$name" "$(account c.pkp "$tid" "$line") + 0 >= 0.95 * ($(account c.pkp "$tid" total) + 0) && \
		$(account c.pkp "$tid" total) + 0 > 0" "$line of $(account c.pkp "$tid" total) ns"
done < <(grep '^answer' during.txt)
umount slow 2>/dev/null
null_disk_away
[[ ! -d $CGROUP ]] || rmdir $CGROUP
