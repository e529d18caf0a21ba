# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The ledger over netlink and `stat`: shares of programs whose answer is known, with and
# without a recording, several readers at once; requests that must be refused, dumps that
# nobody reads to the end; whatever ends a reader, its ledger goes with it.
# shellcheck disable=SC2016 # the dollars are jq's
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
slack=25
[[ -z ${PK_DEBUG:-} ]] || slack=200

# stat_of JQ FILE: of all intervals
stat_of() {
	jq -s "$1" "$2"
}

# --- shares -------------------------------------------------------------------------

busy 900 0 >busy.txt &
burner=$!
sleep 900 &
sleeper=$!
until_true 5 grep -q started busy.txt
worker=$(pgrep -P $burner | head -n 1)

pk stat -i 0.5 -n 4 --json >stat.json
equal runs $? 0
equal intervals "$(wc -l <stat.json)" 4
within length "$(stat_of '[.[] | .to_ns - .from_ns] | add / 4e6' stat.json)" 500 $slack "ms per interval"
# one process burns one CPU: all of its time is on it or on its run queue
within burner "$(stat_of "[.[] | (.to_ns - .from_ns) as \$i | .processes[] | select(.pid == $worker) |
	100 * (.cpu_ns + .preempted_ns + .runq_ns) / \$i] | add / 4" stat.json)" 100 0.1 '% of an interval'
expect burner-runs "$(stat_of "[.[] | .processes[] | select(.pid == $worker) | .cpu_ns] | add" stat.json) > 1.0e9" "ns of 2e9"
within closure "$(stat_of '[.[] | .system | 100 * (.busy_ns + .idle_ns + .offline_ns)] as $s |
	[.[] | .system.cpus * (.to_ns - .from_ns)] as $w | ($s | add) / ($w | add)' stat.json)" 100 0.5 '% of CPUs x wall'
within tasks "$(stat_of '100 * ([.[] | .processes[] | .cpu_ns] | add) / ([.[] | .system.busy_ns] | add)' stat.json)" \
	100 1 '% of the busy time is of processes'
expect every-thread "$(stat_of '[.[] | (.to_ns - .from_ns) as $i | .processes[] | select(.exited | not) |
	select(.threads > 0 and .total_ns > (.threads + 2) * $i)] | length' stat.json) == 0"

pk stat -i 0.2 -n 2 -p $sleeper --json >idle.json
equal idle-pid-sleeps "$(stat_of "[.[] | .processes[] | select(.pid == $sleeper and .sleep_ns == .total_ns and .total_ns > 0)] | length" idle.json)" 2
pk stat -i 0.2 -n 1 --by thread --json >threads.json
expect threads-seen "$(stat_of "[.[] | .threads[] | select(.pid == $worker)] | length" threads.json) == 1"

# --- text ------------------------------------------------------------------------------

pk stat -i 0.2 -n 3 >text.txt 2>err.txt
equal text-exit $? 0
equal text-headers "$(grep -c COMMAND text.txt)" 1
equal text-systems "$(grep -c 'switches/s' text.txt)" 3
matches text-burner "$(<text.txt)" "^ *$worker .* busy\$"
expect text-plain "$(grep -c $'\033' text.txt) == 0"
pk stat -i 0.1 | head -n 3 >cut.txt
equal closed-pipe "${PIPESTATUS[0]}" 0
if command -v script >/dev/null; then
	script -qec "stty cols 80 rows 24; $PK_USER stat -i 0.2 -n 3" tty.txt </dev/null >/dev/null 2>&1
	equal terminal-headers "$(grep -c 'switch COMMAND' tty.txt)" 3
	expect terminal-fits "$(tr -d '\r' <tty.txt | grep -vE '^Script|switches/s' | awk '{ if (length > 80) n++ } END { print n + 0 }') == 0"
fi

# --- with a recording, and beside each other ---------------------------------------------

"$PK_USER" record -o r.pkp --sources cpu,task,sched -q &
recorder=$!
until_true 5 session_runs
for i in 1 2 3; do
	pk stat -i 0.3 -n 3 --json >"beside-$i.json" &
	readers[i]=$!
done
status=0
for i in 1 2 3; do
	wait "${readers[i]}" || status=1
done
equal beside $status 0
for i in 1 2 3; do
	within "beside-$i" "$(stat_of "[.[] | (.to_ns - .from_ns) as \$i | .processes[] | select(.pid == $worker) |
		100 * (.cpu_ns + .preempted_ns + .runq_ns) / \$i] | add / 3" "beside-$i.json")" 100 0.1 '%'
done
kill -INT $recorder
wait $recorder
equal recorder $? 0

# --- how it ends ---------------------------------------------------------------------------

"$PK_USER" stat -i 0.1 >int.txt &
reader=$!
until_true 5 grep -q switches int.txt
if rmmod pkprof 2>/dev/null; then
	fail rmmod-refused
	load
else
	pass rmmod-refused
fi
kill -INT $reader
wait $reader
equal interrupted $? 0
for delay in 0 0.05 0.1 0.3; do
	"$PK_USER" stat -i 0.02 >/dev/null &
	reader=$!
	sleep $delay
	kill -9 $reader
	wait $reader 2>/dev/null
done
if until_true 2 module_is_idle; then
	pass killed
else
	fail killed "still there: $(diff <(echo "$probes_before") <(probes) | head -n 3 | tr '\n' ' ')"
fi
"$PK_USER" stat -p $sleeper -i 0.1 >gone.txt &
reader=$!
# one that is gone before it was looked for is another matter
until_true 20 test -s gone.txt
kill $sleeper
wait $sleeper 2>/dev/null
if until_true 3 eval "! kill -0 $reader 2>/dev/null"; then
	wait $reader
	equal target-gone $? 0
else
	fail target-gone "stat goes on without its process"
	kill -9 $reader
fi
pk stat -p 999999 2>err.txt
equal no-target $? 9
if command -v setpriv >/dev/null; then
	setpriv --reuid=65534 --regid=65534 --clear-groups "$PK_USER" stat -n 1 2>err.txt
	equal no-rights $? 3
fi

# --- requests by hand ------------------------------------------------------------------------

holds hostile dumper hostile
cp holds.txt hostile.txt
matches sentence-cookie "$(<hostile.txt)" '^ledger-foreign-cookie 1 the cookie is of no open descriptor'
matches sentence-watching "$(<hostile.txt)" '^ledger-not-watching 2 the descriptor neither watches'
holds abort dumper abort 200
holds orphan dumper orphan
# a dump that nobody reads on keeps the ledger, as long as its reader is there
dumper hold 3 >hold.txt &
holder=$!
until_true 5 grep -q holding hold.txt
if rmmod pkprof 2>/dev/null; then
	fail held
	load
else
	pass held
fi
kill -9 $holder
wait $holder 2>/dev/null
if until_true 3 module_is_idle; then
	pass let-go
else
	fail let-go "$(diff <(echo "$probes_before") <(probes) | head -n 3 | tr '\n' ' ')"
fi
kill $burner
wait $burner 2>/dev/null
holds unload rmmod pkprof
