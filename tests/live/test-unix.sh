# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Unix stream sockets: bytes and connections equal to what the programs counted, on whom
# they fall, under which name, and times against what the programs know of them. Other
# programs of the guest have Unix sockets, too: rows are picked by name or process.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# net TABLE FILE JQ: figures of `net --json`, made once per file
net() {
	[[ $2.net -nt $2 ]] || pk net --json "$2" >"$2.net"
	jq -r "[.$1[]] | $3" "$2.net"
}

# talked FILE COLUMN [PID]: what programs say of themselves; 2: pid, 3: in, 4: out, 5: connections
talked() {
	awk -v c="$2" -v pid="${3:-}" '$1 == "talked" && (pid == "" || $2 == pid) { sum += $c } END { print sum + 0 }' "$1"
}

# serving ADDRESS MODE THINK_MS [N]: in the background, until stop_serving
serving() {
	local address=$1

	shift
	tcptalk serve "$address" 0 "$@" >>served.txt &
	server_pid=$!
	until_true 5 grep -q " $address\$" /proc/net/unix
}

stop_serving() {
	kill "$server_pid"
	wait "$server_pid"
}

load
SOCKET=$PK_WORK/talk.sock
OPENED="select(.role == \"opened\" and .remote == \"$SOCKET\")"
ACCEPTED="select(.role == \"accepted\" and .remote == \"$SOCKET\")"

# ---- bytes, and whose they are -------------------------------------------------------

: >served.txt
serving "$SOCKET" prefork 0 3
# who receives is stopped now and then: then the sender finds no room
pk record --sources unix,task -o b.pkp -- sh -c "
	tcptalk ask $SOCKET 0 9 7 1000 300000 >asked.txt &
	for i in 1 2 3 4 5 6 7 8; do
		sleep 0.01; kill -STOP \$! && sleep 0.02; kill -CONT \$!
	done 2>/dev/null
	wait \$!
	kill $server_pid; sleep 0.3" >record.txt 2>&1 || fail record "$(tail -n 1 record.txt)"
wait "$server_pid"
equal client-in "$(net connections b.pkp "[.[] | $OPENED | .bytes_in] | add")" "$(talked asked.txt 3)" "bytes"
equal client-out "$(net connections b.pkp "[.[] | $OPENED | .bytes_out] | add")" "$(talked asked.txt 4)" "bytes"
equal server-in "$(net connections b.pkp "[.[] | $ACCEPTED | .bytes_in] | add")" "$(talked served.txt 3)" "bytes"
equal server-out "$(net connections b.pkp "[.[] | $ACCEPTED | .bytes_out] | add")" "$(talked served.txt 4)" "bytes"
equal workers "$(net connections b.pkp "[.[] | $ACCEPTED | select(.bytes_in > 0) | \"\(.pid) \(.bytes_in) \(.bytes_out)\"] | sort | join(\",\")")" \
	"$(awk '$1 == "talked" && $3 > 0 { print $2, $3, $4 }' served.txt | sort | paste -sd,)" "worker, in, out"
equal connected "$(net connections b.pkp "[[.[] | $OPENED | .connected], [.[] | $ACCEPTED | .connected]] | map(add) | @csv")" 9,9 "opened, accepted"
equal closed "$(net connections b.pkp "[[.[] | $OPENED | .closed], [.[] | $ACCEPTED | .closed]] | map(add) | @csv")" 9,9
equal sends "$(net connections b.pkp "[.[] | $OPENED | .sends] | add")" 63
equal requests "$(net times b.pkp "[.[] | $ACCEPTED | select(.time == \"service\") | .count] | add")" 63 "answers"
equal connects "$(net times b.pkp "[.[] | $OPENED | select(.time == \"connect\") | .count] | add")" 9
equal accepts "$(net times b.pkp "[.[] | $ACCEPTED | select(.time == \"accept\") | .count] | add")" 9
equal lifetimes "$(net times b.pkp "[.[] | $OPENED | select(.time == \"lifetime\") | .count] | add")" 9
equal arrivals "$(net depths b.pkp "[.[] | $ACCEPTED | .count] | add")" 9 "connections that came into the queue"
# 300000 bytes do not fit at once
expect blocked "$(net times b.pkp "[.[] | $ACCEPTED | select(.time == \"send\") | .count] | add // 0") > 0" \
	"$(net times b.pkp "[.[] | $ACCEPTED | select(.time == \"send\") | .count] | add // 0") sends blocked for room"
equal by-name "$(pk net --json --by port b.pkp | jq -r "[.connections[] | $OPENED | .bytes_in] | join(\",\")")" "$(talked asked.txt 3)" "bytes"

# a parent that accepts, and children that answer; an abstract name
: >served.txt
serving @pkprof/talk fork 0
pk record --sources unix,task -o f.pkp -- sh -c "
	tcptalk ask @pkprof/talk 0 4 3 500 700 >asked.txt; sleep 0.3" >record.txt 2>&1
stop_serving
equal children "$(net connections f.pkp "[.[] | select(.role == \"accepted\" and .remote == \"@pkprof/talk\" and .bytes_in > 0) | \"\(.pid) \(.bytes_in) \(.bytes_out)\"] | sort | join(\",\")")" \
	"$(awk '$1 == "talked" { print $2, $3, $4 }' served.txt | sort | paste -sd,)" "child, in, out"
equal abstract "$(net connections f.pkp '.[] | select(.role == "opened" and .remote == "@pkprof/talk") | "\(.pid) \(.bytes_in) \(.bytes_out) \(.connected)"')" \
	"$(awk '$1 == "talked" { print $2, $3, $4, $5 }' asked.txt)" "client, in, out, connections"

# a connection that was there before: from now on
: >served.txt
serving "$SOCKET" prefork 20 1
tcptalk ask "$SOCKET" 0 1 1000 200 300 >asked.txt 2>/dev/null &
asking=$!
sleep 0.3
pk record --sources unix,task -d 1 -o old.pkp >record.txt 2>&1
kill $asking
wait $asking 2>/dev/null
stop_serving
read -r in out < <(net connections old.pkp ".[] | $OPENED | \"\(.bytes_in) \(.bytes_out)\"")
expect old "${out:-0} > 2000 && ${out:-0} < 12000 && ${out:-1} % 200 == 0 && ${in:-0} % 300 == 0" "${out:-} bytes asked, ${in:-} answered"
equal old-server "$(net connections old.pkp ".[] | $ACCEPTED | .remote")" "$SOCKET"

# ---- socketpair() --------------------------------------------------------------------

pk record --sources unix,task -o p.pkp -- tcptalk pair 20 300 40000 50 >pair.txt 2>record.txt
parent=$(awk '$1 == "talked" { pid = $2 } END { print pid }' pair.txt)
child=$(awk '$1 == "talked" { print $2; exit }' pair.txt)
# until the child has used its end, its parent has that one, too
# shellcheck disable=SC2016 # $pid is filled in below
paired='select(.role == "paired" and .pid == $pid)'
equal pair-child "$(net connections p.pkp ".[] | ${paired/\$pid/$child} | \"\(.peer_pid) \(.bytes_in) \(.bytes_out) \(.connected)\"")" \
	"$parent $(talked pair.txt 3 "$child") $(talked pair.txt 4 "$child") 1" "peer, in, out, connections"
equal pair-parent "$(net connections p.pkp "[.[] | ${paired/\$pid/$parent} | [.bytes_in, .bytes_out, .connected]] | transpose | map(add) | @csv")" \
	"$(talked pair.txt 3 "$parent"),$(talked pair.txt 4 "$parent"),1" "in, out, connections"
equal pair-answers "$(net connections p.pkp ".[] | ${paired/\$pid/$parent} | select(.peer_pid == $child) | .bytes_in")" \
	"$(talked pair.txt 3 "$parent")" "bytes from the child"

# what 20 answers took by the child's own clock
thought=$(calc "$(awk -v pid="$child" '$1 == "talked" && $2 == pid { print $6 }' pair.txt) / 20 / 1e6")
service=$(net times p.pkp ".[] | select(.pid == $child and .time == \"service\") | .mean_ns / 1e6")
median=$(net times p.pkp ".[] | select(.pid == $child and .time == \"service\") | .p50_ns / 1e6")
# until the child runs some time passes, more on a busy host; one late answer moves the mean alone
expect service "$service > 0.99 * $thought && $service < $thought + 25" "$service ms of service, $thought of thinking"
expect service-median "$median > 50 * 15 / 16 && $median < 1.2 * $thought + 5" "$median ms of service, median"
asked=$(net times p.pkp ".[] | select(.pid == $parent and .time == \"service\") | .mean_ns / 1e6")
expect asked "$asked > 0.99 * $thought && $asked < $thought + 30" "$asked ms to the answer"
waited=$(net times p.pkp ".[] | select(.pid == $parent and .time == \"receive\") | .max_ns / 1e6")
expect waited "$waited > 49 && $waited < 150" "$waited ms blocked in a receive at most"

# ---- calls that move nothing, or less than was asked ---------------------------------

pk record --sources unix,task -o o.pkp -- tcptalk odd >odd.txt 2>record.txt
pid=$(awk '{ print $2 }' odd.txt)
equal odd-in "$(net connections o.pkp "[.[] | select(.pid == $pid) | .bytes_in] | add")" "$(talked odd.txt 3)" "bytes"
equal odd-out "$(net connections o.pkp "[.[] | select(.pid == $pid) | .bytes_out] | add")" "$(talked odd.txt 4)" "bytes"
equal odd-ends "$(net connections o.pkp "[.[] | select(.pid == $pid) | [.connected, .closed]] | transpose | map(add) | @csv")" 2,2

# ---- connecting ----------------------------------------------------------------------

: >served.txt
serving "$SOCKET" late 80
pk record --sources unix,task -o q.pkp -- tcptalk ask "$SOCKET" 0 3 1 10 10 >asked.txt 2>record.txt
stop_serving
accept=$(net times q.pkp ".[] | $ACCEPTED | select(.time == \"accept\") | .mean_ns / 1e6")
expect accept "$accept > 79 && $accept < 105" "$accept ms in the accept queue, of which 80 asleep"
truth=$(calc "$(awk '$1 == "talked" { print $7 }' asked.txt) / 3 / 1e3")
connect=$(net times q.pkp ".[] | $OPENED | select(.time == \"connect\") | .mean_ns / 1e3")
expect connect "$connect > 0 && $connect < $truth" "$connect us to connect, $truth by the program's clock"
pk record --sources unix,task -o r.pkp -- sh -c "
	tcptalk ask $SOCKET 0 1 1 10 10; tcptalk ask $SOCKET 0 1 1 10 10; tcptalk ask @nobody 0 1 1 10 10; true" >record.txt 2>&1
equal refused "$(net connections r.pkp "[.[] | $OPENED | .failed] | add")" 2 "attempts failed"
equal nobody "$(net connections r.pkp '.[] | select(.remote == "@nobody") | "\(.failed) \(.connected)"')" "1 0"

# ---- with and without source tcp, and for some processes only ------------------------

: >served.txt
serving "$SOCKET" prefork 0 1
pk record --sources unix,tcp,task -o both.pkp -- tcptalk ask "$SOCKET" 0 1 5 100 100 >asked.txt 2>record.txt
equal both "$(net connections both.pkp ".[] | $OPENED | .bytes_in")" 500 "bytes"
pk record --sources tcp,task -o tcp.pkp -- tcptalk ask "$SOCKET" 0 1 5 100 100 >asked.txt 2>record.txt
equal tcp-alone "$(net connections tcp.pkp '[.[] | select(.over == "unix")] | length')" 0
pk record --sources unix,task -p "$server_pid" -d 3 -o only.pkp >record.txt 2>&1 &
recording=$!
until_true 60 session_runs
tcptalk ask "$SOCKET" 0 1 5 100 100 >asked.txt
wait $recording
stop_serving
equal only "$(net connections only.pkp '[.[] | select(.pid != null) | .role] | unique | @csv')" '"accepted"' "roles in a recording of the server"

# ---- the module goes while connections are busy --------------------------------------

CYCLES=10
[[ -z ${PK_PATIENT:-} ]] || CYCLES=30
: >served.txt
serving "$SOCKET" prefork 3 2
tcptalk ask "$SOCKET" 0 1 100000000 100 20000 >asked.txt 2>/dev/null &
asking=$!
tcptalk ask "$SOCKET" 0 100000000 2 100 100 >asked.txt 2>/dev/null &
connecting=$!
cycles=0 seen=0
while ((cycles < CYCLES)); do
	unload
	load
	pk record --sources unix -d 0.2 -o u.pkp >record.txt 2>&1 || break
	((++cycles % 10)) || [[ $(pk net --json u.pkp | jq '[.totals[] | .bytes_in] | add // 0') == 0 ]] || ((++seen))
done
unload
kill $asking $connecting
wait $asking $connecting 2>/dev/null
stop_serving
equal cycles "$cycles" "$CYCLES" "times loaded, recorded and unloaded under traffic"
equal seen "$seen" $((CYCLES / 10)) "of each tenth recording saw it"
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
