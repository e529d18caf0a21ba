# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Generated is delivered and lost, for each CPU, source and reason: in a storm of
# processes, with a reader that stands still for 10 s at 10 kHz, and with one that
# hardly gets to run. No sample then refers to something that is not defined.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# sound NAME FILE: closed, complete, each sample with a thread of known name. A thread
# goes by its number only where the event that named it was lost, which is counted.
sound() {
	local samples lines nameless numbers lost

	pk info "$2" >info.txt 2>&1 || { fail "$1" "info: $(tail -n 1 info.txt)"; return; }
	if grep -qiE 'damaged|cut short|dangling|not defined' info.txt; then
		fail "$1" "$(grep -iE 'damaged|cut short|dangling|not defined' info.txt | head -n 1)"
		return
	fi
	samples=$(total samples "$2")
	lost=$(rows losses.sources "$2" | jq -s '[.[] | select(.source == "task") | .ring_full] | add // 0')
	pk export --format perf-script "$2" |
		awk '/^[^[:space:]]/ { lines++ }
		     /^(\?|\[unknown\])/ { nameless++ }
		     /^:?-?[0-9]+ / { if (!seen[$1]++) numbers++ }
		     END { print lines + 0, nameless + 0, numbers + 0 }' >heads.txt
	read -r lines nameless numbers <heads.txt
	if [[ $lines == "$samples" && $nameless == 0 ]] && ((numbers <= lost)); then
		pass "$1" "$samples samples; $numbers threads go by their number, $lost task events were lost"
	else
		fail "$1" "$samples samples, $lines exported, $nameless without a name," \
			"$numbers threads by number, $lost task events lost"
	fi
}

load
pk record -F 999 -o storm.pkp -- "$PK_WORK/forkstorm" "$([[ -n ${PK_DEBUG:-} ]] && echo 60 || echo 300)" >storm.txt 2>record.err ||
	fail record-storm "$(tail -n 1 record.err)"
balanced storm storm.pkp
sound storm-sound storm.pkp
expect storm-events "$(rows losses.sources storm.pkp | jq 'select(.source == "task") | .generated') >= 3 * $(said forks storm.txt)" \
	"fork, exec and exit of $(said forks storm.txt) children"

"$PK_WORK/busy" 600 0 1 >busy.txt &
busy=$!
until_true 10 grep -q started busy.txt
"$PK_USER" record -F 10000 --ring-size 128K -o stopped.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
sleep 1
kill -STOP $recorder
sleep 6
kill -CONT $recorder
sleep 2
kill -INT $recorder
wait $recorder || fail record-stopped "exit $?: $(tail -n 1 record.err)"
balanced stopped stopped.pkp
expect stopped-lost "$(rows losses.sources stopped.pkp | jq 'select(.source == "cpu") | .ring_full') > 1000" \
	"$(rows losses.sources stopped.pkp | jq 'select(.source == "cpu") | .ring_full') samples lost to full rings"
sound stopped-sound stopped.pkp
seconds=$(calc "$(total recording_ns stopped.pkp) / 1e9")
for cpu in 0 1; do
	want=$(calc "10000 * $seconds")
	# how long a busy host takes to start and stop is in it; test grid looks closer
	within stopped-instants$cpu "$(cpu_books generated stopped.pkp $cpu)" "$want" "$(calc "$want * 0.04")" \
		"instants on CPU $cpu in $seconds s"
done

# Stopped nearly all of the time, while processes come and go.
"$PK_USER" record -F 10000 --ring-size 64K -o starved.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
"$PK_WORK/forkstorm" "$([[ -n ${PK_DEBUG:-} ]] && echo 20 || echo 120)" >storm2.txt &
storm=$!
for _ in 1 2; do
	kill -STOP $recorder
	sleep 4.5
	kill -CONT $recorder
	sleep 0.1
done
wait $storm
kill $busy
kill -INT $recorder
wait $recorder || fail record-starved "exit $?: $(tail -n 1 record.err)"
wait $busy
balanced starved starved.pkp
lost=$(rows losses.sources starved.pkp | jq -s '[.[] | .ring_full + .definition] | add')
expect starved-lost "$lost > 100" "$lost events lost for want of room"
sound starved-sound starved.pkp
