# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Files, block requests and connections as `stat` shows them while they happen: against
# the kernel's own books and programs that count, without a recording, beside one of
# everything, beside one of another process, over its begin and end, for several readers;
# and that nothing stays behind.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

N=2000
[[ -z ${PK_DEBUG:-} ]] || N=300
readonly N

# watching NAME SHOW: stat in the background into NAME.json, once its first interval is over
declare -A watchers=()
watching() {
	: >"$1.json"
	"$PK_USER" stat -i 0.3 --show "$2" --json >"$1.json" 2>"$1.err" &
	watchers[$1]=$!
	until_true 30 test -s "$1.json" || fail "$1-starts" "$(tail -n 1 "$1.err")"
}

# watched NAME...: what happened by now is in their files, and they are gone
watched() {
	local name

	sleep 1.2
	for name; do
		kill -INT "${watchers[$name]}"
		wait "${watchers[$name]}"
		equal "$name-exit" $? 0
	done
}

# sum NAME JQ: over all intervals
sum() {
	jq -s "[.[] | $2] | add // 0" "$1.json"
}

# of NAME PID FIELD: what a process did
of() {
	sum "$1" ".processes[] | select(.pid == $2) | .io.$3"
}

# disk COLUMN: of /proc/diskstats
disk() {
	awk -v c="$1" '$3 == "nullb0" { print $(3 + c) }' /proc/diskstats
}

load || exit 1
if ! null_disk completion_nsec=200000 irqmode=2 size=64; then
	skip all "no null_blk"
	unload
	exit 0
fi

# --- files and requests, two readers -----------------------------------------------------

watching first io
watching second io
reads=$(disk 1) read_sectors=$(disk 3) writes=$(disk 5) write_sectors=$(disk 7) busy=$(disk 10)
dd if=/dev/zero of=/dev/nullb0 bs=8k count=$N oflag=direct 2>dd.txt
dd if=/dev/nullb0 of=/dev/null bs=4k count=$N iflag=direct 2>>dd.txt
# one that is still there when its figures are read: the kernel's books of it, twice
bash -c 'cat /proc/$$/io; for ((i = 0; i < 1000; i++)); do printf "%064d" 0; done >written; exec 7<written
	while read -r -N 64 -u 7 x; do :; done; echo; cat /proc/$$/io; sleep 2; :' >books.txt &
writer=$!
sleep 1.5
reads=$(($(disk 1) - reads)) writes=$(($(disk 5) - writes)) busy=$(($(disk 10) - busy))
read_sectors=$(($(disk 3) - read_sectors)) write_sectors=$(($(disk 7) - write_sectors))
watched first second
wait $writer
for name in first second; do
	equal $name-writes "$(sum $name '.io.devices[] | select(.device == "nullb0") | .writes')" "$writes"
	equal $name-reads "$(sum $name '.io.devices[] | select(.device == "nullb0") | .reads')" "$reads"
	equal $name-written "$(sum $name '.io.devices[] | select(.device == "nullb0") | .write_bytes')" $((write_sectors * 512))
	equal $name-read "$(sum $name '.io.devices[] | select(.device == "nullb0") | .read_bytes')" $((read_sectors * 512))
	expect $name-known "$writes >= $N && $reads >= $N && $write_sectors >= $N * 16" "$reads reads and $writes writes of $N"
	# processes that are gone have a row of their own
	equal $name-processes "$(sum $name '.processes[].io.requests')" "$(sum $name '.io.total.requests')"
done
# the disk takes 0.2 ms at least for each
mean=$(jq -s '[.[].io.devices[] | select(.device == "nullb0")] | ([.[].device_ns] | add) / ([.[] | .reads + .writes + .others] | add) / 1000' first.json)
expect mean "$mean >= 200 && $mean < 20000" "$mean us at the device"
p99=$(jq -s '[.[].io.devices[] | select(.device == "nullb0" and .reads + .writes > 100)] | [.[].p99_ns / 1000] | min' first.json)
expect p99 "$p99 >= 187" "$p99 us"
# one request at a time: it is busy as long as they are at the device. The kernel counts begun
# ticks up to 6.9; later ones only ticks that a request's end is seen to have passed, and its
# end comes before the tick in an interrupt that is late for both.
ours=$(jq -s '[.[].io.devices[] | select(.device == "nullb0") | .busy_ns / 1e6] | add' first.json)
within busy "$ours" "$(jq -s '[.[].io.devices[] | select(.device == "nullb0") | .device_ns / 1e6] | add' first.json)" \
	"$(calc "$ours * 0.05 + 5")" ms
if [[ $(printf '%s\n' 6.10 "$(uname -r)" | sort -V | head -n 1) == 6.10 ]]; then
	skip busy-ticks "this kernel leaves out ticks: $busy ms of $ours"
else
	expect busy-ticks "$ours <= $busy + 100" "$ours ms, the kernel's $busy"
fi
# what printf and read did to files, by the kernel's books of that process; its pipe is no file
wchar=$(awk '/^wchar:/ { n[++i] = $2 } END { print n[2] - n[1] }' books.txt)
syscw=$(awk '/^syscw:/ { n[++i] = $2 } END { print n[2] - n[1] }' books.txt)
within file-bytes "$(of first $writer write_bytes)" "$wchar" 600 "bytes written"
within file-writes "$(of first $writer writes)" "$syscw" 12 "writes"
expect file-reads "$(of first $writer read_bytes) >= 64000" "$(of first $writer read_bytes) bytes read of 64000 written"
if until_true 5 module_is_idle; then
	pass idle
else
	fail idle "still there: $(diff <(echo "$probes_before") <(probes) | head -n 3 | tr '\n' ' ')"
fi

# --- connections ------------------------------------------------------------------------

watching net net
tcptalk serve 127.0.0.1 5009 prefork 0 1 >served.txt &
server=$!
until_true 5 sh -c "ss -tln | grep -q ':5009 '"
tcptalk ask 127.0.0.1 5009 3 20 1000 5000 1500 >asked.txt
kill $server
wait $server
watched net
equal tcp-in "$(sum net .io.total.tcp_in_bytes)" "$(cat asked.txt served.txt | awk '$1 == "talked" { n += $3 } END { print n }')" bytes
equal tcp-out "$(sum net .io.total.tcp_out_bytes)" "$(cat asked.txt served.txt | awk '$1 == "talked" { n += $4 } END { print n }')" bytes
equal tcp-connections "$(sum net .io.total.tcp_opened)" 6 "ends of connections"

# --- over the begin and end of a recording -------------------------------------------------

watching over io
dd if=/dev/zero of=/dev/nullb0 bs=4k count=$N oflag=direct 2>dd.txt
sleep 0.8
"$PK_USER" record -q -o r.pkp 2>record.err &
recorder=$!
until_true 30 session_runs
sleep 0.8
writes=$(disk 5)
dd if=/dev/zero of=/dev/nullb0 bs=4k count=$N oflag=direct 2>dd.txt
sleep 0.8
kill -INT $recorder
wait $recorder
equal recorder $? 0
until_true 5 eval "! session_runs"
sleep 0.8
dd if=/dev/zero of=/dev/nullb0 bs=4k count=$N oflag=direct 2>dd.txt
watched over
equal over-anew "$(jq -s '[.[] | select(.io.anew != "")] | length' over.json)" 2 "times that sums began anew"
equal over-writes "$(sum over '.io.devices[] | select(.device == "nullb0") | .writes')" $((3 * N))
equal recorded "$(rows io.operations r.pkp | jq -s '[.[] | select(.device == "nullb0" and (.op == "write" or .op == "sync")) | .count] | add')" $N

# --- beside a recording of another process ---------------------------------------------------

sleep 600 &
sleeper=$!
"$PK_USER" record -q -p $sleeper -o p.pkp 2>record.err &
recorder=$!
until_true 30 session_runs
watching beside io
bash -c 'for ((i = 0; i < 500; i++)); do printf "%064d" 0; done >written'
dd if=/dev/zero of=/dev/nullb0 bs=4k count=$N oflag=direct 2>dd.txt
watched beside
pk stat --show io -i 0.3 -n 1 >beside.txt
kill -INT $recorder
wait $recorder
kill $sleeper
wait $sleeper 2>/dev/null
expect beside-said "$(jq -s '[.[] | select(.io.filtered != "block,vfs")] | length' beside.json) == 0"
equal beside-files "$(sum beside .io.total.writes)" 0 "writes of others that are told"
equal beside-device "$(sum beside '.io.devices[] | select(.device == "nullb0") | .writes')" $N
matches beside-text "$(<beside.txt)" '^\(only processes of the recording that runs\)$'

# --- text ------------------------------------------------------------------------------------

(while :; do dd if=/dev/zero of=/dev/nullb0 bs=4k count=200 oflag=direct; done 2>/dev/null) &
work=$!
pk stat --show io -i 0.5 -n 3 >text.txt
equal text-exit $? 0
matches text-devices "$(<text.txt)" '^ DEVICE    rd/s   rdB/s    wr/s   wrB/s   busy%   depth   queue  device   p99ms$'
matches text-device "$(<text.txt)" '^ nullb0 +0 +0 +[0-9.]+k? +[0-9.]+[KM]? +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$'
matches text-all "$(<text.txt)" '^ +- .* \(all\)$'
expect text-fits "$(grep -v 'switches/s' text.txt | awk 'length > 96' | wc -l) == 0"
pk stat --show io --sort cpu -n 1 2>err.txt
equal sort-refused $? 2
pk stat --show net --by thread -n 1 2>err.txt
equal thread-refused $? 2
kill $work
wait $work 2>/dev/null

# --- how it ends -------------------------------------------------------------------------------

for delay in 0.1 0.5 1; do
	"$PK_USER" stat --show io -i 0.05 >/dev/null &
	reader=$!
	sleep $delay
	kill -9 $reader
	wait $reader 2>/dev/null
done
if until_true 5 module_is_idle; then
	pass killed
else
	fail killed "still there: $(diff <(echo "$probes_before") <(probes) | head -n 3 | tr '\n' ' ')"
fi
null_disk_away
holds unload rmmod pkprof
