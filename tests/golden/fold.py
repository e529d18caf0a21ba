# SPDX-License-Identifier: GPL-2.0-or-later
"""Folds perf script text, in the way that flame graph tools read it.

stdin: perf script text; stdout: "comm;root;...;leaf COUNT", kernel frames with _[k],
frames of /tmp/perf-PID.map with _[j].
"""

import collections
import re
import sys

HEAD = re.compile(r"^(\S.*?) +(\d+)/(\d+) \[\d+\] \d+\.\d+: +\d+ \S+:\s*$")
FRAME = re.compile(r"^\s+([0-9a-f]+) (.+) \((.*)\)$")


def name_of(symbol, dso):
    name = re.sub(r"\+0x[0-9a-f]+$", "", symbol).replace(";", ":")
    if re.search(r"^\[(kernel\.|(?!unknown|vdso|stack|heap|anon)[\w-]+\]$)", dso):
        return name + "_[k]"
    if re.fullmatch(r"/tmp/perf-\d+\.map", dso):
        return name + "_[j]"
    return name


def main():
    counts = collections.Counter()
    comm, stack = None, []
    for line in sys.stdin.read().split("\n"):
        if not line.strip():
            if comm is not None:
                counts[";".join([comm] + stack[::-1])] += 1
            comm, stack = None, []
            continue
        frame = FRAME.match(line)
        if frame:
            stack.append(name_of(frame.group(2), frame.group(3)))
            continue
        head = HEAD.match(line)
        if not head:
            sys.exit(f"neither head nor frame: {line!r}")
        comm = head.group(1).replace(";", ":")
    for folded, count in counts.items():
        print(folded, count)


main()
