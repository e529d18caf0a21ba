# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Figures of block devices, ours and the kernel's: sourced after harness.sh by tests that leave
# /proc/diskstats of before and after in before.txt and after.txt.

# io TABLE FILE JQ: figures of `io --json`, made once per file
io() {
	[[ $2.io -nt $2 ]] || pk io --json -n 0 "$2" >"$2.io"
	jq -r "[.$1[]] | $3" "$2.io"
}

# disk DEVICE FIELD: as Documentation/admin-guide/iostats.rst numbers them
disk() {
	echo $(($(awk -v d="$1" -v f="$2" '$3 == d { print $(f + 3) }' after.txt) -
		$(awk -v d="$1" -v f="$2" '$3 == d { print $(f + 3) }' before.txt)))
}

# sum FILE DEVICE FIELD OPERATION...
sum() {
	local ops

	ops=$(printf '"%s",' "${@:4}")
	io operations "$1" "[.[] | select(.device == \"$2\" and (.op | IN(${ops%,}))) | .$3] | add // 0"
}
