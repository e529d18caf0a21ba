# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# All sources with rings that run over, as the reader stands still: for each CPU, source and
# reason generated is delivered and lost, and the sums of requests, files and connections,
# which go through no ring, are complete all the same.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SOURCES=cpu,task,sched,offcpu,block,vfs,tcp

# disk FIELD: of nullb0, as Documentation/admin-guide/iostats.rst numbers them
disk() {
	echo $(($(awk -v f="$1" '$3 == "nullb0" { print $(f + 3) }' after.txt) -
		$(awk -v f="$1" '$3 == "nullb0" { print $(f + 3) }' before.txt)))
}

talked() {
	awk -v c="$1" '$1 == "talked" { sum += $c } END { print sum + 0 }' asked.txt
}

load
ip link set lo up
! null_disk size=64 completion_nsec=200000 || cat /dev/nullb0 >/dev/null
tcptalk serve 127.0.0.1 5010 prefork 0 2 >served.txt &
server=$!
until_true 10 sh -c 'ss -tln | grep -q :5010'
cat /proc/diskstats >before.txt
"$PK_USER" record --sources $SOURCES -F 5000 --ring-size 64K -o c.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
kill -STOP $recorder
"$PK_WORK/forkstorm" "$([[ -n ${PK_DEBUG:-} ]] && echo 10 || echo 100)" >storm.txt &
storm=$!
[[ ! -b /dev/nullb0 ]] || dd if=/dev/nullb0 of=/dev/null bs=4k count=1000 iflag=direct 2>dd.txt
fileio mixed . >books.txt
tcptalk ask 127.0.0.1 5010 3 50 1000 3000 >asked.txt
wait $storm
kill -CONT $recorder
sleep 2
kill -INT $recorder
wait $recorder || fail record "exit $?: $(tail -n 1 record.err)"
cat /proc/diskstats >after.txt
kill $server
wait $server
balanced books c.pkp
lost=$(rows losses.sources c.pkp | jq -s '[.[] | .ring_full + .definition] | add')
expect lost "$lost > 1000" "$lost events lost for want of room"
equal all-sources "$(rows losses.sources c.pkp | jq -rs --arg of $SOURCES '[.[] | .source | select(IN($of | split(",")[]))] | unique | length')" \
	"$(tr , '\n' <<<$SOURCES | wc -l)" "sources with books"
pk io --json -n 0 c.pkp >io.json
if [[ -b /dev/nullb0 ]]; then
	equal requests "$(jq '[.operations[] | select(.device == "nullb0" and .op == "read") | .count] | add' io.json)" "$(disk 1)" \
		"reads of the disk, with the reader standing still"
	null_disk_away
fi
# its name may be among what was lost
for row in "rchar:read sendfile copy" "wchar:write sendfile copy"; do
	IFS=: read -r name ops <<<"$row"
	pid=$(awk '$1 == "pid" { print $2 }' books.txt)
	equal "$name" "$(jq "[.file_processes[] | select(.pid == ${pid:-0} and (.within | not) and (.op | IN(\"${ops// /\",\"}\"))) | .bytes] | add // 0" io.json)" \
		"$(awk -v n="$name" '$1 == n { print $2 }' books.txt)" "bytes"
done
equal bytes-in "$(pk net --json -n 0 c.pkp | jq '[.connections[] | select(.role == "opened" and .port == 5010) | .bytes_in] | add')" "$(talked 3)"
equal bytes-out "$(pk net --json -n 0 c.pkp | jq '[.connections[] | select(.role == "opened" and .port == 5010) | .bytes_out] | add')" "$(talked 4)"
unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
