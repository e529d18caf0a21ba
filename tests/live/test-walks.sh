# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Kernel stacks from what is remembered of the unwinder against the unwinder itself:
# each walk of a mixed load is done both ways, and none may differ; not while modules
# come and go either, nor while a tracer has replaced return addresses.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly PARAMETERS=/sys/module/pkprof/parameters
readonly TRACING=/sys/kernel/tracing
readonly LENGTH=${PK_LENGTH:-8}
LEAST=100000
[[ -z ${PK_BRIEF:-} ]] || LEAST=20000
[[ -z ${PK_DEBUG:-} ]] || LEAST=10000
readonly LEAST

checked() {
	awk -v word="$1" '$1 == word { print $2 }' checked.txt
}

# The mix, for some seconds: sockets of all kinds, disk, faults, locks, sleepers, forks.
mix() {
	local seconds=$1 channel

	for channel in pipe eventfd unix tcp epoll; do
		pingpong $channel "$seconds" 20 &
	done
	waits "$seconds" &
	locks mutex "$seconds" &
	locks memory "$seconds" &
	[[ ! -b /dev/nullb0 ]] || diskio direct /dev/nullb0 "$seconds" &
	diskio fsync . "$seconds" &
	forkstorm 50 2000 &
	dd if=/dev/urandom of=noise bs=4k count=2000 conv=fsync &
	# shellcheck disable=SC2016 # the inner shell's own
	timeout "$seconds" sh -c 'while :; do cat "$0"/*.sh; ls -lR /proc/self /sys/kernel/slab; done' "$PK_HERE" &
	[[ ! -x /usr/bin/perf ]] || timeout "$seconds" perf bench sched messaging -g 2 -l 300 &
	server "$seconds"
	wait
}

# A web server under load, where there is one.
server() {
	[[ -x /usr/sbin/nginx && -x /usr/bin/ab ]] || return 0
	mkdir -p www
	head -c 2000 /dev/zero >www/index.html
	cat >nginx.conf <<-CONF
		worker_processes 1;
		pid $PWD/nginx.pid;
		error_log $PWD/nginx.err;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $PWD/b; proxy_temp_path $PWD/p;
			fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
			server { listen 127.0.0.1:8078; root $PWD/www; }
		}
	CONF
	nginx -c "$PWD/nginx.conf" &&
		timeout "$1" ab -q -k -c 8 -n 1000000 http://127.0.0.1:8078/index.html
	[[ ! -s nginx.pid ]] || kill "$(<nginx.pid)"
}

# walk_for SECONDS NAME [COMMAND...]: the mix, recorded; beside it the command
walk_for() {
	local name=$2

	# shellcheck disable=SC2016 # likewise
	pk record -F 4999 --wait-period 1ns --wait-cap 0 -o "$name.pkp" -- \
		bash -c 'mix "$0"' "$1" >"$name.txt" 2>"$name.err" &
	until_true 60 session_runs
	[[ -z ${3:-} ]] || "${@:3}" $!
	wait $! || fail "$name-record" "$(tail -n 1 "$name.err")"
	cat $PARAMETERS/walks_checked >checked.txt
}

# walks_agree NAME LEAST [COMMAND...]: at least so many walks, however long that takes
walks_agree() {
	local name=$1 least=$2 before known_before walks=0 known round

	cat $PARAMETERS/walks_checked >checked.txt
	before=$(checked walks) known_before=$(checked known)
	for ((round = 0; round < 8 && walks < least; round++)); do
		walk_for "$LENGTH" "$name" "${@:3}"
		walks=$(($(checked walks) - before)) known=$(($(checked known) - known_before))
	done
	if [[ $(checked differing) != 0 ]]; then
		fail "$name" "$(tr '\n' ' ' <checked.txt)"
	else
		expect "$name" "$walks >= $least && $known > 0.7 * $walks" "$walks walks, none differs; $known from memory"
	fi
}

load_modules() {
	while kill -0 "$1" 2>/dev/null; do
		modprobe brd rd_nr=1 rd_size=1024 && dd if=/dev/zero of=/dev/ram0 bs=4k count=200 conv=fsync && rmmod brd
		sleep 0.2
	done >/dev/null 2>&1
}

# Functions in which tasks sleep, and some in which they do not.
trace_returns() {
	local function

	for function in vfs_read ksys_read do_sys_poll unix_stream_sendmsg tcp_sendmsg do_futex; do
		echo "r:pk/$function $function" >>$TRACING/kprobe_events
	done
	while kill -0 "$1" 2>/dev/null; do
		echo 1 >$TRACING/events/pk/enable
		sleep 0.3
		echo 0 >$TRACING/events/pk/enable
		sleep 0.1
	done
	echo >$TRACING/kprobe_events
}

load
export -f mix server
null_disk size=256 completion_nsec=200000 2>/dev/null
echo 1 >$PARAMETERS/check_walks
walks_agree mixed $LEAST
walks_agree modules 1000 load_modules
walks_agree tracers 1000 trace_returns
echo 0 >$PARAMETERS/check_walks
[[ ! -d $NULL_DISK ]] || null_disk_away
