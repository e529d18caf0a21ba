# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Half an hour under load (two minutes unless PK_LONG asks for it): sessions of random length and
# settings, recorders that are killed, readers that stand still, a CPU that goes and comes. The
# kernel's memory does not grow with the rounds.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

SECONDS_EACH=120
[[ -z ${PK_LONG:-} ]] || SECONDS_EACH=1800
readonly SECONDS_EACH CPU=/sys/devices/system/cpu/cpu1/online

kernel_memory() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|VmallocUsed|Percpu|KernelStack|PageTables):/ { n += $2 } END { print n }' /proc/meminfo
}

ordinary() {
	pk record -q --no-symbols -F $((99 + RANDOM % 4900)) -d "$((RANDOM % 4)).$((RANDOM % 10 + 1))" -o s.pkp >s.err 2>&1 ||
		bad+=" $(tail -n 1 s.err);"
	[[ -z $(unbalanced s.pkp) ]] || bad+=" books;"
}

killed() {
	"$PK_USER" record -F 999 -o k.pkp >/dev/null 2>&1 &
	sleep "$((RANDOM % 3)).$((RANDOM % 10))"
	kill -9 $!
	wait $! 2>/dev/null
	until_true 1 module_is_idle || bad+=" killed and not idle;"
}

stands_still() {
	"$PK_USER" record -q --no-symbols -F 4999 --ring-size 64K -d 4 -o s.pkp >s.err 2>&1 &
	sleep 1
	kill -STOP $!
	sleep 2
	kill -CONT $!
	wait $! || bad+=" stood still: $(tail -n 1 s.err);"
	[[ -z $(unbalanced s.pkp) ]] || bad+=" books;"
}

cpu_away() {
	if [[ -w $CPU ]]; then
		echo 0 >$CPU
		ordinary
		echo 1 >$CPU
	fi
}

load
(while [[ ! -e over ]]; do "$PK_WORK/forkstorm" 50 >/dev/null; dd if=/dev/zero of=d bs=64k count=20 conv=fsync 2>/dev/null; done) &
"$PK_WORK/churn" $SECONDS_EACH >churn.txt 2>&1 &
end=$((SECONDS + SECONDS_EACH)) rounds=0 bad='' at=()
while ((SECONDS < end)); do
	case $((RANDOM % 6)) in
	0) killed ;;
	1) stands_still ;;
	2) cpu_away ;;
	*) ordinary ;;
	esac
	rounds=$((rounds + 1))
	if ((rounds % 5 == 0)); then
		at+=("$SECONDS $(kernel_memory)")
	fi
done
touch over
wait
equal rounds "${bad:-none}" none "what went wrong in $rounds rounds"
expect many "$rounds > 5" "$rounds rounds"
# kB an hour, by the least squares over all but the first fifth
slope=$(printf '%s\n' "${at[@]}" | awk '{ x[NR] = $1; y[NR] = $2 } END {
	for (i = int(NR / 5) + 1; i <= NR; i++) { n++; sx += x[i]; sy += y[i]; sxx += x[i] ^ 2; sxy += x[i] * y[i] }
	d = n * sxx - sx ^ 2
	printf "%.0f", d ? 3600 * (n * sxy - sx * sy) / d : 0 }')
if [[ -n ${PK_DEBUG:-} ]]; then
	echo "# memory is not compared: this kernel keeps freed memory back, and looks for leaks itself; slope $slope kB an hour"
elif [[ -n ${PK_LONG:-} ]]; then
	expect memory "$slope < 1024" "$slope kB an hour in $rounds rounds"
else
	pass memory "$slope kB an hour by two minutes, which says little"
fi
holds detached until_true 5 module_is_idle
holds unload unload
