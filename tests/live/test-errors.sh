# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Bad input gets a sentence that names the object and the remedy, a documented exit
# code, and loses nothing.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# refuses NAME CODE REGEX COMMAND...: exit code, and a short message with all of it
refuses() {
	local name=$1 code=$2 regex=$3 status

	shift 3
	"$@" >out.txt 2>err.txt </dev/null
	status=$?
	if ((status != code)); then
		fail "$name" "exit $status, wanted $code: $(head -c 300 err.txt | tr '\n' ' ')"
	elif ! grep -qiE -e "$regex" err.txt; then
		fail "$name" "no '$regex' in: $(head -c 300 err.txt | tr '\n' ' ')"
	elif (($(wc -l <err.txt) > 6)); then
		fail "$name" "$(wc -l <err.txt) lines of message"
	else
		pass "$name" "$(head -n 1 err.txt)"
	fi
}

as_nobody() {
	setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"
}

unload
chmod 755 "$PK_TMP" "$PK_TMP/bin"
refuses no-module 4 'module' pk record -d 1 -o n.pkp
holds no-module-no-file test ! -e n.pkp
refuses no-module-status 4 'module' pk status
refuses no-module-mark 9 'record' pk mark x

load
mkdir -p open && chmod 777 open
refuses no-rights 3 'CAP_PERFMON|group' as_nobody "$PK_USER" record -d 1 -o open/x.pkp
refuses no-rights-mark 3 'CAP_PERFMON|group' as_nobody "$PK_USER" mark x
holds status-needs-none as_nobody "$PK_USER" status
chgrp nogroup /dev/pkprof
holds group-may as_nobody "$PK_USER" record -d 0.5 -o open/g.pkp
chgrp root /dev/pkprof

refuses rate-zero 2 '-F|freq|rate' pk record -F 0 -d 1 -o r.pkp
refuses rate-absurd 2 '-F|freq|rate' pk record -F 1000000 -d 1 -o r.pkp
refuses rate-word 2 'often' pk record -F often -d 1 -o r.pkp
refuses no-such-option 2 'nosuch' pk record --nosuch
refuses no-such-command 2 'nosuch' pk nosuch
refuses cpu-absent 2 '77' pk record -C 77 -d 1 -o r.pkp
refuses only-without-command 2 'only' pk record --only -d 1 -o r.pkp
refuses pid-gone 9 '99999' pk record -p 99999 -d 1 -o r.pkp
refuses command-not-found 127 'no-such-program' pk record -o r.pkp -- no-such-program
: >not-executable
refuses command-not-executable 126 'not-executable' pk record -o r.pkp -- ./not-executable
# None of it may have cost what was there.
holds refused-leaves-no-file test ! -s r.pkp

"$PK_USER" record -F 999 -d 120 -o owner.pkp 2>owner.err &
owner=$!
until_true 60 session_runs
refuses busy 6 "pkprof-user.*$owner|$owner" pk record -d 1 -o busy.pkp
kill -INT $owner
holds owner-unharmed wait $owner

echo keep >kept.pkp
pk record -d 0.3 -o kept.pkp 2>/dev/null
equal existing-is-kept "$(cat kept.pkp.old 2>/dev/null)" keep
refuses output-dir-absent 8 'absent' pk record -d 1 -o absent/x.pkp
refuses output-is-dir 8 'open' pk record -d 1 -o open
refuses report-output 8 'absent' pk flamegraph kept.pkp -o absent/x.svg

mkdir -p small && mount -t tmpfs -o size=192k small small
"$PK_WORK/busy" 600 0 1 >/dev/null &
busy=$!
refuses disk-full 8 'small/full.pkp.*(space|full)' pk record -F 10000 -d 20 -o small/full.pkp
holds disk-full-reads pk info small/full.pkp
holds disk-full-detached until_true 1 module_is_idle
kill $busy
wait $busy
rm small/full.pkp
head -c 150k /dev/zero >small/filler
refuses report-disk-full 8 'space|full' pk export --format perf-script owner.pkp -o small/x.txt
umount small

: >empty.pkp
refuses file-empty 7 'empty.pkp.*empty|empty' pk report empty.pkp
refuses file-not-ours 7 'not a' pk report "$PK_USER"
refuses file-absent 7 'absent.pkp' pk report absent.pkp
refuses file-dir 7 'open' pk report open
head -c $(($(stat -c %s kept.pkp) / 2)) kept.pkp >cut.pkp
holds file-cut-reads pk report cut.pkp
matches file-cut-says-offset "$(pk report cut.pkp 2>&1)" '(cut|complete|ends).*[0-9]{3,}'
head -c 10 kept.pkp >stump.pkp
refuses file-stump 7 'stump.pkp' pk report stump.pkp

# A module that speaks another version.
if [[ -e $PK_TMP/bin/pkprof-other.ko ]]; then
	unload
	insmod "$PK_TMP/bin/pkprof-other.ko"
	refuses other-version 5 'version|ABI' pk record -d 1 -o v.pkp
	rmmod pkprof
else
	skip other-version "no module of another version was built"
fi
