# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Who may do what: the table in pkprof(4), cell by cell, each way in tried by each of its
# rows. The whole matrix as it came out is printed.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly MANUAL=$PK_HERE/../../user/man/pkprof.4

# table: the manual's, blanks squeezed; the first line has the entries' names
table() {
	sed -n '/^\.nf/,/^\.fi/ { /open info status/,/^\.fi/p }' "$MANUAL" | sed -e 's/\\f.//g' -e '/^\.fi/d' | tr -s ' ' |
		sed 's/^ //'
}

# compare IDENTITY FOUND WANTED ENTRIES: one verdict, with the cells that differ
compare() {
	local -a found wanted names
	local at bad=''

	read -ra found <<<"$2"
	read -ra wanted <<<"$3"
	read -ra names <<<"$4"
	for ((at = 0; at < ${#names[@]}; at++)); do
		[[ ${found[at + 1]:-nothing} == "${wanted[at + 1]}" ]] ||
			bad+=" ${names[at]} is ${found[at + 1]:-nothing}, wanted ${wanted[at + 1]};"
	done
	if [[ -z $bad && ${#found[@]} -eq $((${#names[@]} + 1)) ]]; then
		pass "$1" "${#names[@]} cells"
	else
		fail "$1" "$bad ${#found[@]} words"
	fi
}

load
equal mode "$(stat -c '%a %u %g' /dev/pkprof)" "660 0 0" "of the device as the module makes it"
echo 1 >/proc/sys/kernel/kptr_restrict
table >table.txt
entries=$(head -n 1 table.txt)
rights --list >identities.txt
holds same-rows diff <(tail -n +2 table.txt | cut -d' ' -f1) identities.txt
while read -r identity; do
	line=$(rights "$identity" 2>rights.err) || line+=" $(tr '\n' ' ' <rights.err)"
	echo "# $line"
	compare "$identity" "$line" "$(grep -F "$identity " table.txt | awk -v name="$identity" '$1 == name')" "$entries"
	until_true 5 module_is_idle || fail "$identity-idle" "something is still attached"
done <identities.txt

# What the tool makes of it.
chmod 755 "$PK_TMP" "$PK_TMP/bin"
mkdir -p open && chmod 777 open
chgrp 4242 /dev/pkprof
as_member() {
	setpriv --reuid 1000 --regid 1000 --groups 4242 -- "$@"
}
holds member-records as_member "$PK_USER" record -F 999 -o open/m.pkp -- sh -c 'dd if=/dev/zero of=/dev/null bs=1M count=400 2>/dev/null'
matches member-is-told "$(<holds.txt)" 'without kernel stacks.*CAP_SYSLOG'
equal member-mode "$(stat -c %a open/m.pkp)" 600 "of the profile"
expect member-samples "$(total samples open/m.pkp) > 5" "$(total samples open/m.pkp) samples"
equal member-kernel-functions "$(rows function.functions open/m.pkp | jq -s '[.[] | select(.kind == "kernel" and (.function | test("^\\[") | not))] | length')" 0
as_user() {
	setpriv --reuid 1000 --regid 1000 --clear-groups -- "$@"
}
as_user "$PK_USER" record -d 1 -o open/u.pkp >out.txt 2>&1
equal user-exit $? 3
matches user-is-told "$(<out.txt)" 'for root and members of the group 4242'
matches user-doctor "$(as_user "$PK_USER" doctor)" 'FAIL +rights.*group 4242'
chgrp root /dev/pkprof
as_user "$PK_USER" record -d 1 -o open/u.pkp >out.txt 2>&1
matches no-group-is-told "$(<out.txt)" 'for root with CAP_PERFMON'
echo 0 >/proc/sys/kernel/kptr_restrict
unload
