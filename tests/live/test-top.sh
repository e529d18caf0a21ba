# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The live screen in a terminal of its own: what is on it, keys, sizes, whose session
# runs, and that every way out leaves the terminal as it was.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

command -v tmux >/dev/null || { skip all "tmux is not installed"; exit 0; }

term() {
	tmux -L pktop "$@"
}

# keys KEY...: as tmux calls them
keys() {
	term send-keys -t top "$@"
}

screen() {
	term capture-pane -p -t top
}

# shows REGEX: some line of the screen
shows() {
	grep -qE -e "$1" <<<"$(screen)"
}

# on_screen NAME REGEX: within a while
on_screen() {
	if until_true "${3:-15}" shows "$2"; then
		pass "$1" "$(grep -m 1 -E -e "$2" <<<"$(screen)")"
	else
		fail "$1" "no line '$2' on the screen: $(screen | head -n 12 | tr '\n' '|')"
	fi
}

settings() {
	keys "stty -g >$PWD/$1" Enter
	until_true 5 test -s "$1"
}

# run_top OPTION...: in the terminal's shell
run_top() {
	keys "clear; $PK_USER top $*; echo ended with \$?" Enter
	until_true 15 shows 'pkprof top .* every'
}

# left NAME KEY...: the keys, or a signal's name, end it and the terminal is sane
left() {
	local name=$1

	shift
	if [[ $1 == SIG* ]]; then
		kill -s "${1#SIG}" "$(pidof -s "$PK_USER")"
	else
		keys "$@"
	fi
	if ! until_true 10 shows '^ended with 0'; then
		fail "$name" "it did not end: $(screen | head -n 5 | tr '\n' '|')"
		return
	fi
	rm -f after
	settings after
	equal "$name" "$(cat after)" "$(cat before)"
}

load || exit 1
"$PK_WORK/hog" screen 600 0 >/dev/null 2>&1 &
end_hog() {
	# shellcheck disable=SC2046 # one word each
	kill $(pidof "$PK_WORK/hog") 2>/dev/null
}
trap 'end_hog; term kill-server 2>/dev/null' EXIT
LC_ALL=C.UTF-8 TERM=xterm term new -d -s top -x 80 -y 24 'env PS1="$ " bash --norc'
settings before || { fail terminal "no shell in tmux"; exit 0; }

holds start run_top -i 0.5
on_screen system '^CPUs [0-9]+: busy [0-9.]+ %, idle [0-9.]+ %, stolen'
on_screen tasks '^[0-9,]+ switches/s, run queue [0-9.]+ ms/s'
on_screen head '^ +PID  THR   cpu  runq  disk  lock  sock  poll'
on_screen hog '^ +[0-9]+ +1 +[0-9]{2,3}[.0-9]* .* hog$'
on_screen session '^pkprof top .* no session$'
on_screen keys '^q quit .*pause$'
equal fits "$(screen | awk 'length > 80' | wc -l)" 0 "lines that are too long"

keys m
on_screen milliseconds 'NAME +\(ms/s\)'
keys m
keys / h o g Enter
on_screen filter '^only names with: hog'
equal filtered "$(screen | grep -cE '^ +[0-9]+ +[0-9]+ .*[^g]$')" 0 "rows of other names"
keys Enter
on_screen threads '^threads of hog \(pid [0-9]+\)'
on_screen thread '^ +[0-9]+  .* hog$'
keys Escape
on_screen back '^ +PID  THR'
keys Space
on_screen paused 'PAUSED'
keys Space h
on_screen help '^pkprof top: keys and columns'
keys x

# files and devices, connections, and back; hog does neither
dd if=/dev/zero of=/dev/zero bs=4k count=20000000 2>/dev/null &
copier=$!
keys v
on_screen io-head '^    PID    rd/s   rdB/s    wr/s   wrB/s   req/s  reqB/s      ms   p99ms NAME$'
on_screen io-row '^ +[0-9]+ +[0-9.]+k? +[0-9.]+[KMG] +[0-9.]+k? +[0-9.]+[KMG] .* dd$' 30
on_screen io-all '^ +- .* \(all\)$'
# in characters: a name that is cut ends in one of three bytes
equal io-fits "$(screen | grep -cP '(*UTF8)^.{81,}$')" 0 "lines that are too long"
kill $copier
wait $copier 2>/dev/null
keys v
on_screen net-head '^    PID   inB/s  outB/s  send/s   seg/s again/s  open/s close/s NAME$'
keys v
on_screen times-again '^ +PID  THR   cpu  runq  disk'

term resize-window -t top -x 132 -y 40
on_screen wide 'fault +pipe +sleep'
term resize-window -t top -x 40 -y 10
on_screen narrow '^ +PID  THR   cpu '
equal narrow-fits "$(screen | awk 'length > 40' | wc -l)" 0 "lines that are too long"
term resize-window -t top -x 80 -y 24
on_screen resized '^q quit .*pause$'
left quit q

run_top --sort name >/dev/null
left interrupt C-c
run_top >/dev/null
left terminated SIGTERM

# the hottest stacks, from a session of its own
run_top --stacks >/dev/null
on_screen ours '^pkprof top .* session: ours$' 30
on_screen stacks '^ +[0-9.]+  hog ' 60
on_screen samples '^[0-9]+ samples of [0-9.]+ s at 99 Hz'
keys s
on_screen released 'no session$' 30

# somebody else's session
"$PK_USER" record -q --sources cpu,task -o other.pkp -d 60 &
other=$!
until_true 20 session_runs
on_screen owner "session: pkprof-user \\(pid $other\\)$"
keys s
on_screen refused '^no stacks: .*pkprof-user' 30
kill -TERM $other
wait $other
on_screen again '^ +[0-9.]+  hog ' 60
left quit-stacks q
equal files "$(find /tmp -maxdepth 1 -name 'pkprof-??????' | wc -l)" 0 "folders left behind"

pk top >said.txt 2>&1 </dev/null
equal no-terminal $? 2 "exit code"
matches no-terminal-said "$(cat said.txt)" 'needs a terminal.*pkprof-user stat'
end_hog
term kill-server
holds idle until_true 10 module_is_idle
holds unload unload
