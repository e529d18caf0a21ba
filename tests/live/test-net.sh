# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# TCP connections: bytes equal to what the programs counted, on whom they fall, times
# against what netem and the server's thinking make of them and what ss says, and
# retransmissions exactly as the kernel counts them. Two network namespaces of the test's
# own, joined by a pair of devices, so that nobody else's traffic counts.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# net TABLE FILE JQ: figures of `net --json`, made once per file
net() {
	[[ $2.net -nt $2 ]] || pk net --json "$2" >"$2.net"
	jq -r "[.$1[]] | $3" "$2.net"
}

client() {
	ip netns exec pkclient "$@"
}

server() {
	ip netns exec pkserver "$@"
}

# mib NAME: of both namespaces, in /proc/net/snmp
mib() {
	local ns

	for ns in pkclient pkserver; do
		ip netns exec $ns cat /proc/net/snmp
	done | awk -v name="$1" '$1 == "Tcp:" && $2 == "RtoAlgorithm" { for (i in at) delete at[i]
			for (i = 2; i <= NF; i++) at[$i] = i; next }
		$1 == "Tcp:" { sum += $at[name] }
		END { print sum }'
}

# talked FILE COLUMN [PID]: what programs say of themselves; 3: in, 4: out, 5: connections
talked() {
	awk -v c="$2" -v pid="${3:-}" '$1 == "talked" && (pid == "" || $2 == pid) { sum += $c } END { print sum + 0 }' "$1"
}

# serving PORT MODE THINK_MS [N]: in the background, until stop_serving
serving() {
	ip netns exec pkserver tcptalk serve 10.77.0.2 "$@" >>served.txt &
	server_pid=$!
	until_true 5 server sh -c "ss -tln | grep -q ':$1 '"
}

stop_serving() {
	kill "$server_pid"
	wait "$server_pid"
}

load
if ! ip netns add pkclient 2>/dev/null; then
	skip namespaces "there are no network namespaces"
	unload
	exit 0
fi
ip netns add pkserver
ip link add pkc netns pkclient type veth peer name pks netns pkserver
client ip address add 10.77.0.1/24 dev pkc
server ip address add 10.77.0.2/24 dev pks
client ip -6 address add fd77::1/64 dev pkc nodad
server ip -6 address add fd77::2/64 dev pks nodad
for dev in lo pkc; do client ip link set $dev up; done
for dev in lo pks; do server ip link set $dev up; done
until_true 5 client ping -c 1 -W 1 10.77.0.2 >/dev/null 2>&1

# ---- bytes, and whose they are -------------------------------------------------------

: >served.txt
before=$(mib RetransSegs)
serving 5001 prefork 0 3
pk record --sources tcp,task -o b.pkp -- sh -c "
	ip netns exec pkclient $(command -v tcptalk) ask 10.77.0.2 5001 9 7 1000 30000 >asked.txt
	kill $server_pid; sleep 0.5" >record.txt 2>&1 || fail record "$(tail -n 1 record.txt)"
wait "$server_pid"
after=$(mib RetransSegs)
OPENED='select(.role == "opened")' ACCEPTED='select(.role == "accepted")'
equal client-in "$(net connections b.pkp "[.[] | $OPENED | .bytes_in] | add")" "$(talked asked.txt 3)" "bytes"
equal client-out "$(net connections b.pkp "[.[] | $OPENED | .bytes_out] | add")" "$(talked asked.txt 4)" "bytes"
equal server-in "$(net connections b.pkp "[.[] | $ACCEPTED | .bytes_in] | add")" "$(talked served.txt 3)" "bytes"
equal server-out "$(net connections b.pkp "[.[] | $ACCEPTED | .bytes_out] | add")" "$(talked served.txt 4)" "bytes"
equal workers "$(net connections b.pkp "[.[] | $ACCEPTED | select(.bytes_in > 0) | \"\(.pid) \(.bytes_in) \(.bytes_out)\"] | sort | join(\",\")")" \
	"$(awk '$1 == "talked" && $3 > 0 { print $2, $3, $4 }' served.txt | sort | paste -sd,)" "worker, in, out"
equal connected "$(net totals b.pkp '[.[] | .connected] | @csv')" 9,9 "opened, accepted"
equal closed "$(net totals b.pkp '[.[] | .closed] | @csv')" 9,9
equal quiet "$(net totals b.pkp '[.[] | .retransmitted] | add')" $((after - before)) "retransmitted"
equal requests "$(net times b.pkp "[.[] | $ACCEPTED | select(.time == \"service\") | .count] | add")" 63 "answers"
equal connects "$(net times b.pkp "[.[] | $OPENED | select(.time == \"connect\") | .count] | add")" 9
equal accepts "$(net times b.pkp "[.[] | $ACCEPTED | select(.time == \"accept\") | .count] | add")" 9
equal arrivals "$(net depths b.pkp "[.[] | .count] | add")" 9 "connections that came into the queue"
equal peer "$(net connections b.pkp "[.[] | $OPENED | \"\(.remote) \(.port)\"] | unique | join(\",\")")" "10.77.0.2 5001"
equal peers "$(net connections b.pkp "[.[] | $ACCEPTED | \"\(.remote) \(.local) \(.port)\"] | unique | join(\",\")")" \
	"10.77.0.1 10.77.0.2 5001"

# a parent that accepts, and children that answer
: >served.txt
serving 5002 fork 0
pk record --sources tcp,task -o f.pkp -- sh -c "
	ip netns exec pkclient $(command -v tcptalk) ask 10.77.0.2 5002 4 3 500 700 >asked.txt; sleep 0.3" >record.txt 2>&1
stop_serving
equal children "$(net connections f.pkp "[.[] | $ACCEPTED | select(.bytes_in > 0) | \"\(.pid) \(.bytes_in) \(.bytes_out)\"] | sort | join(\",\")")" \
	"$(awk '$1 == "talked" { print $2, $3, $4 }' served.txt | sort | paste -sd,)" "child, in, out"

# IPv6
ip netns exec pkserver tcptalk serve fd77::2 5006 prefork 0 1 >served.txt &
server_pid=$!
until_true 5 server sh -c "ss -tln | grep -q ':5006 '"
pk record --sources tcp,task -o v6.pkp -- ip netns exec pkclient tcptalk ask fd77::2 5006 2 2 100 100 >asked.txt 2>record.txt
stop_serving
equal ipv6 "$(net connections v6.pkp ".[] | $OPENED | \"\(.remote) \(.port) \(.bytes_out)\"")" "fd77::2 5006 $(talked asked.txt 4)"

# ---- times that are known ------------------------------------------------------------

if client tc qdisc add dev pkc root netem delay 50ms 2>/dev/null &&
	server tc qdisc add dev pks root netem delay 50ms 2>/dev/null; then
	: >served.txt
	serving 5003 prefork 50 2
	pk record --sources tcp,task -o d.pkp -- sh -c "
		ip netns exec pkclient $(command -v tcptalk) ask 10.77.0.2 5003 1 20 300 300 600 >asked.txt &
		while kill -0 \$! 2>/dev/null; do
			ip netns exec pkclient ss -tin dst 10.77.0.2 >>ss.txt
			sleep 0.2
		done" >record.txt 2>&1
	stop_serving
	# what ss showed meanwhile, least and most
	read -r low high < <(grep -o ' rtt:[0-9.]*' ss.txt | cut -d: -f2 | sort -g | sed -n '1p;$p' | paste -sd' ')
	rtt=$(net times d.pkp ".[] | $OPENED | select(.time == \"rtt\") | .mean_ns / 1e6")
	expect rtt "$rtt > 0.95 * ${low:-0} && $rtt < 1.05 * ${high:-0}" "$rtt ms round trip on average, by ss ${low:-} to ${high:-}"
	expect rtt-delay "$rtt > 99 && $rtt < 130" "$rtt ms round trip, with 100 ms on the way"
	truth=$(calc "$(awk '$1 == "talked" { print $7 }' asked.txt) / 1e6")
	within connect "$(net times d.pkp ".[] | $OPENED | select(.time == \"connect\") | .mean_ns / 1e6")" "$truth" \
		"$(calc "0.05 * $truth")" "ms to connect, and by the program's clock"
	# what 20 answers took by the server's own clock
	thought=$(calc "$(awk '$1 == "talked" && $3 > 0 { print $6 }' served.txt) / 20 / 1e6")
	service=$(net times d.pkp ".[] | $ACCEPTED | select(.time == \"service\") | .mean_ns / 1e6")
	median=$(net times d.pkp ".[] | $ACCEPTED | select(.time == \"service\") | .p50_ns / 1e6")
	# until the server runs some time passes, more on a busy host
	expect service "$service > 0.99 * $thought && $service < $thought + 10" "$service ms of service, $thought of thinking"
	# one late answer of 20 moves the mean, not the median
	expect service-median "$median > 50 * 15 / 16 && $median < 1.12 * $thought" "$median ms of service, median"
	truth=$(calc "$rtt + $service")
	asked=$(net times d.pkp ".[] | $OPENED | select(.time == \"service\") | .mean_ns / 1e6")
	waited=$(net times d.pkp ".[] | $OPENED | select(.time == \"receive\") | .mean_ns / 1e6")
	expect asked "$asked > 149 && $asked < $truth + 20" "$asked ms to the answer, $truth of way and service"
	expect waited "$waited > 149 && $waited < $truth + 25" "$waited ms blocked in a receive, likewise"
	equal delayed-bytes "$(net totals d.pkp '[.[] | .bytes_in, .bytes_out] | add')" \
		"$(($(talked asked.txt 3) + $(talked asked.txt 4) + $(talked served.txt 3) + $(talked served.txt 4)))" "bytes"
	# the wait in the accept queue
	: >served.txt
	serving 5004 late 80
	pk record --sources tcp,task -o q.pkp -- ip netns exec pkclient tcptalk ask 10.77.0.2 5004 3 1 10 10 >asked.txt 2>record.txt
	stop_serving
	accept=$(net times q.pkp ".[] | $ACCEPTED | select(.time == \"accept\") | .mean_ns / 1e6")
	expect accept "$accept > 79 && $accept < 105" "$accept ms in the accept queue, of which 80 asleep"
	client tc qdisc del dev pkc root
	server tc qdisc del dev pks root
else
	skip delay "there is no netem"
fi

# ---- what is lost --------------------------------------------------------------------

readonly LOSS=0.05 ASKED=400
if client tc qdisc add dev pkc root netem loss 5% 2>/dev/null; then
	: >served.txt
	serving 5005 prefork 0 1
	before=$(mib RetransSegs)
	pk record --sources tcp,task -o l.pkp -- sh -c "
		ip netns exec pkclient $(command -v tcptalk) ask 10.77.0.2 5005 4 $((ASKED / 4)) 100 100 >asked.txt
		ip netns exec pkclient $(command -v tcptalk) pour 10.77.0.2 5005 3000000 >poured.txt
		sleep 1.5" >record.txt 2>&1
	after=$(mib RetransSegs)
	stop_serving
	equal retransmitted "$(net totals l.pkp '[.[] | .retransmitted] | add')" $((after - before)) "segments sent again"
	equal lossy-bytes "$(net totals l.pkp '.[] | select(.role == "opened") | .bytes_out')" \
		"$(($(talked asked.txt 4) + $(talked poured.txt 4)))" "bytes"
	# segments that are lost keep the send buffer full
	expect blocked "$(net times l.pkp "[.[] | $OPENED | select(.time == \"send\") | .count] | add // 0") > 0" \
		"$(net times l.pkp "[.[] | $OPENED | select(.time == \"send\") | .count] | add // 0") sends blocked for room"
	client tc qdisc del dev pkc root
	# One segment at a time, and only this way are some lost: each that is lost is sent again
	# once. With 99.9 % these are within 3.29 standard deviations.
	client tc qdisc add dev pkc root netem loss 5%
	serving 5007 prefork 0 1
	pk record --sources tcp,task -o p.pkp -- ip netns exec pkclient tcptalk ask 10.77.0.2 5007 1 $ASKED 100 100 >asked.txt 2>record.txt
	stop_serving
	again=$(net connections p.pkp ".[] | select(.port == 5007 and .role == \"opened\") | .retransmitted")
	sent=$((ASKED + again))
	within loss "$again" "$(calc "$LOSS * $sent")" "$(calc "3.29 * sqrt($LOSS * (1 - $LOSS) * $sent)")" "of $sent segments sent again"
	client tc qdisc del dev pkc root
else
	skip loss "there is no netem"
fi

# a port where nobody listens
pk record --sources tcp,task -o r.pkp -- ip netns exec pkclient sh -c '
	tcptalk ask 10.77.0.2 5999 1 1 10 10; tcptalk ask 10.77.0.2 5999 1 1 10 10; true' >record.txt 2>&1
equal refused "$(net connections r.pkp '.[] | select(.port == 5999) | .failed' | awk '{ n += $1 } END { print n + 0 }')" 2 "attempts failed"

# ---- the module goes while connections are busy --------------------------------------

CYCLES=10
[[ -z ${PK_PATIENT:-} ]] || CYCLES=30
# some hundred answers a second: the guest has better to do
ip netns exec pkserver tcptalk serve 10.77.0.2 5008 prefork 3 2 >served.txt &
server_pid=$!
until_true 5 server sh -c "ss -tln | grep -q ':5008 '"
ip netns exec pkclient tcptalk ask 10.77.0.2 5008 1 100000000 100 20000 >asked.txt 2>/dev/null &
asking=$!
ip netns exec pkclient tcptalk ask 10.77.0.2 5008 100000000 2 100 100 >asked.txt 2>/dev/null &
connecting=$!
cycles=0 seen=0
while ((cycles < CYCLES)); do
	unload
	load
	pk record --sources tcp -d 0.2 -o u.pkp >record.txt 2>&1 || break
	((++cycles % 10)) || [[ $(pk net --json u.pkp | jq '[.totals[] | .bytes_in] | add // 0') == 0 ]] || ((++seen))
done
unload
kill $asking $connecting
wait $asking $connecting 2>/dev/null
stop_serving
equal cycles "$cycles" "$CYCLES" "times loaded, recorded and unloaded under traffic"
equal seen "$seen" $((CYCLES / 10)) "of each tenth recording saw it"
load

ip netns del pkclient
ip netns del pkserver
unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
