# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What waits for disks and sockets were for: a program that waits for one disk and another,
# one peer and another, in turns, against its own clock; a journal's commit;
# one that waits all the time; and that all targets together are the ledger's line.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# waits FILE PID LINE [TARGET]: ns that a process had in a line, of one target or all
waits() {
	jq -r --argjson pid "$2" --arg line "$3" --arg target "${4:-}" '
		[.analyses.ledger.process_waits[] | select(.pid == $pid and .line == $line and
			($target == "" or .target == $target)) | .ns] | add // 0' "$(report_of "$1")"
}

# times FILE PID TARGET: likewise, how many
times() {
	jq -r --argjson pid "$2" --arg target "$3" '
		[.analyses.ledger.process_waits[] | select(.pid == $pid and .target == $target) | .waits] |
		add // 0' "$(report_of "$1")"
}

# turned FILE TARGET COLUMN: what a program says of itself; 3: PID, 4: calls, 5: ns
turned() {
	awk -v t="$2" -v c="$3" '$1 == "turns" && $2 == t { print $c; exit }' "$1"
}

# closes NAME FILE PID LINE: targets of a process against its threads' line
closes() {
	local line

	line=$(account "$2" "$3" "$4" pid)
	within "$1" "$(waits "$2" "$3" "$4")" "$line" "$(calc "0.001 * $line + 1e5")" \
		"ns in line $4 of process $3, by target and by account"
}

# all_close NAME FILE LINE TOLERANCE_NS: of all processes
all_close() {
	local line

	line=$(jq -r --arg key "$3_ns" '[.analyses.ledger.processes[][$key]] | add' "$(report_of "$2")")
	within "$1" "$(jq -r --arg line "$3" '[.analyses.ledger.waits[] | select(.line == $line) | .ns] | add // 0' \
		"$(report_of "$2")")" "$line" "$(calc "0.001 * $line + $4")" "ns in line $3 of all"
}

# against NAME FILE ANSWER TARGET LABEL LINE LEAST_MS MOST_TIMES: the split against what is
# known: not less than each answer takes by construction, not more than by the program's
# clock, which has its run queue in it; as often as it called, but for who was not asleep yet
# when the answer came, or was woken more than once for it
against() {
	local pid calls truth ours

	pid=$(turned "$3" "$4" 3)
	calls=$(turned "$3" "$4" 4)
	truth=$(turned "$3" "$4" 5)
	ours=$(waits "$2" "$pid" "$6" "$5")
	expect "$1" "$ours <= $truth * 1.001 + 1e5 && $ours >= ($calls - 3) * $7 * 0.97e6" \
		"$(calc "$ours / 1e6") ms for $5, by the program's clock $(calc "$truth / 1e6"), at least $(calc "$calls * $7")"
	expect "$1-times" "$(times "$2" "$pid" "$5") >= $calls - 3 && $(times "$2" "$pid" "$5") <= $8 * $calls + 3" \
		"$(times "$2" "$pid" "$5") waits for $5, $calls calls"
}

load

# ---- disks ---------------------------------------------------------------------------

second_disk() {
	mkdir "${NULL_DISK%0}1" || return
	for setting in memory_backed=1 queue_mode=2 irqmode=2 "$@" power=1; do
		echo "${setting#*=}" >"${NULL_DISK%0}1/${setting%%=*}" || return
	done
	until_true 5 test -b /dev/nullb1
}

if null_disk size=256 completion_nsec=4000000 2>/dev/null && second_disk size=256 completion_nsec=12000000; then
	pk record --sources block,sched,task -o d.pkp -- turns disks /dev/nullb0 /dev/nullb1 100 >disks.txt 2>record.txt ||
		fail record "$(tail -n 1 record.txt)"
	against quick-disk d.pkp disks.txt /dev/nullb0 nullb0 disk 4 1.02
	against slow-disk d.pkp disks.txt /dev/nullb1 nullb1 disk 12 1.02
	closes disk-closure d.pkp "$(turned disks.txt /dev/nullb0 3)" disk
	all_close disks-closure d.pkp disk 2e6
	pk report --ledger d.pkp >lines.txt
	matches disk-row "$(<lines.txt)" '^ *nullb1 '
	matches process-row "$(pk report --ledger --by process d.pkp)" 'turns .*disk .*nullb1 '

	# whoever waits for a commit is woken by the journal's thread
	if mkfs.ext4 -q /dev/nullb0 >/dev/null 2>&1 && mkdir -p mnt && mount /dev/nullb0 mnt; then
		pk record --sources block,sched,task -o f.pkp -- diskio fsync mnt 2 >fsync.txt 2>record.txt
		pid=$(awk '$1 == "answer" { print $3; exit }' fsync.txt)
		ours=$(waits f.pkp "$pid" disk nullb0)
		expect journal "$ours >= 0.9 * $(waits f.pkp "$pid" disk)" \
			"of $(calc "$(waits f.pkp "$pid" disk) / 1e6") ms for disks $(calc "$ours / 1e6") known as nullb0"
		closes journal-closure f.pkp "$pid" disk
		umount mnt
	fi
	rmdir "${NULL_DISK%0}1"
	null_disk_away
else
	skip disks "there is no null_blk with completion times"
fi

# ---- peers ---------------------------------------------------------------------------

ip link set lo up
tcptalk serve 127.0.0.1 7001 prefork 4 1 >served.txt &
quick=$!
tcptalk serve 127.0.0.1 7002 prefork 12 1 >>served.txt &
slow=$!
tcptalk serve 127.0.0.1 7003 late 60000 1 >>served.txt &
late=$!
until_true 5 sh -c "ss -tln | grep -q ':7001 ' && ss -tln | grep -q ':7002 ' && ss -tln | grep -q ':7003 '"
# one that waits from before the recording to behind it
turns idle 127.0.0.1 7003 600 >idle.txt &
idle=$!
until_true 5 sh -c "ss -tn | grep -q ':7003 '"
pk record --sources tcp,sched,task -o p.pkp -- turns peers 127.0.0.1 7001 7002 100 >peers.txt 2>record.txt ||
	fail record "$(tail -n 1 record.txt)"
against quick-peer p.pkp peers.txt 7001 127.0.0.1:7001 socket 4 2.1
against slow-peer p.pkp peers.txt 7002 127.0.0.1:7002 socket 12 2.1
against unix-peer p.pkp peers.txt unix "(Unix sockets)" socket 3 2.1
closes peers-closure p.pkp "$(turned peers.txt 7001 3)" socket
wall=$(jq -r '.analyses.ledger.totals.wall_ns' "$(report_of p.pkp)")
within idle-peer "$(waits p.pkp "$idle" socket 127.0.0.1:7003)" "$wall" "$(calc "0.02 * $wall + 2e7")" \
	"ns of one that waits all the time"
served=$(jq -r '[.analyses.ledger.waits[] | select(.target == "127.0.0.1 at 127.0.0.1:7002") | .ns] | add // 0' \
	"$(report_of p.pkp)")
expect server "$served > 0.2 * $wall" "$(calc "$served / 1e6") ms that the server waited for its client"
all_close peers-all-closure p.pkp socket 3e7
pk report --ledger p.pkp >lines.txt
matches peer-row "$(<lines.txt)" '^ *127.0.0.1:7002 '
kill "$quick" "$slow" "$late" "$idle"
wait
unload
