# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Allocations fail, 5 of 100, while everything is recorded: those that cannot wait, whoever asks; then
# all of those that the load makes; then the recorder's own, and its copies from the
# kernel. What could not be kept is in the books; the recorder ends by its code and says why.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

readonly FAULTS=/sys/kernel/debug
SECONDS_EACH=8
[[ -z ${PK_PATIENT:-} ]] || SECONDS_EACH=30
[[ -z ${PK_LONG:-} ]] || SECONDS_EACH=200
readonly SECONDS_EACH

# set_faults KIND NAME=VALUE...
set_faults() {
	local setting

	for setting in "${@:2}"; do
		echo "${setting#*=}" >"$FAULTS/$1/${setting%%=*}"
	done
}

# inject FILTER IGNORE_WAIT: in slab and page allocations; Y: of those that ask for it; Y: only
# those that may not wait
inject() {
	set_faults failslab verbose=0 task-filter="$1" ignore-gfp-wait="$2" interval=1 times=-1 probability=5
	set_faults fail_page_alloc verbose=0 min-order=0 task-filter="$1" ignore-gfp-wait="$2" ignore-gfp-highmem=N \
		interval=1 times=-1 probability=5
}

stop_injecting() {
	set_faults failslab probability=0
	set_faults fail_page_alloc probability=0
	set_faults fail_usercopy probability=0
}

# The load, whose allocations may be asked to fail.
busy_load() {
	[[ -z ${1:-} ]] || echo 1 >"/proc/$BASHPID/make-it-fail"
	while [[ ! -e over ]]; do
		forkstorm 20 >/dev/null
		dd if=/dev/zero of=load.dat bs=64k count=4 conv=fsync
		ls -lR /proc/self/task >/dev/null
		sleep 0.1
	done 2>/dev/null
}

begin_load() {
	rm -f over
	busy_load "$@" &
	load_pid=$!
}

end_load() {
	stop_injecting
	touch over
	wait $load_pid 2>/dev/null
}

# log_lines: of the module
log_lines() {
	dmesg | grep -c 'pkprof: '
}

# recorded NAME: with injections that are on
recorded() {
	local before after

	before=$(log_lines)
	pk record -F 999 --sources cpu,task,sched,offcpu,block,vfs,tcp -d $SECONDS_EACH -o "$1.pkp" >"$1.err" 2>&1
	status=$?
	after=$(log_lines)
	expect "$1-log" "$after - $before <= $SECONDS_EACH" "$((after - before)) lines of the module in the kernel log"
}

if [[ ! -d $FAULTS/failslab ]]; then
	skip pressure "this kernel injects no failures"
	exit 0
fi
load
begin_load
inject N Y
recorded atomic
end_load
equal atomic "$status" 0 "exit code; $(tail -n 1 atomic.err)"
balanced atomic-books atomic.pkp

begin_load fails
inject Y N
recorded tasks
end_load
equal tasks "$status" 0 "exit code; $(tail -n 1 tasks.err)"
balanced tasks-books tasks.pkp

# The recorder itself: it may give up, with a sentence and its exit code.
signals=0 refused=0
for try in 1 2 3 4 5 6; do
	inject Y N
	set_faults fail_usercopy verbose=0 task-filter=Y interval=1 times=-1 probability=1
	(echo 1 >/proc/$BASHPID/make-it-fail; exec "$PK_USER" record -F 499 -d 1 -o own$try.pkp) >own$try.err 2>&1
	status=$?
	stop_injecting
	# 126 and 127: not even exec() went well
	if ((status == 139 || status == 134 || status == 135)); then
		signals=$((signals + 1))
		echo "# $status: $(tail -n 1 own$try.err)"
	elif ((status)); then
		refused=$((refused + 1))
	fi
	[[ ! -s own$try.pkp ]] || pk info own$try.pkp >info.txt 2>&1 || (($(stat -c %s own$try.pkp) <= 4096)) ||
		fail own-reads "$(tail -n 1 info.txt)"
done
equal own-signals $signals 0 "of 6 recorders ended by a signal; $refused gave up: $(cat own*.err | grep -v '^ ' | tail -n 1)"
holds detached until_true 5 module_is_idle
pk record -F 499 -d 1 -o after.pkp 2>after.err || fail after "$(tail -n 1 after.err)"
balanced after-books after.pkp
holds unload unload
