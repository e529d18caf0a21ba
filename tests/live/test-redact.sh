# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What was planted in command lines, paths, the host's name, a control group and a socket's name
# is in a profile, and in no view of a redacted copy; all numbers of the reports are the same.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SECRET=s3cretword

# views FILE: all that can be read in it, but the file's own name
views() {
	local view

	for view in "report" "report --json" "info" "export --format folded" "export --format perf-script" "io" "net"; do
		# shellcheck disable=SC2086 # words
		pk ${view} "$1" 2>&1
	done | sed "s,$1,,g"
}

numbers() {
	pk report --json "$1" | jq -c '[.analyses | .. | numbers] | sort'
}

load
hostname "$SECRET-host"
mkdir -p "/var/$SECRET-dir" "/sys/fs/cgroup/$SECRET-group"
cp "$PK_WORK/busy" "/var/$SECRET-dir/program"
work() {
	sh -c "echo \$\$ >/sys/fs/cgroup/$SECRET-group/cgroup.procs; exec /var/$SECRET-dir/program 1 0 1 --password=$SECRET" >/dev/null
	dd if=/dev/zero of="/var/$SECRET-dir/file" bs=4k count=50 conv=fsync 2>/dev/null
}
work &
worker=$!
pk record -F 999 -d 3 -o a.pkp 2>err.txt || fail record "$(tail -n 1 err.txt)"
wait $worker
views a.pkp >a.txt
expect planted "$(grep -c "$SECRET" a.txt) > 2" "$(grep -c "$SECRET" a.txt) lines with it"
equal mode "$(stat -c %a a.pkp)" 600 "of the profile"
holds redact pk redact -o b.pkp a.pkp
equal redacted-mode "$(stat -c %a b.pkp)" 600
views b.pkp >b.txt
equal hidden "$(grep -c "$SECRET" b.txt)" 0 "lines with it"
equal numbers "$(numbers b.pkp | md5sum)" "$(numbers a.pkp | md5sum)" "of all reports"
expect named "$(total named b.pkp) == $(total named a.pkp)" "share of frames named: $(total named b.pkp)"
holds symbolize-keeps pk symbolize b.pkp
equal symbolized-mode "$(stat -c %a b.pkp)" 600

work &
worker=$!
pk record --redact all -F 999 -d 3 -o c.pkp 2>err.txt || fail record-redacted "$(tail -n 1 err.txt)"
wait $worker
matches summary "$(<err.txt)" '^c.pkp: '
equal record-mode "$(stat -c %a c.pkp)" 600
holds no-raw-file test ! -e c.pkp.raw
equal record-hidden "$(views c.pkp | grep -c "$SECRET")" 0 "lines with it"
expect record-samples "$(total samples c.pkp) > 20" "$(total samples c.pkp) samples"
hostname pkprof-guest
rmdir "/sys/fs/cgroup/$SECRET-group"
unload
