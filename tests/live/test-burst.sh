# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A task that runs 2 ms in every 7 ms on a CPU that is idle otherwise: the timer is
# parked and armed again for the grid, and the task gets its true share within 2
# points. A timer armed at now + period would give it none at 99 Hz.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
for hz in 99 999; do
	pk record -F $hz -C 1 -o b$hz.pkp -- "$PK_WORK/burst" 10 1 >books$hz 2>record.err ||
		fail record$hz "$(tail -n 1 record.err)"
	period=$(calc "1e9 / $hz")
	wall=$(said wall books$hz)
	samples=$(rows process.processes b$hz.pkp | jq -s '[.[] | select(.comm == "burst") | .samples] | add // 0')
	# An instant that was missed was one of a busy CPU: it is due in proportion.
	delivered=$(cpu_books delivered b$hz.pkp 1)
	generated=$(cpu_books generated b$hz.pkp 1)
	share=$(calc "$samples * ($generated / $delivered) * $period / $wall * 100")
	truth=$(calc "$(said cpu books$hz) / $wall * 100")
	# of all instants of the wall time, those of the task are a share
	within share$hz "$share" "$truth" "$(noise 2 "$truth" "$(calc "$wall / $period")" b$hz.pkp)" \
		"per cent, $samples samples, $((generated - delivered)) missed"
	balanced books$hz b$hz.pkp
done
