# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A CPU goes offline and comes back while recording; another recording starts
# while it is away.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly ONLINE=/sys/devices/system/cpu/cpu1/online

# samples_of_cpu1 FILE [OPTION...]
samples_of_cpu1() {
	rows summary.cpus "$@" | jq -s '[.[] | select(.cpu == 1) | .samples] | add // 0'
}

set_online() {
	echo "$1" >$ONLINE
}

if [[ ! -w $ONLINE ]]; then
	skip cpu1 "this kernel cannot take CPU 1 offline"
	exit
fi
n=()
load
"$PK_WORK/busy" 600 0 >busy0.txt &
busy0=$!
"$PK_USER" record -F 499 -o h.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
pk mark before
# not pinned: it runs on CPU 1 while there is one
nice -n 1 "$PK_WORK/shares" 600 >/dev/null &
worker=$!
sleep 2
holds offline set_online 0
pk mark away
sleep 2
pk mark back
holds online set_online 1
taskset -p 2 $worker >/dev/null
sleep 2
kill -INT $recorder
holds record wait $recorder
balanced books h.pkp
for phase in before away back; do
	n[${#n[@]}]=$(samples_of_cpu1 h.pkp --phase $phase)
done
expect before "${n[0]} > 50" "samples of CPU 1 before: ${n[0]}"
expect while-away "${n[1]} == 0" "samples of CPU 1 while offline: ${n[1]}"
expect after "${n[2]} > 50" "samples of CPU 1 after: ${n[2]}"

echo 0 >$ONLINE
"$PK_USER" record -F 499 -o h2.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
sleep 0.5
echo 1 >$ONLINE
sleep 2
kill -INT $recorder
holds start-without-cpu1 wait $recorder
balanced books-without-cpu1 h2.pkp
joined=$(samples_of_cpu1 h2.pkp)
expect joins "$joined > 50" "samples of a CPU that came while recording: $joined"
kill $worker $busy0
wait $worker $busy0 2>/dev/null
