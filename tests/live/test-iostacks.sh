# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Stacks of block I/O: below the cap all of it, to the byte and to the ns; above the cap
# estimates near the truth, however regular the load; bios that are cut, that join others
# or go through two devices once; and each record delivered or counted as lost.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

# stacks FILE [OPTION...]: rows of `io --by stack`, one JSON object each
stacks() {
	pk io --by stack --json "$@" | jq -c '.stacks[]'
}

# io TABLE FILE JQ: figures of `io --json`
io() {
	pk io --json "$2" | jq -r "[.$1[]] | $3"
}

# folded FUNCTION KIND FILE [OPTION...]: weight of stacks with that function; "all": of all
folded() {
	pk export --format folded --kind "${@:2}" |
		awk -v f="$1" '{ v = $NF; sub(/ [0-9]+$/, "") } f == "all" || index(";" $0 ";", ";" f ";") { sum += v } END { printf "%.0f\n", sum }'
}

# contents KEY FILE: a count of what is in the file
contents() {
	pk info --json "$2" | jq -r "[.. | objects | .$1? // empty] | first"
}

# books_of NAME FILE: source block's books close, and the file has what was delivered
books_of() {
	equal "$1" "$(unbalanced "$2")" "" "lines of the books that do not balance:"
	equal "$1-delivered" "$(($(contents bios "$2") + $(contents bio_ends "$2")))" \
		"$(rows losses.cpus "$2" | jq -s '[.[] | select(.source == "block") | .delivered] | add')" \
		"records of block I/O in the file, and delivered"
}

load
readonly NULLB='select(.device == "nullb0")'
if ! null_disk size=1024 completion_nsec=2000000 submit_queues=1 hw_queue_depth=64 2>/dev/null; then
	skip iostacks "there is no null_blk"
	exit
fi
echo none >/sys/block/nullb0/queue/scheduler
# whatever looks at a new disk is through
cat /dev/nullb0 >/dev/null
sleep 0.5

# ---- all of it -----------------------------------------------------------------------

pk record --sources block,task -o e.pkp -- iomix /dev/nullb0 300 >said.txt 2>record.txt ||
	fail exact-record "$(tail -n 1 record.txt)"
equal put "$(folded put_data io e.pkp --comm iomix)" "$(said wrote said.txt)" "bytes written in put_data()"
equal get "$(folded get_data io e.pkp --comm iomix)" "$(said read said.txt)" "bytes read in get_data()"
equal by-operation "$(folded put_data io:sync e.pkp --comm iomix)" "$(said wrote said.txt)" "bytes of them synchronous writes"
equal not-read "$(folded put_data io:read e.pkp --comm iomix)" 0 "bytes of them reads"
equal total "$(stacks e.pkp | jq -s "[.[] | $NULLB | .bytes] | add")" \
	"$(io devices e.pkp ".[] | $NULLB | .bytes")" "bytes of the device"
equal requests "$(stacks e.pkp | jq -s "[.[] | $NULLB | .count] | add")" \
	"$(io devices e.pkp ".[] | $NULLB | .count")" "requests of the device"
equal time "$(stacks e.pkp | jq -s "[.[] | $NULLB | .sum_ns] | add")" \
	"$(io times e.pkp "[.[] | $NULLB | select(.time == \"total\") | .sum_ns] | add")" "ns of all its requests"
equal time-drawn "$(folded iomix io:time e.pkp --comm iomix)" \
	"$(stacks e.pkp --comm iomix | jq -s '[.[] | .sum_ns] | add')" "ns in the flame graph"
expect time-true "$(folded iomix io:time e.pkp --comm iomix) < $(said ns said.txt) && $(folded iomix io:time e.pkp --comm iomix) > 600 * 2e6" \
	"ns, of $(said ns said.txt) by the program's clock"
matches whole "$(stacks e.pkp --comm iomix | grep put_data | head -n 1)" 'submit_bio.*put_data < main'
books_of books-exact e.pkp
pk flamegraph --kind io -o e.svg e.pkp 2>drawn.txt || fail drawn "$(tail -n 1 drawn.txt)"
expect svg "$(grep -c put_data e.svg) > 0 && $(grep -c 'Bytes of block I/O by process' e.svg) > 0" "$(tail -n 1 drawn.txt)"

# without stacks of either kind there is nothing to be recorded
pk record --sources block,task --kernel-depth 0 --user-depth 0 -o o.pkp -- iomix /dev/nullb0 20 >said.txt 2>record.txt
equal off "$(contents bios o.pkp)" 0 "bios recorded without stacks"
pk record --sources block,task --kernel-depth 0 -o u.pkp -- iomix /dev/nullb0 20 >said.txt 2>record.txt
equal user-only "$(stacks u.pkp --comm iomix | grep -c submit_bio)" 0 "stacks with kernel frames"
equal user-put "$(folded put_data io u.pkp --comm iomix)" "$(said wrote said.txt)" "bytes of put_data() by user frames alone"

# one of two processes
iomix /dev/nullb0 400 >other.txt &
other=$!
pk record --sources block,task --only -o f.pkp -- iomix /dev/nullb0 150 >said.txt 2>record.txt
equal filter-put "$(folded put_data io f.pkp)" "$(said wrote said.txt)" "bytes of the one that is recorded, not of the other"
wait $other
books_of books-filter f.pkp

# cut into several requests; each has a time, all have the bytes of one
pk record --sources block,task -o c.pkp -- dd if=/dev/nullb0 of=/dev/null bs=8M count=5 iflag=direct >record.txt 2>&1
expect cut-requests "$(io devices c.pkp ".[] | $NULLB | .count") > 10" "requests of 5 reads"
equal cut-bytes "$(folded all io c.pkp --comm dd)" "$(io processes c.pkp "[.[] | $NULLB | select(.comm == \"dd\") | .bytes] | add")" "bytes"
equal cut-count "$(stacks c.pkp | jq -s "[.[] | $NULLB | .count] | add")" "$(io devices c.pkp ".[] | $NULLB | .count")" "requests"
equal cut-time "$(stacks c.pkp | jq -s "[.[] | $NULLB | .sum_ns] | add")" \
	"$(io times c.pkp "[.[] | $NULLB | select(.time == \"total\") | .sum_ns] | add")" "ns of all its requests"

# ---- a part of it ----------------------------------------------------------------------

null_disk_away
null_disk size=1024 irqmode=0 submit_queues=1 hw_queue_depth=64
cat /dev/nullb0 >/dev/null
# below what the slowest host does
readonly CAP=300
rounds=20000
[[ -z ${PK_PATIENT:-} ]] || rounds=60000
pk record --sources block,task --io-cap $CAP -o s.pkp -- iomix /dev/nullb0 $rounds >said.txt 2>record.txt
total=$(io devices s.pkp ".[] | $NULLB | .count")
recorded=$(stacks s.pkp | jq -s "[.[] | $NULLB | .recorded] | add")
expect sampled "$recorded < 0.9 * $total" "$recorded of $total requests recorded"
# near FUNCTION OP SAID: within 5 %, or four standard errors of so few where that is more
near() {
	local error truth

	error=$(stacks s.pkp --comm iomix | jq -s "[.[] | select(.op == \"$2\") | .bytes_error] | add")
	truth=$(said "$3" said.txt)
	expect "sampled-error-$2" "$error > 0" "standard error of $truth bytes: $error"
	within "sampled-$1" "$(folded "$1" io s.pkp --comm iomix)" "$truth" \
		"$(calc "(0.05 * $truth > 4 * $error) ? 0.05 * $truth : 4 * $error")" "bytes"
}
near put_data sync wrote
near get_data read read
# of all together more is known: strata are filled one by one
truth=$(io devices s.pkp ".[] | $NULLB | .bytes")
within sampled-total "$(stacks s.pkp | jq -s "[.[] | $NULLB | .bytes] | add")" "$truth" "$(calc "0.05 * $truth")" "bytes"
within sampled-requests "$(stacks s.pkp | jq -s "[.[] | $NULLB | .count] | add")" "$total" "$(calc "0.05 * $total")" "requests"
sum=$(io times s.pkp "[.[] | $NULLB | select(.time == \"total\") | .sum_ns] | add")
# a few of them were slow by far
within sampled-time "$(stacks s.pkp | jq -s "[.[] | $NULLB | .sum_ns] | add")" "$sum" "$(calc "0.2 * $sum")" "ns of requests"
matches told-so "$(pk io --by stack s.pkp | tr '\n' ' ')" 'estimates from a part'
books_of books-sampled s.pkp
# about the cap, whatever it took to find P
seconds=$(calc "$(said ns said.txt) / 1e9")
expect cap "$recorded < 1.5 * $CAP * ($seconds + 3)" "$recorded records in $seconds s"

# ---- rings that overflow ---------------------------------------------------------------

"$PK_USER" record --sources block,task --io-cap 0 --ring-size 64K -o l.pkp 2>record.err &
recorder=$!
until_true 60 session_runs
sleep 0.5
kill -STOP $recorder
iomix /dev/nullb0 5000 >said.txt
kill -CONT $recorder
sleep 1
kill -INT $recorder
wait $recorder || fail lost-record "exit $?: $(tail -n 1 record.err)"
books_of books-lost l.pkp
expect lost "$(rows losses.sources l.pkp | jq 'select(.source == "block") | .ring_full') > 1000" \
	"$(rows losses.sources l.pkp | jq 'select(.source == "block") | .ring_full') records lost to full rings"
expect lost-less "$(folded put_data io l.pkp) < $(said wrote said.txt)"
equal lost-device "$(io devices l.pkp ".[] | $NULLB | .bytes")" "$(($(said wrote said.txt) + $(said read said.txt)))" \
	"bytes of the device, of which nothing is lost:"
null_disk_away

# ---- merges and layers -----------------------------------------------------------------

if [[ -b /dev/vda ]]; then
	VDA='select(.device == "vda")'
	cat /dev/vda >/dev/null
	sleep 0.5
	pk record --sources block,task --io-cap 0 -o m.pkp -- sh -c '
		dd if=/dev/zero of=/dev/vda bs=1M count=20 conv=fsync
		dd if=/dev/zero of=/dev/vda bs=4k count=40 oflag=direct,dsync' >record.txt 2>&1
	expect merged "$(io operations m.pkp "[.[] | $VDA | .merged] | add") > 100" "bios joined a request that was there"
	equal merged-bytes "$(stacks m.pkp | jq -s "[.[] | $VDA | .bytes] | add")" "$(io devices m.pkp ".[] | $VDA | .bytes")" "bytes"
	# flushes are the block layer's own
	equal merged-count "$(stacks m.pkp | jq -s "[.[] | $VDA | .count] | add")" \
		"$(io operations m.pkp "[.[] | $VDA | select(.op != \"flush\") | .count] | add")" "requests"
	equal merged-time "$(stacks m.pkp | jq -s "[.[] | $VDA | .sum_ns] | add")" \
		"$(io times m.pkp "[.[] | $VDA | select(.time == \"total\" and .op != \"flush\") | .sum_ns] | add")" "ns"
	books_of books-merged m.pkp
else
	skip merged "there is no /dev/vda"
fi
if [[ -b /dev/vda ]] && modprobe dm-delay 2>/dev/null &&
	dmsetup create pkslow --noudevsync --table "0 65536 delay /dev/vda 0 5" 2>/dev/null; then
	dm=$(dmsetup info -c --noheadings -o blkdevname pkslow)
	IFS=: read -r major minor <"/sys/block/$dm/dev"
	[[ -b /dev/$dm ]] || mknod "/dev/$dm" b "$major" "$minor"
	pk record --sources block,task -o d.pkp -- \
		dd if="/dev/$dm" of=/dev/null bs=4k count=30 iflag=direct >record.txt 2>&1
	equal layer "$(stacks d.pkp --comm dd | jq -s "[.[] | select(.device == \"$dm\" and .op == \"read\") | .bytes] | add")" $((30 * 4096)) "bytes of the upper device"
	equal layer-once "$(folded all io d.pkp)" "$(io devices d.pkp '.[] | select(.device == "all") | .bytes')" "bytes in the total, once"
	dmsetup remove --noudevsync pkslow
else
	skip layer "there is no dm-delay"
fi
unload
