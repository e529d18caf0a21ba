# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Which language runtimes ran: programs under other names, stripped, one that is over and
# deleted before the recording ends, and one that lists the code it makes.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# field JQ-FILTER PID: of the groups that have this process
field() {
	pk info --json a.pkp | jq -r --arg pid "$2" \
		"[.runtimes[] | select(.pids | split(\",\") | index(\$pid)) | $1] | join(\" \")"
}

# copy NAME PROGRAM: NAME, a stripped copy in memory
copy() {
	local path

	path=$(command -v "$2") || return
	strip -s -o "$1" "$(readlink -f "$path")"
}

holds load load

# One after the other: node is large, and what is measured must not wait for its pages.
declare -A pids=()
if copy calc /usr/bin/python3; then
	./calc -c 'while True: sum(range(1000))' & pids[calc]=$!
	# over and gone when its names are looked for
	copy brief /usr/bin/python3
fi
if copy pearl perl; then
	# shellcheck disable=SC2016 # Perl's own
	./pearl -e '1 while ++$i' & pids[pearl]=$!
fi
if command -v node >/dev/null; then
	node --perf-basic-prof -e 'for (;;) Math.sqrt(2)' & pids[node]=$!
	until_true 60 test -s "/tmp/perf-${pids[node]}.map"
fi
"$PK_WORK/shares" 60 >/dev/null & pids[shares]=$!

work() {
	if [[ -e brief ]]; then
		./brief -c 'for i in range(100000): pass' & echo $! >brief.pid
		wait $!
		rm brief
	fi
	sleep 3
}
export -f work
holds record pk record -F 499 -o a.pkp -- bash -c work
kill "${pids[@]}" 2>/dev/null
wait 2>/dev/null

if [[ ${pids[calc]-} ]]; then
	equal python "$(field '.runtime + " " + .version' "${pids[calc]}")" \
		"python $(/usr/bin/python3 -c 'import platform; print(platform.python_version())')"
	equal python-names "$(field .names "${pids[calc]}")" 'from its frames in memory, as they are sampled'
	equal over-and-deleted "$(field .runtime "$(cat brief.pid)")" python
else
	skip python "no python3 here"
fi
if [[ ${pids[pearl]-} ]]; then
	equal perl "$(field '.runtime + " " + .version' "${pids[pearl]}")" \
		"perl $(perl -e 'printf "%vd", $^V')"
else
	skip perl "no perl here"
fi
if [[ ${pids[node]-} ]]; then
	equal node "$(field '"\(.runtime) \(.version) \(.lack)"' "${pids[node]}")" \
		"node $(node --version | sed s/^v//) null"
else
	skip node "no node here"
fi
equal native "$(field .runtime "${pids[shares]}")" native
matches report "$(pk report a.pkp)" '^ *native code .* from symbol tables'
holds unload unload
