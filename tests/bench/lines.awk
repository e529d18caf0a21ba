#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lines.awk -v name=NAME THEIRS OURS: as figures of that NAME, how far two answers in the form of
# addr2line -a -i -f agree, address by address. What ours names no function of is between functions,
# where addr2line takes the one before.

/^0x[0-9a-f]+$/ && length($0) == 18 {
	at = $0
	n = 0
	if (FILENAME == ARGV[2] && !(at in seen)) {
		seen[at]
		order[++nr] = at
	}
	next
}
{
	side = FILENAME == ARGV[1] ? "a" : "b"
	sub(/ \(discriminator [0-9]+\)$/, "")
	if (n++ % 2) {
		sub(/:[0?]$/, ":?")
		lines[side, at] = lines[side, at] "\n" $0
		depth[side, at]++
	} else {
		names[side, at] = names[side, at] "\n" $0
		if (side == "b" && $0 == "??")
			nameless[at]
	}
}
# A name as the linker has it says more than one without its scope; and very long ones are cut here.
function same(theirs, ours,	a, b, n, i, tail) {
	n = split(theirs, a, "\n")
	if (split(ours, b, "\n") != n)
		return 0
	for (i = 1; i <= n; i++) {
		tail = substr(b[i], length(b[i]) - length(a[i]) - 1)
		if (a[i] != b[i] && tail != "::" a[i] && !(length(b[i]) > 4000 && index(a[i], b[i]) == 1))
			return 0
	}
	return 1
}
function percent(what, count, of) {
	printf "figure %s.%s %.3f %% (%d of %d)\n", name, what, 100 * count / (of ? of : 1), count, of
}
END {
	for (i = 1; i <= nr; i++) {
		at = order[i]
		same_lines += lines["a", at] == lines["b", at]
		same_depth += depth["a", at] == depth["b", at]
		if (at in nameless)
			continue
		named++
		same_names += same(names["a", at], names["b", at])
	}
	percent("same_lines", same_lines, nr)
	percent("same_depth", same_depth, nr)
	percent("named", named, nr)
	percent("same_names", same_names, named)
}
