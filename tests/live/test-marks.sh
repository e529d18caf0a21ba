# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Phases by marks, the status of a running session, and who may see what.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
holds status-idle pk status
pk record -F 499 -o m.pkp -- sh -c "
	$PK_USER mark first; $PK_WORK/shares 2 0 >/dev/null
	$PK_USER status >running.txt 2>&1
	$PK_USER mark 'second one'; $PK_WORK/recurse 10 2 >/dev/null
	$PK_USER mark first; $PK_WORK/jit 1 >/dev/null" 2>record.err || fail record "$(tail -n 1 record.err)"
matches status-running "$(<running.txt)" '[Rr]unning'
matches status-owner "$(<running.txt)" 'pkprof-user'
matches status-books "$(<running.txt)" 'cpu'
rows phases.phases m.pkp >phases.txt
equal phases "$(jq -r .name phases.txt | grep -v null | tr '\n' '|')" "first|second one|first|"
in_first=$(samples_in spin_half m.pkp --phase first)
in_second=$(samples_in spin_half m.pkp --phase 'second one')
expect phase-first "$in_first > 200 && $in_second == 0" "samples of spin_half in first: $in_first, in second one: $in_second"
expect phase-second "$(samples_in recurse_leaf m.pkp --phase 'second one') > 300 && $(samples_in recurse_leaf m.pkp --phase first) == 0"
expect phase-again "$(samples_in main m.pkp --phase first) > $in_first" "both phases of one name are taken"
pk report --phase nosuch m.pkp >nosuch.txt 2>&1
equal phase-unknown-code $? 2
matches phase-unknown "$(<nosuch.txt)" 'second one'
pk info m.pkp >info.txt
matches info-phases "$(<info.txt)" 'second one'
from=$(jq -s '.[1].from_ns / 1e9' phases.txt)
expect from-to "$(total samples m.pkp --from "$from" --to "$(calc "$from + 1")") < $(total samples m.pkp)"
pk mark nothing >mark.txt 2>&1
equal mark-idle-code $? 9
matches mark-idle "$(<mark.txt)" 'record'
