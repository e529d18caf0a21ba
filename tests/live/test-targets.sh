# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# -p follows children and is filtered in the kernel; --only records COMMAND and
# its children; -C records these CPUs. Exit codes are passed on.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# comms FILE: names of all processes with samples
comms() {
	rows process.processes "$1" | jq -r 'select(.samples > 0) | .comm' | sort -u | tr '\n' ' '
}

load
"$PK_WORK/busy" 600 0 1 >busy.txt &
busy=$!
until_true 10 grep -q started busy.txt

sh -c "until test -e go; do sleep 0.1; done; $PK_WORK/forkstorm 12 80000; $PK_WORK/shares 1 >/dev/null" >storm.txt &
parent=$!
"$PK_USER" record --sources cpu,task,sched -F 999 -p $parent -o p.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
touch go
wait $parent
kill -INT $recorder
wait $recorder || fail pid "$(tail -n 1 record.err)"
found=$(comms p.pkp)
if [[ $found == *storm-child* && $found == *shares* && $found != *busy* && $found != *pkprof* ]]; then
	pass pid-children "$found"
else
	fail pid-children "samples of: $found"
fi
truth=$(calc "$(said cpu storm.txt) / 1e9")
# With two busy loops beside them, children share their CPUs; their CPU time counts,
# and what was missed is due in proportion.
got=$(rows process.processes p.pkp | jq -s '[.[] | select(.comm | test("storm|exe")) | .cpu_ns] | add')
got=$(calc "$got * $(rows losses.sources p.pkp | jq 'select(.source == "cpu") | .generated / .delivered') / 1e9")
within pid-time "$got" "$truth" "$(calc "$truth * 0.25 + 0.05")" "s of CPU time of the children"
balanced pid-books p.pkp

pk record --sources cpu,task,sched -F 999 --only -o o.pkp -- sh -c "$PK_WORK/shares 1 >/dev/null; $PK_WORK/burst 1; exit 7" >/dev/null 2>record.err
equal exit-code $? 7
found=$(comms o.pkp)
if [[ $found == *shares* && $found == *burst* && $found != *busy* ]]; then
	pass only "$found"
else
	fail only "samples of: $found"
fi
balanced only-books o.pkp

pk record --sources cpu,task,sched -F 999 -C 1 -d 1 -o c.pkp 2>record.err || fail cpus "$(tail -n 1 record.err)"
found=$(rows summary.cpus c.pkp | jq -r 'select(.samples > 0) | .cpu' | tr '\n' ' ')
equal cpus "$found" "1 " "CPUs with samples"

pk record --sources cpu,task -d 0.3 -o s.pkp -- sh -c 'kill -TERM $$' 2>record.err
equal exit-signal $? 143
kill $busy
wait $busy
