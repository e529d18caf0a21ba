# SPDX-License-Identifier: GPL-2.0-or-later
# Folds the text of `perf script` in the straightforward way: a block of lines per
# sample, its head first, then the frames, leaf first. Prints "a;b;c COUNT".
# A yardstick of speed that does no more than it must; tests/golden/fold.awk is exact.
/^#/ { next }
NF == 0 {
	if (comm != "") count[comm stack]++
	comm = stack = ""
	next
}
comm == "" { comm = $1; next }
{
	name = $2
	sub(/\+0x[0-9a-f]+$/, "", name)
	stack = ";" name stack
}
END {
	if (comm != "") count[comm stack]++
	for (key in count) print key, count[key]
}
