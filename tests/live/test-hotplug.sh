# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A CPU goes offline and comes back while recording; another recording starts
# while it is away.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly ONLINE=/sys/devices/system/cpu/cpu1/online

# samples_of_cpu CPU FROM TO FILE: between two times of the recording, in seconds
samples_of_cpu() {
	rows summary.cpus "$4" --from "$2" --to "$3" | jq -s --argjson c "$1" '[.[] | select(.cpu == $c) | .samples] | add // 0'
}

set_online() {
	echo "$1" >$ONLINE
}

if [[ ! -w $ONLINE ]]; then
	skip cpu1 "this kernel cannot take CPU 1 offline"
	exit
fi
load
"$PK_WORK/busy" 60 0 >busy0.txt &
busy0=$!
pk record -F 499 -o h.pkp 2>record.err &
recorder=$!
until_true 10 session_runs
started=$EPOCHREALTIME
# not pinned: it runs on CPU 1 while there is one
nice -n 1 "$PK_WORK/shares" 60 >/dev/null &
worker=$!
sleep 2
holds offline set_online 0
off=$(calc "$EPOCHREALTIME - $started")
sleep 2
on=$(calc "$EPOCHREALTIME - $started")
holds online set_online 1
taskset -p 2 $worker >/dev/null
sleep 2
kill -INT $recorder
holds record wait $recorder
balanced books h.pkp
end=$(calc "$(total recording_ns h.pkp) / 1e9")
expect before "$(samples_of_cpu 1 0 "$off" h.pkp) > 100" "samples of CPU 1 before: $(samples_of_cpu 1 0 "$off" h.pkp)"
# Both clocks have a little of the start in them.
expect while_away "$(samples_of_cpu 1 "$(calc "$off + 0.7")" "$on" h.pkp) == 0" "samples of CPU 1 while offline"
expect after "$(samples_of_cpu 1 "$on" "$end" h.pkp) > 100" "samples of CPU 1 after: $(samples_of_cpu 1 "$on" "$end" h.pkp)"

echo 0 >$ONLINE
pk record -F 499 -d 3 -o h2.pkp 2>record.err &
recorder=$!
until_true 10 session_runs
sleep 0.5
echo 1 >$ONLINE
holds start-without-cpu1 wait $recorder
balanced books-without-cpu1 h2.pkp
expect joins "$(samples_of_cpu 1 0 60 h2.pkp) > 50" "samples of a CPU that came while recording"
kill $worker $busy0
wait $worker $busy0 2>/dev/null
