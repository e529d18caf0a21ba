# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# 50,000 random calls of the module's device and family, with the structure of the contract, while
# a second thread changes what is handed over: errors are those of the contract, the kernel
# goes on, and nothing is left. PK_SEED repeats the calls of a run.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

CALLS=50000
[[ -z ${PK_PATIENT:-} ]] || CALLS=200000
[[ -z ${PK_LONG:-} ]] || CALLS=1000000
readonly CALLS SEED=${PK_SEED:-$RANDOM}

load
callfuzz "$CALLS" "$SEED" >fuzz.txt 2>fuzz.err
expect contract "$? == 0" "seed $SEED; $(grep -m 4 '^bad ' fuzz.txt | tr '\n' ';') $(tail -n 1 fuzz.err)"
sed -n 's/^errno /# /p' fuzz.txt
equal calls "$(said calls fuzz.txt)" "$CALLS"
expect requests "$(said requests fuzz.txt) > $CALLS / 2" "$(said requests fuzz.txt)"
expect starts "$(said starts fuzz.txt) > 5" "$(said starts fuzz.txt) sessions that began"
expect kinds "$(grep -c '^errno' fuzz.txt) > 25" "$(grep -c '^errno' fuzz.txt) kinds of answers"
# EINVAL: a page of zeros is no table
equal held "$(said held fuzz.txt)" 22 "a copy that went on after the session"
equal nobody-killed "$(dmesg | grep -ciE 'out of memory|oom-kill|invoked oom')" 0
holds detached until_true 5 module_is_idle
pk record -F 499 -d 1 -o after.pkp 2>after.err || fail after "$(tail -n 1 after.err)"
balanced after-books after.pkp
holds unload unload
