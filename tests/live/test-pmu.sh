# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Source pmu: refused with a reason where there is no counter; by the kernel's
# software clock, which every machine has, it samples what the timer would, comes
# and goes with a CPU, and leaves nothing behind.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly ONLINE=/sys/devices/system/cpu/cpu1/online

load
listed=$(pk list)
if pk record --sources pmu,task -d 0.2 -o hardware.pkp >refused.txt 2>&1; then
	pass hardware "this machine has a counter"
else
	matches hardware-refused "$(<refused.txt)" 'pmu'
	matches hardware-listed "$listed" 'pmu.*(no|not|un)'
fi
unload
insmod "$PK_KO" software_pmu=1

pk record --sources pmu,task -F 499 -o p.pkp -- "$PK_WORK/shares" 6 1 >books.txt 2>record.err ||
	fail record "$(tail -n 1 record.err)"
pid=$(said pid books.txt)
all=$(calc "$(samples_in spin_half p.pkp --pid "$pid") + $(samples_in spin_third p.pkp --pid "$pid") + $(samples_in spin_fifth p.pkp --pid "$pid")")
for f in half third fifth; do
	truth=$(calc "$(said spin_$f books.txt) / $(said total books.txt) * 100")
	within $f "$(calc "$(samples_in spin_$f p.pkp --pid "$pid") / ($all + 0.001) * 100")" "$truth" \
		"$(noise 2 "$truth" "$all" p.pkp)" "per cent of $all samples"
done
# what the kernel skips of a late timer is not in the books
expect rate "$all > 499 * 6 / 4" "$all samples in 6 s"
balanced books p.pkp
timer=$(rows losses.cpus p.pkp | jq -s '[.[] | select(.source == "cpu") | .generated] | add // 0')
equal no-timer "$timer" 0 "samples by the timer meanwhile"

"$PK_WORK/busy" 600 0 >busy.txt &
busy=$!
pk record --sources pmu,task -F 499 --only -o o.pkp -- "$PK_WORK/shares" 1 >/dev/null 2>record.err ||
	fail record-only "$(tail -n 1 record.err)"
found=$(rows process.processes o.pkp | jq -r 'select(.samples > 0) | .comm' | sort -u | tr '\n' ' ')
if [[ $found == *shares* && $found != *busy* ]]; then
	pass only "$found"
else
	fail only "samples of: $found"
fi
kill $busy
wait $busy

if [[ -w $ONLINE ]]; then
	"$PK_USER" record --sources pmu,task -F 499 -o h.pkp 2>record.err &
	recorder=$!
	until_true 60 session_runs
	holds offline tee $ONLINE <<<0
	holds online tee $ONLINE <<<1
	"$PK_WORK/shares" 2 1 >/dev/null
	kill -INT $recorder
	holds hotplug wait $recorder
	balanced hotplug-books h.pkp
	joined=$(rows summary.cpus h.pkp | jq -s '[.[] | select(.cpu == 1) | .samples] | add // 0')
	expect joins "$joined > 50" "samples of a CPU that went and came"
fi

"$PK_USER" record --sources pmu,task -F 999 -o k.pkp >/dev/null 2>&1 &
recorder=$!
until_true 60 session_runs
kill -9 $recorder
wait $recorder 2>/dev/null
holds detached until_true 5 module_is_idle
holds unload unload
