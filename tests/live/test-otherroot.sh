# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A profile is read on another root file system, without the binaries that it was
# recorded from: the names are the same.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
pk record -F 999 -o o.pkp -- sh -c "$PK_WORK/shares 2; $PK_WORK/mapper 0.5; sort /etc/services >/dev/null" >/dev/null 2>record.err ||
	fail record "$(tail -n 1 record.err)"
mkdir -p root/{bin,tmp,proc}
cp "$PK_USER" root/bin/
ldd "$PK_USER" | grep -oE '/[^ ]+' | sort -u | while read -r lib; do
	mkdir -p "root$(dirname "$lib")"
	cp -L "$lib" "root$lib"
done
cp o.pkp root/tmp/
same=1
for view in "report" "report --json" "export --format folded" "export --format perf-script" info; do
	# shellcheck disable=SC2086 # words
	pk ${view} o.pkp >here.txt 2>here.err
	# shellcheck disable=SC2086
	chroot root /bin/pkprof-user ${view} /tmp/o.pkp >there.txt 2>there.err
	# the path of the file itself differs
	sed -i 's,/tmp/o.pkp,o.pkp,g' there.txt
	cmp -s here.txt there.txt || { fail "same" "$view: $(diff here.txt there.txt | head -n 4 | tr '\n' ' ') $(cat there.err)"; same=0; }
done
((!same)) || pass same "five views, byte by byte"
named=$(calc "$(total named o.pkp) * 100")
expect named "$named > 90" "$named % of frames named"
pk report o.pkp >report.txt
matches named-is-printed "$(<report.txt)" 'named'
expect libc "$(rows function.functions o.pkp | jq -s '[.[] | select((.dso // "") | test("libc"))] | length') > 0" "functions of libc by name"
