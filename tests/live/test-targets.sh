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
"$PK_WORK/busy" 120 0 1 >busy.txt &
busy=$!
until_true 10 grep -q started busy.txt

sh -c "sleep 1.5; $PK_WORK/forkstorm 12 50000; $PK_WORK/shares 1 >/dev/null" >storm.txt &
parent=$!
pk record -F 999 -p $parent -o p.pkp -d 6 2>record.err || fail pid "$(tail -n 1 record.err)"
wait $parent
found=$(comms p.pkp)
if [[ $found == *storm-child* && $found == *shares* && $found != *busy* && $found != *pkprof* ]]; then
	pass pid-children "$found"
else
	fail pid-children "samples of: $found"
fi
truth=$(calc "$(said cpu storm.txt) / 1e9")
# With two busy loops beside it, children share their CPUs; their CPU time counts.
got=$(calc "$(rows process.processes p.pkp | jq -s '[.[] | select(.comm == "storm-child") | .cpu_ns] | add') / 1e9")
within pid-time "$got" "$truth" "$(calc "$truth * 0.15 + 0.05")" "s of CPU time of the children"
balanced pid-books p.pkp

pk record -F 999 --only -o o.pkp -- sh -c "$PK_WORK/shares 1 >/dev/null; $PK_WORK/burst 1; exit 7" >/dev/null 2>record.err
equal exit-code $? 7
found=$(comms o.pkp)
if [[ $found == *shares* && $found == *burst* && $found != *busy* ]]; then
	pass only "$found"
else
	fail only "samples of: $found"
fi
balanced only-books o.pkp

pk record -F 999 -C 1 -d 1 -o c.pkp 2>record.err || fail cpus "$(tail -n 1 record.err)"
found=$(rows summary.cpus c.pkp | jq -r 'select(.samples > 0) | .cpu' | tr '\n' ' ')
equal cpus "$found" "1 " "CPUs with samples"

pk record -d 0.3 -o s.pkp -- sh -c 'kill -TERM $$' 2>record.err
equal exit-signal $? 143
kill $busy
wait $busy
