# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A reader writes nonsense over all memory that it shares with the module, at full speed and
# from two threads, while all sources record: its own records are lost, nothing else.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly SECONDS_EACH=${PK_PATIENT:+20}
load
# what makes records
(while :; do /bin/true; done) &
load=$!
dd if=/dev/zero of=/dev/null bs=4k 2>/dev/null &
copier=$!
holds scribbled scribble "${SECONDS_EACH:-6}"
kill $load $copier
wait $load $copier 2>/dev/null
cp holds.txt scribble.txt
expect words "$(said words scribble.txt) > 100000" "$(said words scribble.txt) random words over the readers' pages"
# EACCES
equal protect "$(sed -n 's/^protect //p' scribble.txt)" "13 13 13" "mprotect() for writing or executing"
equal info-unchanged "$(said changed scribble.txt)" 0
equal head-forward "$(said backward scribble.txt)" 0
equal stop "$(said stop scribble.txt)" 0
equal books "$(said balance scribble.txt)" 0 "books with more lost than generated"
expect honest "$(said honest scribble.txt) > 50" "the next session: $(said honest scribble.txt) records"
holds detached until_true 5 module_is_idle
# and a recorder after it
pk record -d 1 -o after.pkp 2>after.err || fail after "$(tail -n 1 after.err)"
balanced after-books after.pkp
holds unload unload
