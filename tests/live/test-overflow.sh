# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# More threads than the ledger may have accounts for: those without are counted, the
# time that they spent on CPUs too, and the books close with it.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly THREADS=8000

unload
insmod "$PK_KO" ledger_mb=1
# shellcheck disable=SC2016 # the shell's own
pk record --sources sched,task -o o.pkp -- bash -c '
	{ sleep 2; echo pass 20000; sleep 1; } | crowd '$THREADS' >crowd.txt' 2>record.err ||
	fail record "$(tail -n 1 record.err)"
matches crowd "$(cat crowd.txt)" '^passed 20000'
totals=$(rows ledger.totals o.pkp)
nr=$(jq .overflow_threads <<<"$totals")
expect counted "$nr > 0.25 * $THREADS" "$nr tasks found no account"
expect their-cpu "$(jq .overflow_cpu_ns <<<"$totals") > 0" "$(jq .overflow_cpu_ns <<<"$totals") ns on CPUs without an account"
# shellcheck disable=SC2016 # jq's own
uncovered=$(rows ledger.closure o.pkp | jq --argjson more "$(jq .overflow_cpu_ns <<<"$totals")" \
	'1 - (.tasks_cpu_ns + $more + .idle_ns + .offline_ns) / .cpus_wall_ns')
expect closes "$uncovered <= 0.001 && $uncovered >= -0.001" "not covered: $uncovered of CPUs x wall"
matches said "$(pk report --ledger o.pkp 2>&1)" '(account|room|overflow)'
# With room again everybody has an account.
unload
load
pk record --sources sched,task -d 1 -o again.pkp 2>record.err || fail again "$(tail -n 1 record.err)"
equal again "$(rows ledger.totals again.pkp | jq .overflow_threads)" 0 "tasks without an account"
