# SPDX-License-Identifier: GPL-2.0-or-later
# Folds the text of `perf script` as exactly as the flame graph tools do it that the
# export is for: a block of lines per sample, its head first, then the frames, leaf
# first. Prints "comm;root;...;leaf COUNT", in no order: kernel frames with _[k],
# frames of /tmp/perf-PID.map with _[j]. A line that is neither head nor frame ends it
# with an error. Works in mawk as well, whose patterns know no counts and no \s.
NF == 0 {
	close_sample()
	next
}
# A symbol and a DSO may hold blanks and parentheses; the last " (" parts them.
comm != "" && /^[ \t]+[0-9a-f]+ .+ \(.*\)$/ {
	match($0, /^[ \t]+[0-9a-f]+ /)
	line = substr($0, RLENGTH + 1)
	match(line, /^.+ \(/)
	stack = ";" name_of(substr(line, 1, RLENGTH - 2),
			    substr(line, RLENGTH + 1, length(line) - RLENGTH - 1)) stack
	next
}
comm == "" && /^[^ \t]/ &&
match($0, / +[0-9]+\/[0-9]+ \[[0-9]+\] [0-9]+\.[0-9]+: +[0-9]+ [^ \t]+:[ \t]*$/) {
	comm = substr($0, 1, RSTART - 1)
	gsub(/;/, ":", comm)
	next
}
{
	printf "fold: line %d is neither head nor frame: %s\n", NR, $0
	failed = 1
	exit 1
}
END {
	if (failed)
		exit 1
	close_sample()
	for (folded in count)
		print folded, count[folded]
}

function close_sample() {
	if (comm != "")
		count[comm stack]++
	comm = stack = ""
}

function name_of(symbol, dso) {
	sub(/\+0x[0-9a-f]+$/, "", symbol)
	gsub(/;/, ":", symbol)
	if (dso ~ /^\[kernel\./ ||
	    (dso ~ /^\[[A-Za-z0-9_-]+\]$/ && dso !~ /^\[(unknown|vdso|stack|heap|anon)/))
		return symbol "_[k]"
	return dso ~ /^\/tmp\/perf-[0-9]+\.map$/ ? symbol "_[j]" : symbol
}
