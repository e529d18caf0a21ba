# SPDX-License-Identifier: GPL-2.0-or-later
# What must hold in each JSON file of the tool, whatever it is about. Read with -s, so
# that more than one value in a file is seen. Prints a line per offence.

def holds(what; condition):
	if ((try condition catch .) == true) then empty else what end;

# A number of the table, as the export refers to it.
def refers_to($table):
	type == "number" and . >= 0 and . == floor and . < ($table | length);

def is_amount:
	type == "number" and . >= 0;

def offences_of_export:
	. as $d
	| ("phases", "processes", "threads", "frames", "stacks", "samples", "waits", "off_cpu", "ledger",
	   "ledger_cpus", "waited_for", "latencies", "distributions", "file_systems", "files", "operations",
	   "block_io", "books"
	   | holds("\(.) is no list"; $d[.] | type == "array")),
	  (.stacks | to_entries[] | .key as $i | .value
	   | holds("stack \($i)"; (length == 2 or (length == 3 and (.[2] | refers_to($d.sources)))) and
				  (.[0] | refers_to($d.stacks)) and (.[0] < $i or $i == 0) and
				  (.[1] | refers_to($d.frames)))),
	  (.sources // [] | to_entries[] | .key as $i | .value
	   | holds("source \($i)"; (.line | is_amount) and ($i == 0 or (.file | type == "string")))),
	  (.threads[] | holds("process of thread \(.tid)"; .process | refers_to($d.processes))),
	  (.processes[] | holds("parent of process \(.pid)";
				has("parent") and (.parent | . == null or refers_to($d.processes)))),
	  (.samples | to_entries[] | .key as $i | .value
	   | holds("thread of sample \($i)"; .thread | refers_to($d.threads)),
	     holds("stack of sample \($i)"; .stack | refers_to($d.stacks)),
	     holds("count of sample \($i)"; .count | is_amount and . > 0),
	     holds("phase of sample \($i)";
		   has("phase") and (.phase | . == null or refers_to($d.phases)))),
	  (.waits | to_entries[] | .key as $i | .value
	   | holds("thread of wait \($i)"; .thread | refers_to($d.threads)),
	     holds("stack of wait \($i)"; .stack | refers_to($d.stacks)),
	     holds("weight of wait \($i)"; .blocked_ns + .runq_ns > 0),
	     holds("end of wait \($i)"; .since_ns <= .time_ns and .open == (.woken_ns == null)),
	     holds("waker of wait \($i)"; .woken_by == null or (.woken_by
		   | (.thread == null or (.thread | refers_to($d.threads))) and
		     (.stack | refers_to($d.stacks))))),
	  holds("off_cpu is not the sum of waits";
		(.off_cpu | group_by(.stack) | map([.[0].stack, (map(.blocked_ns) | add), (map(.runq_ns) | add)])) ==
		(.waits | group_by(.stack) | map([.[0].stack, (map(.blocked_ns) | add), (map(.runq_ns) | add)]))),
	  (.ledger | to_entries[] | .key as $i | .value
	   | holds("account \($i)"; (.thread | refers_to($d.threads)) and
				   (.phase | . == null or refers_to($d.phases)) and
				   (.lines | length > 0 and all(is_amount and . > 0)))),
	  (.waited_for | to_entries[] | .key as $i | .value
	   | holds("target \($i)"; (.process | . == null or refers_to($d.processes)) and
				   (.phase | . == null or refers_to($d.phases)) and
				   (.count | is_amount) and (.ns | is_amount))),
	  (.operations | to_entries[] | .key as $i | .value
	   | holds("operation \($i)"; (.thread | refers_to($d.threads)) and
				      (.stack | refers_to($d.stacks)) and
				      (.file_system | . == null or refers_to($d.file_systems)) and
				      (.file | . == null or refers_to($d.files)) and .count > 0),
	     holds("parts of operation \($i)"; .parts == null or
						([.parts[]] | add // 0) == .length_ns)),
	  (.block_io | to_entries[] | .key as $i | .value
	   | holds("block I/O \($i)"; (.thread | . == null or refers_to($d.threads)) and
				      (.stack | refers_to($d.stacks)) and .count > 0 and
				      (.time_ns as $from | .ends | all(.time_ns >= $from)))),
	  (.latencies[] | holds("latency of thread \(.thread)"; (.thread | refers_to($d.threads)) and
							       .wait_ns >= 0)),
	  (.distributions[]
	   | . as $dist
	   | holds("distribution of \(.what) of \(.key) \(.of)";
		   (.of == null or .key == "cpu" or (.of | refers_to($d[if $dist.key == "thread"
							 then "threads" else "processes" end]))) and
		   ([.buckets[] | .[2]] | add - $dist.count | fabs < 0.001) and
		   (.buckets | all(.[0] < .[1])))),
	  (.books[]
	   | holds("numbers in books of CPU \(.cpu), \(.source)";
		   [.generated, .delivered, .lost[]] | all(is_amount)),
	     holds("books of CPU \(.cpu), \(.source) do not balance: \(.)";
		   .generated == .delivered + (.lost | add)));

# Lines of the ledger that others are part of.
def lines:
	[.lines[] | select(.of == null)];

def offences_of_ledger:
	. as $l
	| if .totals | type != "object" then empty
	  else holds("the lines are not what is booked";
		     ([lines[].ns] | add) == $l.totals.booked_ns),
	       holds("the classes are not what is booked";
		     ([lines[] | select(.class == "unknown").ns] | add) + $l.totals.active_ns +
		     $l.totals.waiting_ns + $l.totals.idle_ns == $l.totals.booked_ns) end,
	  (((.processes // []) + (.threads // []) + (.cgroups // []) + (.names // []) + .phases)[]
	   | . as $row
	   | holds("lines of \($row.pid) \($row.tid) \($row.cgroup) are not its total";
		   ([$l | lines[].line | $row[. + "_ns"]] | add) == $row.total_ns)),
	  (.cpus[] | holds("CPU \(.cpu)"; .busy_ns + .idle_ns + .offline_ns == .wall_ns));

def is_ascending:
	. == sort;

def offences_of_sched:
	. as $s
	| ("runq", "slices") as $what
	| $s[$what][]
	| . as $row
	| holds("quantiles of \($what) of \(.key) \(.cpu) \(.pid) \(.tid)";
		[.p50_ns, .p95_ns, .p99_ns, .p999_ns, .max_ns] | is_ascending),
	  holds("buckets of \($what) of \(.key) \(.cpu) \(.pid) \(.tid)";
		$s.buckets == null or
		([$s.buckets[] | select(.what == $what and .key == $row.key and
					.cpu == $row.cpu and .pid == $row.pid and .tid == $row.tid).count]
		 | add - $row.count | fabs <= 0.51));

# Counts are rounded, each by half at most.
def offences_of_io:
	. as $io
	| ((.times // [])[], (.processes // [])[]
	   | holds("quantiles of \(.device) \(.op) \(.time // .pid)";
		[.p50_ns, .p95_ns, .p99_ns, .p999_ns, .max_ns] | is_ascending)),
	  (($io.devices // [])[] | select(.device != "all") as $d
	   | holds("operations of \($d.device)";
		[$io.operations[] | select(.device == $d.device).count] | add - $d.count | fabs <= length + 8),
	     holds("depths of \($d.device)";
		[$io.depths[] | select(.device == $d.device).share] | add == null or (add - 1 | fabs < 0.001))),
	  (($io.devices // [])[] | select(.device == "all")
	   | holds("all devices"; ([$io.devices[] | select(.device != "all" and .stacked == false).count] | add) - .count | fabs <= 8)),
	  (($io.sizes // [])
	   | holds("sizes"; length == 0 or
		((map(.count) | add) - ([$io.operations[].count] | add) | fabs <= length + 8)));

# Single operations: the parts of each are the whole; means are rounded, each by half at most.
def offences_of_ops:
	def parts: [.cpu_ns, .cache_ns, .submit_ns, .queue_ns, .device_ns, .wake_ns, .others_device_ns,
		    .others_ns, .lock_ns, .wait_ns, .runq_ns] | add;
	((.around // [])[], (.slowest // [])[]
	 | holds("parts of \(.op) at \(.time_ns)"; parts == .length_ns)),
	((.anatomy // [])[], (.files // [])[]
	 | select(.mean_ns != null and .told > 0)
	 | holds("mean parts of \(.op)"; parts - .mean_ns | fabs <= 6));

# Connections: quantiles rise, and rows sum up to the totals.
def offences_of_net:
	. as $net
	| (.times[]
	   | . as $t
	   | holds("quantiles of \(.time) of \(.pid)"; .p50_ns <= .p95_ns and .p95_ns <= .p99_ns and .p99_ns <= .p999_ns
		   and .p999_ns <= .max_ns)),
	  (select((.left_out.connections // 0) == 0)
	   | ("opened", "accepted", "paired") as $role
	   | ("connected", "failed", "closed", "bytes_in", "bytes_out", "retransmitted", "sends") as $what
	   | holds("\($what) of \($role)"; ([$net.connections[] | select(.role == $role) | .[$what]] | add // 0)
		   - ([$net.totals[] | select(.role == $role) | .[$what]] | add // 0) | fabs <= ($net.connections | length)));

if length != 1 then "\(length) values instead of one"
elif (.[0] | type) != "object" then "no object"
else .[0]
	| if .format == "pkprof" then offences_of_export
	  elif has("runq") then offences_of_sched
	  elif has("anatomy") or has("files") then offences_of_ops
	  elif has("stacks") and has("notes") then empty
	  elif has("processes") and has("notes") and (has("format") | not) and (has("analyses") | not) then offences_of_io
	  elif has("totals") and has("connections") then offences_of_net
	  else holds("no analysis"; .analyses | type == "object" and length > 0),
	       (.analyses.ledger // empty | offences_of_ledger),
	       (.analyses.sched // empty | offences_of_sched),
	       (.analyses.io // empty | offences_of_io),
	       (.analyses.net // empty | offences_of_net) end
end
