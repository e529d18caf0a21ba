# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# record --jvm-maps: Java methods have names though nobody else asked the VM for them: of one
# that runs on, as another user and in a container, of one that ends first; and who cannot be
# asked is left alone and told.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

if ! command -v javac >/dev/null; then
	skip jvm "no javac here"
	exit 0
fi
load || exit 1
cat >Spin.java <<'JAVA'
public class Spin {
	static long spinRow(int n) {
		long s = 0;
		for (int i = 0; i < n; i++)
			s += i * 31 ^ s;
		return s;
	}
	public static void main(String[] a) {
		long end = System.currentTimeMillis() + 1000 * Long.parseLong(a[0]), x = 0;
		while (System.currentTimeMillis() < end)
			x += spinRow(10000 + (int) (x & 1));
		System.out.println(x);
	}
}
JAVA
javac Spin.java || { fail javac "it does not compile"; exit 1; }
chmod -R a+rX "$PK_TMP"
cp Spin.class /usr/local/lib/
java=(java -XX:+PreserveFramePointer -cp /usr/local/lib)

# running PATTERN: the newest process of that kind, once it spins
running() {
	until_true 60 pgrep -n -f "$1" >/dev/null
	pgrep -n -f "$1"
}

# its own pid, /tmp and mounts, and another user
# shellcheck disable=SC2016 # for the inner shell
unshare --pid --fork --kill-child --mount --mount-proc sh -c 'mount -t tmpfs -o mode=1777 none /tmp &&
	exec setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"' sh "${java[@]}" Spin 3601 >inside.txt 2>&1 &
holder=$!
inside=$(running '^java .*Spin 3601')
"${java[@]}" -Xrs Spin 3602 >deaf.txt 2>&1 &
deaf=$!
"${java[@]}" -XX:+DisableAttachMechanism Spin 3603 >closed.txt 2>&1 &
closed=$!
sleep 3
pk record -F 499 --sources cpu,task --jvm-maps -o j.pkp -- sh -c "${java[*]} Spin 8; sleep 2" >over.txt 2>record.err ||
	fail record "$(tail -n 1 record.err)"
over=$(pk report --json j.pkp | jq -r '[.analyses.process.processes[] | select(.comm == "java") | .pid] | map(tostring) | join(" ")')
# of the samples of a process those in the method itself, by its name
in_method() {
	pk export --format folded --pid "$1" j.pkp | awk '
		{ all += $NF } /;[^;]*Spin\.spinRow\(int\)(_\[j\])?( [0-9]+$|;)/ { hot += $NF } END { printf "%d %d", hot, all }'
}
of=$(in_method "$inside")
expect inside "${of#* } >= 100 && ${of% *} >= 0.8 * ${of#* }" "${of% *} of ${of#* } samples in Spin.spinRow, in a container as nobody"
for pid in $over; do
	[[ $pid != "$inside" && $pid != "$deaf" && $pid != "$closed" ]] || continue
	of=$(in_method "$pid")
	expect over "${of#* } >= 100 && ${of% *} >= 0.5 * ${of#* }" "${of% *} of ${of#* } samples in Spin.spinRow, of one that ended before"
done
matches said "$(<record.err)" 'Java: 2 of 4 virtual machines listed their code'
matches deaf "$(<record.err)" "Java VM $deaf .*-Xrs"
matches closed "$(<record.err)" "Java VM $closed .*DisableAttachMechanism"
holds deaf-lives kill -0 "$deaf"
# the stacks of its threads are what it prints on a signal
holds closed-undisturbed test ! -s closed.txt
holds no-wish-left sh -c "! ls /tmp/.attach_pid* /proc/$inside/root/tmp/.attach_pid* 2>/dev/null"
kill "$deaf" "$closed" "$holder"
wait 2>/dev/null
# without being asked for it nobody is asked
"${java[@]}" Spin 3604 >quiet.txt 2>&1 &
quiet=$!
sleep 2
pk record -F 499 --sources cpu,task -o q.pkp -- sleep 2 >quiet.err 2>&1
holds not-asked test ! -e "/tmp/.java_pid$quiet"
kill "$quiet"
wait 2>/dev/null
unload
