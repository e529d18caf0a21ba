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
	| ("phases", "processes", "threads", "frames", "stacks", "samples", "books"
	   | holds("\(.) is no list"; $d[.] | type == "array")),
	  (.stacks | to_entries[] | .key as $i | .value
	   | holds("stack \($i)"; length == 2 and (.[0] | refers_to($d.stacks)) and
				  (.[0] < $i or $i == 0) and (.[1] | refers_to($d.frames)))),
	  (.threads[] | holds("process of thread \(.tid)"; .process | refers_to($d.processes))),
	  (.processes[] | holds("parent of process \(.pid)";
				has("parent") and (.parent | . == null or refers_to($d.processes)))),
	  (.samples | to_entries[] | .key as $i | .value
	   | holds("thread of sample \($i)"; .thread | refers_to($d.threads)),
	     holds("stack of sample \($i)"; .stack | refers_to($d.stacks)),
	     holds("count of sample \($i)"; .count | is_amount and . > 0),
	     holds("phase of sample \($i)";
		   has("phase") and (.phase | . == null or refers_to($d.phases)))),
	  (.books[]
	   | holds("numbers in books of CPU \(.cpu), \(.source)";
		   [.generated, .delivered, .lost[]] | all(is_amount)),
	     holds("books of CPU \(.cpu), \(.source) do not balance: \(.)";
		   .generated == .delivered + (.lost | add)));

if length != 1 then "\(length) values instead of one"
elif (.[0] | type) != "object" then "no object"
else .[0]
	| if .format == "pkprof" then offences_of_export
	  else holds("no analysis"; .analyses | type == "object" and length > 0) end
end
