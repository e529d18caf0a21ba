# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A kernel that is locked down, raised after the module was loaded, as only signed ones could be
# later: for integrity it records, for confidentiality nothing begins, whoever asks. There is no
# way back, so this test has a guest to itself.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly LOCKDOWN=/sys/kernel/security/lockdown

raise() {
	echo "$1" >$LOCKDOWN
	grep -qF "[$1]" $LOCKDOWN
}

load
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
holds none grep -F '[none]' $LOCKDOWN
holds integrity raise integrity
pk record -F 999 -o i.pkp -- "$PK_WORK/busy" 2 0 1 >/dev/null 2>err.txt || fail integrity-records "$(tail -n 1 err.txt)"
expect integrity-samples "$(total samples i.pkp) > 50" "$(total samples i.pkp) samples"
kernel=$(rows function.functions i.pkp | jq -s '[.[] | select(.kind == "kernel")] | length')
expect integrity-kernel "$kernel > 3" "$kernel kernel functions"
matches integrity-doctor "$(pk doctor)" 'ok +lockdown.*must be signed'

coproc rights --late
read -r word <&"${COPROC[0]}"
equal opened "$word" opened "a descriptor from before"
holds confidentiality raise confidentiality
echo go >&"${COPROC[1]}"
read -r word <&"${COPROC[0]}"
equal begins-nothing "$word" "late perm perm perm" "start, watch and mark with it"
wait

pk record -d 1 -o c.pkp >out.txt 2>&1
equal record-exit $? 3
matches record-is-told "$(<out.txt)" 'locked down for confidentiality: nobody may record'
equal record-one-sentence "$(wc -l <out.txt)" 1 "lines of message"
holds no-file test ! -e c.pkp
pk doctor >doctor.txt 2>&1
equal doctor-exit $? 3
matches doctor-is-told "$(<doctor.txt)" 'FAIL +lockdown.*locked down for confidentiality'
pk stat -i 1 -n 1 >out.txt 2>&1
equal stat-exit $? 3
holds status pk status
holds detached until_true 5 module_is_idle
holds unload unload
pk record --module "$PK_KO" -d 1 -o c.pkp >out.txt 2>&1
equal unsigned-exit $? 3
matches unsigned-is-told "$(<out.txt)" 'sign|locked'
