# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The ledger closes: the CPU time of all threads and the idle time of all CPUs are
# CPUs times wall time, within 0.1 %; what a thread had is its life; next to nothing
# is "other" and nothing is lost; CPUs were as busy as the kernel's own books say.
# Under messages, a server, a storm of processes, and while a CPU goes away.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly DEBUG=${PK_DEBUG:-}
FORKS=8000
[[ -z ${PK_BRIEF:-} ]] || FORKS=2000
[[ -z ${PK_PATIENT:-} ]] || FORKS=20000
[[ -z $DEBUG ]] || FORKS=2000
readonly FORKS

# Between the marks "work" and "over", the kernel's books of the CPUs before and after.
if [[ ${1:-} == --between ]]; then
	"$PK_USER" mark work
	grep ^cpu /proc/schedstat >books-before.txt
	begin=$EPOCHREALTIME
	"${@:2}" >work.txt 2>&1
	echo "status $?" >>work.txt
	end=$EPOCHREALTIME
	grep ^cpu /proc/schedstat >books-after.txt
	calc "($end - $begin) * 1e9" >inner.txt
	"$PK_USER" mark over
	exit
fi

# between NAME COMMAND...: record it
between() {
	local name=$1

	shift
	pk record --sources sched,task -o "$name.pkp" -- bash "$PK_HERE/test-ledger.sh" --between "$@" 2>record.err ||
		fail "$name-record" "$(tail -n 1 record.err)"
	equal "$name-work" "$(tail -n 1 work.txt)" "status 0"
}

# closed NAME [OPTION...]: the books of NAME.pkp. A life begins at fork's tracepoint, an account
# at the wake-up that follows: where a busy host takes the CPU in between, thousands of
# forks make that a part of all time that can be seen.
closed() {
	local name=$1 file=$1.pkp got other lost residue=0.001

	[[ $name != storm && $name != lives ]] || residue=0.003

	shift
	got=$(rows ledger.closure "$file" "$@")
	# shellcheck disable=SC2016 # jq's own
	expect "$name-cpus" "$(jq '.error_share | if . == null then 1 elif . < 0 then -. else . end' <<<"$got") <= 0.001" \
		"$(jq -r '"CPU of all threads \(.tasks_cpu_ns / 1e6 | round) ms, idle \(.idle_ns / 1e6 | round) ms, CPUs x wall \(.cpus_wall_ns / 1e6 | round) ms"' <<<"$got")"
	got=$(rows ledger.totals "$file" "$@")
	other=$(jq .other_share <<<"$got")
	lost=$(jq .lost_share <<<"$got")
	expect "$name-other" "$other <= 0.02" "other $other of $(jq .threads <<<"$got") threads' time"
	expect "$name-lost" "$lost == 0 && $(jq .overflow_threads <<<"$got") == 0" "lost $lost"
	# between two marks, at which the ledger was read: of the end it is not told
	got=$(rows ledger.totals "$file" "$@" --phase work)
	expect "$name-lives" "$(jq '.residue_share | if . < 0 then -. else . end' <<<"$got") <= $residue" \
		"lives $(jq .life_ns <<<"$got") ns, booked $(jq .booked_ns <<<"$got") ns"
	got=$(rows losses.sources "$file" "$@" | jq -s '[.[] | select(.source == "sched" or .source == "task") | .lost] | add')
	equal "$name-records" "$got" 0 "lost records"
}

# busy NAME: the phase "work" against /proc/schedstat, which was read within it. A CPU's
# figure there grows when a thread leaves it, so a run of 10 ms may be in one of them.
busy() {
	local file=$1.pkp phase kernel cpus wall

	phase=$(rows ledger.closure "$file" --phase work)
	# time that all its tasks spent running is the 7th figure after the name
	kernel=$(awk 'FNR == NR { before[$1] = $8; next } { sum += $8 - before[$1] } END { printf "%.0f", sum }' \
		books-before.txt books-after.txt)
	cpus=$(nproc)
	wall=$(jq ".cpus_wall_ns / $cpus" <<<"$phase")
	# seen on PREEMPT_RT, where it is a quarter too much
	if (($(calc "$kernel > $cpus * $wall"))); then
		skip "$1-busy" "this kernel's books have $kernel ns of CPU in $(calc "$cpus * $wall") ns"
		return
	fi
	# what ran between a mark and the reading next to it is in ours only
	within "$1-busy" "$(jq .tasks_cpu_ns <<<"$phase")" "$kernel" \
		"$(calc "0.001 * $cpus * $wall + 4e7 + $cpus * ($wall - $(<inner.txt))")" \
		"ns of CPU against the kernel's books"
}

load
between lives lives "$([[ -n $DEBUG ]] && echo 30 || echo 100)"
closed lives
accounts lives.pkp >accounts.txt
# shellcheck disable=SC2016 # awk's own
awk '
	FNR == NR && FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	FNR == NR { total[$1] += $4; ran[$1] += $at["cpu_ns"] + $at["runq_ns"] + $at["preempted_ns"]; next }
	$1 == "life" {
		nr++
		# to leave for good it has to run once more, which a starved guest puts off
		slack = 5e6 + 0.01 * $4 + ran[$2]
		if (total[$2] < $3 || total[$2] > $4 + slack)
			bad = bad sprintf(" thread %d: booked %.3f ms, life %.3f to %.3f ms;", $2, total[$2] / 1e6, $3 / 1e6, $4 / 1e6)
		over += (total[$2] - $3) / $3
	}
	END {
		if (!nr) print "fail no lives"
		else if (bad) print "fail" bad
		else printf "pass %d threads and processes, on average %.2f %% above what they saw themselves\n", nr, over / nr * 100
	}' accounts.txt work.txt >compared.txt
read -r word detail <compared.txt
"$word" lives-of-all "$detail"

between messages perf bench sched messaging -g "$([[ -n $DEBUG ]] && echo 1 || echo 4)" -l 100
closed messages
busy messages

between storm forkstorm "$FORKS" 0 fork
# without the table of them all, which takes longer to make than it took to record
closed storm -n 10
expect storm-forks "$(rows ledger.totals storm.pkp -n 10 | jq .threads) > $(said forks work.txt)" \
	"accounts of all $(said forks work.txt) children"

if command -v nginx ab >/dev/null && [[ -z $DEBUG ]]; then
	mkdir -p www && head -c 2000 /dev/zero >www/index.html
	cat >nginx.conf <<-CONF
		worker_processes 2; pid $PWD/nginx.pid; error_log $PWD/nginx.err;
		events { worker_connections 64; }
		http {
			access_log off; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p;
			fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
			server { listen 127.0.0.1:8078; root $PWD/www; }
		}
	CONF
	chmod 755 "$PK_TMP" . www
	nginx -c "$PWD/nginx.conf"
	until_true 10 ab -q -n 1 http://127.0.0.1:8078/index.html >/dev/null 2>&1
	between nginx ab -q -c 8 -t 4 -n 1000000 http://127.0.0.1:8078/index.html
	kill "$(cat nginx.pid)"
	closed nginx
	busy nginx
else
	skip nginx "nginx or ab is not installed, or the kernel is too slow for it"
fi

# A CPU that is gone for a while is neither busy nor idle.
# shellcheck disable=SC2016 # the shell's own
between hotplug sh -c 'busy 4 0 & sleep 1; echo 0 >/sys/devices/system/cpu/cpu1/online; sleep 1.5
	echo 1 >/sys/devices/system/cpu/cpu1/online; wait'
closed hotplug
expect hotplug-offline "$(rows ledger.closure hotplug.pkp | jq .offline_ns) > 1e9" \
	"$(rows ledger.closure hotplug.pkp | jq .offline_ns) ns offline"
