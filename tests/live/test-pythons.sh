# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Names of Python functions of interpreters newer than this system's, each in a root directory of
# its own: PK_PYTHONS has "VERSION ROOT" of each, as `scripts/pythons list` prints them.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"
# shellcheck source=tests/live/python.sh
. "$PK_HERE/python.sh"

if [[ -z ${PK_PYTHONS:-} ]]; then
	fail pythons 'no interpreters; scripts/pythons fetch gets them'
	exit 0
fi

# cases VERSION
cases() {
	recorded "$1-shares" shares 4
	shares "$1-shares" half third Fifth.fifth
	order "$1-shares" half ';<module>_\[p\];main_\[p\];shares_\[p\];timed_\[p\](;[^;]*)?;half_\[p\]'
	recorded "$1-recursion" recursion 1
	order "$1-recursion" spin ";recursion_\\[p\\];timed_\\[p\\](;[^;]*)?$(printf ';down_\\[p\\]%.0s' {1..41});spin_\\[p\\]"
	recorded "$1-generators" generators 1
	order "$1-generators" spin ';passed_on_\[p\](;[^;]*)*;numbers_\[p\];spin_\[p\]'
	recorded "$1-callbacks" callbacks 3
	shares "$1-callbacks" via_sorted via_map via_reduce
	recorded "$1-threads" threads 2
	order "$1-threads" in_thread ';Thread.run_\[p\](;[^;]*)*;timed_\[p\](;[^;]*)?;in_thread_\[p\]'
	recorded "$1-exceptions" exceptions 1
	order "$1-exceptions" spin ';exceptions_\[p\];timed_\[p\](;[^;]*)?(;raising_\[p\])+;spin_\[p\]'
	recorded "$1-unicode" unicode 1
	shares "$1-unicode" größe 大きさ
}

load
while read -r version root; do
	# in memory, as all that is measured
	mkdir -p "root-$version"
	mount -t overlay none -o "lowerdir=$root,upperdir=$(mktemp -d -p .),workdir=$(mktemp -d -p .)" "root-$version"
	cp "$PK_HERE/python_load.py" "root-$version/"
	mount -t proc proc "root-$version/proc"
	# shellcheck disable=SC2034 # python.sh's
	PYTHON=(chroot "root-$version" "/usr/bin/python$version" /python_load.py)
	cases "$version"
	umount "root-$version/proc" "root-$version"
done <<<"$PK_PYTHONS"
