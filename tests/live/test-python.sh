# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Names of Python functions of a stock interpreter: shares that the program knows, the order of
# Python and native frames, threads, tasks, namespaces, processes that end at once.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"
# shellcheck source=tests/live/python.sh
. "$PK_HERE/python.sh"

own=$(command -v python3.11 || true)
if [[ -z $own ]]; then
	skip python 'no python3.11 here'
	exit 0
fi
# shellcheck disable=SC2034 # python.sh's
PYTHON=("$own" "$PK_HERE/python_load.py")

load
recorded shares shares 4
shares shares half third Fifth.fifth
order shares half ';<module>_\[p\];main_\[p\];shares_\[p\];timed_\[p\](;[^;]*)?;half_\[p\]'
recorded recursion recursion 1
# 41 of them; not all of awk's kin know how to count
order recursion spin ";recursion_\\[p\\];timed_\\[p\\](;[^;]*)?$(printf ';down_\\[p\\]%.0s' {1..41});spin_\\[p\\]"
recorded generators generators 1
order generators spin ';passed_on_\[p\](;[^;]*)*;numbers_\[p\];spin_\[p\]'
recorded callbacks callbacks 3
shares callbacks via_sorted via_map via_reduce
# native frames between the one that calls and the one that is called back
for which in sorted map:mapped reduce:reduced; do
	order callbacks "key_${which#*:}" ";via_${which%:*}_\[p\](;[^;]*[^]])+;key_${which#*:}_\[p\];spin_\[p\]"
done
recorded foreign foreign 1
# how far native stacks go through libffi's closures is another matter
order foreign 'foreign.<locals>.key_foreign' ';foreign\.<locals>\.key_foreign_\[p\];spin_\[p\]'
recorded exceptions exceptions 1
order exceptions spin ';exceptions_\[p\];timed_\[p\](;[^;]*)?(;raising_\[p\])+;spin_\[p\]'
recorded threads threads 2
order threads in_thread ';Thread.run_\[p\](;[^;]*)*;timed_\[p\](;[^;]*)?;in_thread_\[p\]'
recorded tasks tasks 1
order tasks in_task ';tasks_\[p\];run_\[p\](;[^;]*)*;in_task_\[p\];timed_\[p\]' 0.97
recorded unicode unicode 1
shares unicode größe 大きさ
recorded brief brief 2
order brief half ';brief_\[p\];half_\[p\]'
recorded inside shares 2 unshare --pid --fork --mount --mount-proc
shares inside half third Fifth.fifth
