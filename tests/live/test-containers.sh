# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Recorder and load in namespaces: in one of users nobody records; in one of processes, however deep,
# the recorder finds its targets by the IDs that it sees; from the host those inside have the host's
# IDs. Networks that come and go with traffic, and processes that move between them, while all is
# recorded; afterwards no namespace is held.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

ROUNDS=6
[[ -z ${PK_PATIENT:-} ]] || ROUNDS=20
[[ -z ${PK_LONG:-} ]] || ROUNDS=100
readonly ROUNDS

namespaces() {
	lsns -n -o NS,TYPE 2>/dev/null | awk -v t="$1" '$2 == t' | wc -l
}

# at_most TYPE NUMBER: of them are there
at_most() {
	(($(namespaces "$1") <= $2))
}

load
ip link set lo up
chmod 755 "$PK_TMP" "$PK_TMP/bin"
mkdir -p open && chmod 777 open

# In a namespace of users, even as its root: refused, by a sentence and a code.
as_user=(setpriv --reuid 1000 --regid 1000 --clear-groups --)
"${as_user[@]}" unshare -Urpfn --mount-proc "$PK_USER" record -d 1 -o open/u.pkp >out.txt 2>&1
equal user-exit $? 3 "$(head -n 1 out.txt)"
unshare -Urpfn --mount-proc "$PK_USER" record -d 1 -o open/u.pkp >out.txt 2>&1
equal root-exit $? 3 "$(head -n 1 out.txt)"
holds user-no-file test ! -s open/u.pkp

# Root in one of processes: it knows its child by its own numbers, and records it alone.
cat >inner.sh <<-'INNER'
	"$PK_WORK/busy" 600 0 >/dev/null &
	target=$!
	sleep 0.5
	"$PK_USER" record -F 499 -p $target -d 2 -o "$1" >"$1.err" 2>&1
	status=$?
	kill $target
	wait $target
	exit $status
INNER
for depth in 1 3; do
	command=(bash inner.sh "pid$depth.pkp")
	for ((i = 0; i < depth; i++)); do
		command=(unshare -pf --mount-proc "${command[@]}")
	done
	"${command[@]}"
	equal "pid$depth-exit" $? 0 "$(tail -n 1 "pid$depth.pkp.err")"
	balanced "pid$depth-books" "pid$depth.pkp"
	expect "pid$depth-target" "$(rows process.processes "pid$depth.pkp" | jq -s '[.[] | select(.comm == "busy") | .samples] | add // 0') > 100" \
		"samples of the target"
	equal "pid$depth-alone" "$(rows process.processes "pid$depth.pkp" | jq -s '[.[] | select(.comm != "busy" and .pid != 0) | .samples] | add // 0')" 0 "samples of others"
done

# From the host: what runs inside has the host's number.
# shellcheck disable=SC2016 # the inner shell's own
unshare -pf --mount-proc bash -c '"$PK_WORK/busy" 600 1 >/dev/null & wait' &
unshared=$!
until_true 10 pidof busy >/dev/null
pk record -F 499 -d 2 -o host.pkp 2>host.err || fail host "$(tail -n 1 host.err)"
seen=$(rows process.processes host.pkp | jq -r 'select(.comm == "busy" and .samples > 50) | .pid')
found=0
for pid in $seen; do
	[[ $(readlink "/proc/$pid/exe") == *busy* && $(awk '/^NSpid:/ { print NF }' "/proc/$pid/status") -gt 2 ]] && found=1
done
equal host-pid $found 1 "$(tr '\n' ' ' <<<"$seen")"
pkill -x busy
wait $unshared 2>/dev/null

# Networks with traffic over a pair of links that are thrown away in the middle, and a process that changes its
# namespaces all the time, while everything is recorded.
nets=$(namespaces net) pids=$(namespaces pid)
"$PK_USER" record -F 999 --sources cpu,task,sched,offcpu,block,vfs,tcp -o net.pkp 2>net.err &
recorder=$!
until_true 60 session_runs
moved=0 talked=0
for ((i = 0; i < ROUNDS; i++)); do
	ip netns add pk0 && ip netns add pk1
	ip link add v0 netns pk0 type veth peer name v1 netns pk1
	ip -n pk0 addr add 10.9.9.1/24 dev v0 && ip -n pk0 link set v0 up
	ip -n pk1 addr add 10.9.9.2/24 dev v1 && ip -n pk1 link set v1 up
	ip netns exec pk0 "$PK_WORK/tcptalk" serve 10.9.9.1 5020 prefork 0 1 >served.txt 2>&1 &
	server=$!
	until_true 10 sh -c 'ip netns exec pk0 ss -tln | grep -q :5020'
	ip netns exec pk1 "$PK_WORK/tcptalk" ask 10.9.9.1 5020 1 20 1000 3000 >asked.txt 2>&1 && talked=$((talked + 1))
	# shellcheck disable=SC2016 # the inner shell's own
	nsenter --net=/run/netns/pk1 unshare -pf -m -u -i true && moved=$((moved + 1))
	kill $server
	wait $server 2>/dev/null
	ip netns del pk0
	ip netns del pk1
done
kill -INT $recorder
holds net-record wait $recorder
balanced net-books net.pkp
expect talked "$talked == $ROUNDS && $moved == $ROUNDS" "$talked conversations and $moved moves in $ROUNDS networks"
expect net-bytes "$(pk net --json -n 0 net.pkp | jq '[.connections[] | select(.port == 5020 and .role == "opened") | .bytes_in] | add // 0') >= $ROUNDS * 20 * 3000" \
	"bytes received over the links"
holds no-net-held until_true 10 at_most net "$nets"
holds no-pid-held until_true 10 at_most pid "$pids"
holds detached until_true 5 module_is_idle
holds unload unload
