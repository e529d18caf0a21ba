# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Operations on files: exactly what the kernel counted for the same process
# (/proc/PID/io), and the calls and bytes of a program that says what it did.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# io FILE JQ: figures of `io --json`, made once per file
io() {
	[[ $1.io -nt $1 ]] || pk io --json "$1" >"$1.io" || return
	jq -r "$2" "$1.io"
}

# calls FILE OP [SELECT]: of operations on all file systems
calls() {
	io "$1" "[.file_operations[] | select(.op == \"$2\" and (.within | not)${3:+ and $3}) | .count] | add // 0"
}

load
readonly SUM='| add // 0'

# ---- the kernel's own books --------------------------------------------------------

# The process tells its own books, then ends; sh reads them by itself and in one call.
pk record --sources vfs,task -o b.pkp -- fileio mixed . >books.txt 2>record.txt || fail record "$(tail -n 1 record.txt)"
cat books.txt
PID="select(.comm == \"fileio\" and (.within | not))"
for row in "rchar:read sendfile copy:bytes" "wchar:write sendfile copy:bytes" \
	"syscr:read sendfile copy:count" "syscw:write sendfile copy:count"; do
	IFS=: read -r name ops what <<<"$row"
	ours=$(io b.pkp "[.file_processes[] | $PID | select(.op | IN(\"${ops// /\",\"}\")) | .$what] $SUM")
	equal "$name" "$ours" "$(awk -v n="$name" '$1 == n { print $2 }' books.txt)"
done
for op in fsync create open unlink rename make readdir; do
	ours=$(io b.pkp "[.file_processes[] | $PID | select(.op == \"$op\") | .count] $SUM")
	equal "$op" "$ours" "$(awk -v n="$op" '$1 == n { print $2 }' books.txt)"
done
equal failed "$(io b.pkp "[.file_processes[] | $PID | select(.op == \"open\") | .failed] $SUM")" \
	"$(awk '$1 == "failed" { print $2 }' books.txt)" "opens that failed"
equal pipe "$(io b.pkp "[.file_processes[] | $PID | select(.type == \"pipefs\" and .op == \"write\") | .bytes] $SUM")" \
	"$(awk '$1 == "pipe" { print $2 }' books.txt)" "bytes into the pipe"

unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
