# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Eight recorders and two controllers want the one session, at random and with random settings:
# who does not get it is told EBUSY, who has it keeps it with its probes and records, and when all
# are gone, so are the probes. Starts and stops go on until there were enough of them.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

SECONDS_EACH=10
[[ -z ${PK_DEBUG:-} ]] || SECONDS_EACH=40
[[ -z ${PK_PATIENT:-} ]] || SECONDS_EACH=60
[[ -z ${PK_LONG:-} ]] || SECONDS_EACH=600
readonly SECONDS_EACH SEED=${PK_SEED:-$RANDOM}

load
contend "$SECONDS_EACH" "$SEED" >contend.txt 2>contend.err
expect contract "$? == 0" "seed $SEED; $(grep -m 3 '^bad ' contend.txt | tr '\n' ';') $(tail -n 1 contend.err)"
for what in starts busy stops closes records marks; do
	expect $what "$(said $what contend.txt) > 0" "$(said $what contend.txt)"
done
expect many "$(said starts contend.txt) + $(said busy contend.txt) > 3 * $SECONDS_EACH" "attempts in $SECONDS_EACH s"
holds detached until_true 5 module_is_idle
pk record -F 499 -d 1 -o after.pkp 2>after.err || fail after "$(tail -n 1 after.err)"
balanced after-books after.pkp
holds unload unload
