# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Times of block requests against those that fio saw of the same reads: 4 KB at random,
# past the page cache, one and 16 at a time, by psync, libaio and io_uring, from a disk and
# from a device whose time is known. What fio sees is longer by the way to the request and
# back, with its wake-up; how much that is a quick device of known time tells. Where the
# known time itself is not kept, the emulator does not have its processors, and what fio
# sees is that; such a case is skipped. Where only fio's wake-ups are late, its own slowest
# reads say little of the device: there ours may be as short as the known time.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

if ! command -v fio >/dev/null; then
	skip latencies "there is no fio"
	exit 0
fi
# it calls a driver that has gone, see null_disk_away()
if [[ -n ${PK_DEBUG:-} ]]; then
	skip latencies "the debug kernel keeps no times"
	exit 0
fi
readonly SECONDS_EACH=2 QUICK_NS=100000 DELAY_NS=4000000

# reads NAME DEVICE ENGINE DEPTH: recorded to NAME.pkp, fio's result to NAME.json
reads() {
	pk record --sources block,vfs,task -o "$1.pkp" -- fio --name="$1" --filename="/dev/$2" --direct=1 --rw=randread \
		--bs=4k --size=256m --ioengine="$3" --iodepth="$4" --runtime=$SECONDS_EACH --time_based --lat_percentiles=1 \
		--percentile_list=50:90:95 --output-format=json --output="$1.json" >record.txt 2>&1
	pk io --json --by device "$1.pkp" >"$1.io"
}

# fio_ns NAME PERCENT: its latency from submission to completion
fio_ns() {
	jq ".jobs[0].read.lat_ns.percentile[\"$2.000000\"]" "$1.json"
}

# ours_ns NAME DEVICE TIME COLUMN
ours_ns() {
	jq ".times[] | select(.device == \"$2\" and .op == \"read\" and .time == \"$3\") | .$4" "$1.io"
}

# way ENGINE DEPTH: ns that fio's median is longer than ours with a quick device
way() {
	calc "$(fio_ns "quick-$1-$2" 50) - $(ours_ns "quick-$1-$2" nullb0 total p50_ns)"
}

# is_late NAME PERCENT: a twentieth, or half, of the requests took longer than was asked for
is_late() {
	! awk -v ns="$(ours_ns "$1" nullb0 device "p$2_ns")" "BEGIN { exit !(ns < 1.15 * $DELAY_NS) }"
}

# compare NAME DEVICE WAY PERCENT [KNOWN_NS]
compare() {
	local ours truth known=${5:-1e18}

	ours=$(ours_ns "$1" "$2" total "p$4_ns")
	truth=$(fio_ns "$1" "$4")
	# a bucket's half width, 5 %, and the way
	expect "$1-p$4" "($ours > $truth * (1 - 1/16 - 0.05) - $3 || $ours > $known * (1 - 1/16)) && $ours < $truth * (1 + 1/16 + 0.05)" \
		"$(calc "$ours / 1e6") ms, fio's $(calc "$truth / 1e6") ms, of it the way $(calc "$3 / 1e6")"
}

# same_reads NAME DEVICE
same_reads() {
	equal "$1-reads" "$(jq '[.operations[] | select(.device == "'"$2"'" and .op == "read") | .count] | add' "$1.io")" \
		"$(jq '.jobs[0].read.total_ios' "$1.json")" "reads"
}

# as_operations NAME ENGINE WAY: fio's reads as those of the process, not of the device
as_operations() {
	local op=read figures ours truth

	[[ $2 != libaio ]] || op=aio-read
	[[ $2 != io_uring ]] || op=uring-read
	figures=$(pk io --json "$1.pkp" | jq -c '[.file_processes[] | select(.comm == "fio" and .op == "'$op'" and .untimed == 0 and .bytes == 4096 * .count)] | max_by(.count)')
	equal "$1-$op" "$(jq '.count // 0' <<<"$figures")" "$(jq '.jobs[0].read.total_ios' "$1.json")" "reads of 4 KB, all timed;"
	ours=$(jq '.p50_ns // 0' <<<"$figures")
	truth=$(fio_ns "$1" 50)
	expect "$1-$op-p50" "$ours > $(ours_ns "$1" nullb0 total p50_ns) * (1 - 1/16) && $ours < $truth * (1 + 1/16 + 0.05)" \
		"$(calc "$ours / 1e6") ms, fio's $(calc "$truth / 1e6") ms"
}

# one ENGINE DEPTH
one() {
	local name=$1-$2 way percent

	way=$(way "$1" "$2")
	reads "null-$name" nullb0 "$1" "$2"
	same_reads "null-$name" nullb0
	as_operations "null-$name" "$1"
	for percent in 50 95; do
		if is_late "null-$name" $percent; then
			skip "null-$name-p$percent" "the emulator is late: $(ours_ns "null-$name" nullb0 device "p${percent}_ns") ns for $DELAY_NS"
		else
			compare "null-$name" nullb0 "$way" $percent $DELAY_NS
		fi
	done
	[[ -b /dev/vda ]] || return 0
	reads "vda-$name" vda "$1" "$2"
	same_reads "vda-$name" vda
	if is_late "null-$name" 50; then
		skip "vda-$name-p50" "the emulator is late"
	elif (($2 == 1)); then
		compare "vda-$name" vda "$way" 50
	else
		# many at a time: the way back waits for others' as well, by how much is not known
		expect "vda-$name-p50" "$(ours_ns "vda-$name" vda total p50_ns) < $(fio_ns "vda-$name" 50) * (1 + 1/16 + 0.05)"
	fi
}

# null_block NS: completes after that time
null_block() {
	modprobe -r null_blk 2>/dev/null
	modprobe null_blk nr_devices=1 queue_mode=2 irqmode=2 completion_nsec="$1" gb=1 memory_backed=0 2>/dev/null &&
		echo none >/sys/block/nullb0/queue/scheduler
}

CASES=("psync 1" "libaio 1" "libaio 16" "io_uring 1" "io_uring 16")
[[ -z ${PK_BRIEF:-} ]] || CASES=("psync 1" "io_uring 16")
load
if ! null_block $QUICK_NS; then
	skip latencies "there is no null_blk"
	unload
	exit 0
fi
for each in "${CASES[@]}"; do
	read -r engine depth <<<"$each"
	reads "quick-$engine-$depth" nullb0 "$engine" "$depth"
done
null_block $DELAY_NS
for each in "${CASES[@]}"; do
	read -r engine depth <<<"$each"
	one "$engine" "$depth"
done
modprobe -r null_blk
unload
expect unloaded "$([[ -d /sys/module/pkprof ]]; echo $?) == 1"
