# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# kill -9 of the recorder at any time, with and without a COMMAND that still runs:
# all probes are gone within a second, the file reads to its last complete chunk,
# the next recording works.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
bad=0 alive=0
delays=(0.02 0.1 0.25 0.4 0.6 0.8 1.1 1.6 2.3 3.1)
for i in "${!delays[@]}"; do
	rm -f k.pkp
	if ((i % 2)); then
		"$PK_USER" record -F 999 -o k.pkp -- sleep 60 >/dev/null 2>&1 &
	else
		"$PK_USER" record -F 999 -o k.pkp >/dev/null 2>&1 &
	fi
	recorder=$!
	sleep "${delays[i]}"
	kill -9 $recorder
	wait $recorder 2>/dev/null
	if ! until_true 1 module_is_idle; then
		fail gone "after ${delays[i]} s: $(diff <(echo "$probes_before") <(probes) | head -n 3 | tr '\n' ' ')"
		bad=1
	fi
	if ((i % 2)); then
		! pidof sleep >/dev/null || alive=$((alive + 1))
		pkill -x sleep
	fi
	# Nothing may be there yet; what is there must read.
	if [[ -s k.pkp ]] && ! pk info k.pkp >info.txt 2>&1; then
		# only a file whose header was never completed may be refused
		if [[ $(stat -c %s k.pkp) -gt 4096 ]]; then
			fail reads "after ${delays[i]} s: $(tail -n 1 info.txt)"
			bad=1
		fi
	fi
done
((bad)) || pass gone-and-readable "${#delays[@]} kills; in $alive of $((${#delays[@]} / 2)) the COMMAND ran on"
pk info k.pkp >info.txt 2>&1
matches cut-is-said "$(<info.txt)" 'cut|ended|died|incomplete'
expect samples "$(total samples k.pkp) > 20" "samples of a recorder killed after ${delays[-1]} s"
holds next pk record -F 999 -o next.pkp -d 1
balanced next-books next.pkp

# While it names functions, after the kernel part is over.
bad=0
for delay in 0.8 0.9 1.0 1.2; do
	"$PK_USER" record -F 999 -d 0.5 -o s.pkp >/dev/null 2>&1 &
	recorder=$!
	sleep $delay
	kill -9 $recorder 2>/dev/null
	wait $recorder 2>/dev/null
	if [[ ! -e s.pkp ]] || ! pk info s.pkp >info.txt 2>&1; then
		fail while-naming "after $delay s: $(tail -n 1 info.txt)"
		bad=1
	fi
done
((bad)) || pass while-naming
