#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The flame graph in headless Chromium: clicks, keys and what they do.
#
#   tests/browser/flamegraph.sh TEST FOLDER
#   tests/browser/flamegraph.sh --list
#
# FOLDER holds database, hostile, inverted and wakeup.svg, and two of them folded (see run);
# screenshots go there. What is expected is computed from the folded stacks.

set -euo pipefail
export LC_ALL=C.UTF-8

# shellcheck source=tests/browser/webdriver.sh
. "$(dirname "${BASH_SOURCE[0]}")/webdriver.sh"

readonly PAD=10 # px at both sides of the graph
readonly HIT='rgb(228, 95, 212)'

# shellcheck disable=SC2016 # JavaScript
readonly FRAMES='
return [...document.querySelectorAll("#frames g")].map(g => {
	const r = g.querySelector("rect").getBoundingClientRect();
	return {name: pkTestNames[g.dataset.i], i: Number(g.dataset.i), x: r.x, y: r.y,
		width: r.width, height: r.height, above: g.classList.contains("above"),
		hit: g.classList.contains("hit"),
		fill: getComputedStyle(g.querySelector("rect")).fill,
		text: (g.querySelector("text") || {textContent: ""}).textContent};
});'

# The names are read from the tooltips, so these are tested as well.
readonly NAMES='
window.pkTestNames = {};
for (const g of document.querySelectorAll("#frames g")) {
	const r = g.querySelector("rect").getBoundingClientRect();
	g.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: r.x + r.width / 2,
						     clientY: r.y + 3}));
	window.pkTestNames[g.dataset.i] =
		[...document.querySelectorAll("#tip .name")].map(t => t.textContent).join("");
}'

folder='' stacks='' all_samples='' frames=''
frame_i='' frame_x='' frame_y='' frame_width='' frame_height=''

# ---- verdicts --------------------------------------------------------------------

fail() {
	echo "$test: $*"
	exit 1
}

# equal WHAT GOT WANTED
equal() {
	[[ $2 == "$3" ]] || fail "$1: '$2', not '$3'"
}

# near WHAT GOT WANTED [TOLERANCE]
near() {
	awk -v got="$2" -v wanted="$3" -v tolerance="${4:-1}" '
		BEGIN { d = got - wanted; exit !(got != "" && wanted != "" && d <= tolerance && d >= -tolerance) }' ||
		fail "$1: $2, not $3"
}

# says WHAT PART...: the last reply
says() {
	local what=$1 part

	shift
	for part in "$@"; do
		[[ $reply == *"$part"* ]] || fail "$what does not say '$part': '$reply'"
	done
}

# Value of an expression in numbers, as printf's FORMAT says.
number() {
	awk "BEGIN { printf \"$1\", $2 }"
}

less() {
	[[ $(number %d "($1) < ($2)") == 1 ]]
}

# ---- the graph -------------------------------------------------------------------

# The stacks beside the graphs: [{names, count}], root first.
folded_read() {
	stacks=$(jq -Rnc '[inputs | capture("^(?<stack>.*) (?<count>[0-9]+)$")
		| {names: (.stack | split(";") | map(sub("_\\[[kj]\\]$"; ""))), count: (.count | tonumber)}]' \
		"$folder/database.folded")
	all_samples=$(total true)
}

# total CONDITION: samples of the stacks for whose names it is true
total() {
	jq "[.[] | select(.names | $1).count] | add // 0" <<<"$stacks"
}

# graph_open NAME [#PART]
graph_open() {
	# a new document even where only the part behind # differs
	browser_open /dev/null
	browser_open "$folder/$1.svg${2-}"
	browser_run "$NAMES"
}

frames_read() {
	browser_run "$FRAMES"
	frames=$reply
}

# [NUMBER, WIDTH] of each frame that was read
widths() {
	jq -c 'map([.i, .width]) | sort' <<<"$frames"
}

# width_in WIDTHS NUMBER
width_in() {
	jq --argjson i "$2" '.[] | select(.[0] == $i)[1]' <<<"$1"
}

# holds WHAT CONDITION: jq, of the frames
holds() {
	jq -e "$2" <<<"$frames" >/dev/null || fail "$1 does not hold: $2"
}

# The widest frame of this name.
frame_find() {
	local found

	frames_read
	found=$(jq -r --arg name "$1" 'map(select(.name == $name)) | sort_by(-.width)[0] // empty
		| [.i, .x, .y, .width, .height] | join(" ")' <<<"$frames")
	[[ -n $found ]] || fail "frame $1 is not drawn"
	read -r frame_i frame_x frame_y frame_width frame_height <<<"$found"
}

# To where the mouse can reach it.
frame_show() {
	frame_find "$1"
	browser_run "window.scrollBy(0, arguments[0])" "$(number %.3f "$frame_y - 200")"
	frame_find "$1"
}

frame_click() {
	frame_show "$1"
	browser_click "$(number %.3f "$frame_x + $frame_width / 2")" \
		"$(number %.3f "$frame_y + $frame_height / 2")"
}

# frame_hover NAME [PART OF ITS WIDTH]: what the tooltip says is the reply
frame_hover() {
	frame_show "$1"
	browser_move "$(number %.3f "$frame_x + $frame_width * ${2:-0.5}")" "$(number %.3f "$frame_y + 5")"
	text_read '#tip'
}

text_read() {
	browser_run 'const e = document.querySelector(arguments[0]);
		return e && getComputedStyle(e).display !== "none" ? e.textContent : "";' "\"$1\""
}

# text WHAT SELECTOR WANTED: what can be seen of this element
text() {
	text_read "$2"
	equal "$1" "$reply" "$3"
}

hash_read() {
	browser_run 'return location.hash'
}

inner_read() {
	browser_run 'return document.documentElement.viewBox.baseVal.width'
	inner=$(number %.6f "$reply - 2 * $PAD")
}

graph_shot() {
	browser_run 'window.scrollTo(0, 0);
		document.documentElement.dispatchEvent(new MouseEvent("mouseleave"))'
	browser_screenshot "$folder/$1.png"
}

settle() {
	browser_errors
	equal "complaints of the page" "$reply" "[]"
}

# ---- tests -----------------------------------------------------------------------

test_draw() {
	local inner base width x nr=0

	graph_open database
	inner_read
	text "heading" '#title' "On-CPU time by process and stack"
	text_read '#subtitle'
	says "subtitle" "$(sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<<"$all_samples") samples at 100 Hz"
	frame_find all
	near "width of the root" "$frame_width" "$inner"
	while IFS=$'\t' read -r base width x; do
		frame_find "$base"
		near "width of $base" "$frame_width" "$width"
		near "place of $base" "$frame_x" "$x"
		nr=$((nr + 1))
	done < <(jq -r --argjson inner "$inner" --argjson pad "$PAD" '
		($inner / (map(.count) | add)) as $scale | group_by(.names[0])
		| map({base: .[0].names[0], width: ((map(.count) | add) * $scale)})
		| foreach .[] as $b ({next: $pad}; {x: .next, next: (.next + $b.width)};
				     [$b.base, $b.width, .x]) | @tsv' <<<"$stacks")
	((nr > 1)) || fail "no processes to compare"
	holds "each text fits its frame" 'all(.text == "" or (.text | length) * 7 <= .width)'
	holds "frames of a row do not overlap" 'group_by(.y | round) | map(sort_by(.x)
		| [.[:-1], .[1:]] | transpose[] | .[0].x + .[0].width <= .[1].x + 0.1) | all'
	browser_run 'return performance.getEntriesByType("resource").length'
	equal "what is loaded from elsewhere" "$reply" 0
	graph_shot database
	settle
}

test_zoom() {
	local inner before before_clicked clicked grown name width x y

	graph_open database
	frames_read
	before=$(widths)
	text "reset button before" '#reset' ""
	frame_click exec_simple_query
	inner_read
	frame_find exec_simple_query
	clicked=$frame_i
	near "width of the clicked frame" "$frame_width" "$inner"
	before_clicked=$(width_in "$before" "$clicked")
	less "$before_clicked" "$inner * 0.9" || fail "the clicked frame was not narrower before"
	equal "ancestors" "$(jq -c '[.[] | select(.above).name] | sort' <<<"$frames")" \
		"$(jq -nc '["all", "postgres", "_start", "main", "PostmasterMain", "ServerLoop",
			    "BackendStartup", "PostgresMain"] | sort')"
	while read -r width name; do
		near "width of ancestor $name" "$width" "$inner"
	done < <(jq -r '.[] | select(.above) | "\(.width) \(.name)"' <<<"$frames")
	holds "no frames of other stacks" 'all(.name != "pgbench")'
	read -r grown width < <(jq -r '[.[] | select(.name == "ExecModifyTable")][0] | "\(.i) \(.width)"' \
		<<<"$frames")
	near "frames above grow in proportion" "$(number %.6f "$width / $(width_in "$before" "$grown")")" \
		"$(number %.6f "$inner / $before_clicked")" 0.05
	hash_read
	[[ $reply =~ ^#zoom=[0-9]+$ ]] || fail "address: $reply"
	graph_shot zoomed

	browser_run 'const r = document.querySelector("#reset").getBoundingClientRect();
		return (r.x + r.width / 2) + " " + (r.y + r.height / 2)'
	read -r x y <<<"$reply"
	browser_click "$x" "$y"
	frames_read
	equal "after reset" "$(widths)" "$before"
	text "reset button after" '#reset' ""
	hash_read
	equal "address after reset" "$reply" ""

	frame_click heap_update
	frame_find heap_update
	near "zoomed again" "$frame_width" "$inner"
	browser_keys "$KEY_ESCAPE"
	frames_read
	equal "after Esc" "$(widths)" "$before"
	settle
}

test_search() {
	local share below here pattern='test("^(heap_|pageadd)"; "i")'

	graph_open database
	browser_keys f "$KEY_CONTROL"
	browser_keys "^(heap_|PAGEADD)x$KEY_BACKSPACE"
	text_read '#matched'
	equal "capitals count" "${reply%%,*}" \
		"matched $(number %.1f "100 * $(total 'any(test("^heap_"))') / $all_samples") % of all"
	browser_keys "$KEY_ESCAPE"
	text "Esc clears" '#matched' ""
	browser_keys /
	browser_keys "^(heap_|pageadd)$KEY_ENTER"
	share=$(number %.12f "$(total "any($pattern)") / $all_samples")
	browser_run 'return Number(document.querySelector("#matched").dataset.share)'
	near "matched share" "$reply" "$share" 1e-9
	text_read '#matched'
	equal "matched text" "${reply%%,*}" "matched $(number %.1f "100 * $share") % of all"
	frames_read
	holds "hits are highlighted" "[.[] | select(.hit).fill] | unique == [\"$HIT\"]"
	holds "names of hits" '[.[] | select(.hit).name] | unique == ["PageAddItemExtended", "heap_update"]'
	holds "others are not" "all(.hit or .fill != \"$HIT\")"
	holds "others do not match" "all(.hit or (.name | $pattern | not))"
	hash_read
	[[ $reply == '#search='* ]] || fail "address: $reply"
	graph_shot search

	frame_click PostgresMain
	below=$(total 'index("PostgresMain")')
	here=$(total "index(\"PostgresMain\") and any($pattern)")
	text_read '#matched'
	says "share of the zoomed frame" "matched $(number %.1f "100 * $here / $below") % of the zoomed frame"
	browser_keys "$KEY_ESCAPE"
	text "Esc ends the search first" '#matched' ""
	hash_read
	says "address after Esc" "zoom="
	browser_keys /
	browser_keys "std::pair<("
	text_read '#matched'
	[[ $reply == "as plain text"* ]] || fail "a senseless pattern is plain text: $reply"
	browser_keys "$KEY_ESCAPE$KEY_ESCAPE"
	hash_read
	equal "all cleared" "$reply" ""
	settle
}

test_tooltip() {
	local wake update own modify

	graph_open database
	wake=$(total '.[0] == "pgbench" and .[-1] == "try_to_wake_up"')
	frame_hover try_to_wake_up
	says "tooltip" "try_to_wake_up" "[kernel]" "$wake samples" "$(number %.2f "$wake / 100") s CPU time" \
		"$(number %.1f "100 * $wake / $all_samples") % of all" \
		"100.0 % of __wake_up_sync_key" "$wake samples in its own code"
	browser_screenshot "$folder/tooltip.png"
	update=$(total 'index("heap_update")')
	own=$(total '.[-1] == "heap_update"')
	modify=$(total 'index("ExecModifyTable")')
	((0 < own && own < update)) || fail "the example does not tell self from total"
	frame_hover heap_update 0.8
	says "tooltip" "/usr/lib/postgresql/15/bin/postgres" "$update samples" \
		"$(number %.1f "100 * $update / $all_samples") % of all" \
		"$(number %.1f "100 * $update / $modify") % of ExecModifyTable" \
		"$own samples in its own code, $(number %.1f "100 * $own / $all_samples") % of all"
	frame_hover ServerLoop
	says "tooltip" ServerLoop
	[[ $reply != *"own code"* ]] || fail "callers have no code of their own here: $reply"
	browser_move 5 5
	text "tooltip elsewhere" '#tip' ""
	settle
}

test_link() {
	local inner address shown before bad

	graph_open database
	frame_click ExecModifyTable
	browser_keys /
	browser_keys "_bt_$KEY_ENTER"
	hash_read
	address=$reply
	text_read '#matched'
	shown=$reply
	frames_read
	before=$frames
	graph_open database "$address"
	frames_read
	equal "the same view by its address" "$frames" "$before"
	text "the same search by its address" '#matched' "$shown"
	browser_run 'location.hash = ""'
	browser_run 'return new Promise(r => setTimeout(r, 50))'
	inner_read
	frame_find all
	near "an emptied address resets" "$frame_width" "$inner"
	text "and ends the search" '#matched' ""
	for bad in '#zoom=99999999' '#zoom=-1' '#zoom=x&search=%' '#&&=&search'; do
		graph_open database "$bad"
		frame_find all
		near "senseless address $bad" "$frame_width" "$inner"
	done
	settle
}

test_hostile() {
	local inner name

	graph_open hostile
	for name in "<script>alert('x')</script>" "</text><script>alert(1)</script>" \
		']]></script><!--' 'back\slash "q"' "grüße→世界"; do
		frame_find "$name" # as it is
	done
	browser_run 'return document.querySelectorAll("script").length'
	equal "scripts in the page" "$reply" 1
	frame_click ']]></script><!--'
	inner_read
	frame_find ']]></script><!--'
	near "zoom" "$frame_width" "$inner"
	graph_shot hostile
	settle
}

test_inverted() {
	graph_open inverted
	frame_find all
	holds "root on top" "(map(.y) | min) as \$top | any(.i == $frame_i and .y == \$top)"
	text "heading" '#title' "Who calls <it>"
	browser_run 'window.resizeTo(700, 600)'
	graph_shot inverted
	settle
}

# Without its script the file shows the whole graph: as an image in a page.
test_still() {
	local width height

	echo '<!DOCTYPE html><body style="margin:0"><img id="i" src="database.svg">' >"$folder/still.html"
	browser_open "$folder/still.html"
	browser_run 'const i = document.getElementById("i"); return i.naturalWidth + " " + i.naturalHeight'
	read -r width height <<<"$reply"
	equal "width of the picture" "$width" 1200
	((height > 200)) || fail "height of the picture: $height"
	browser_screenshot "$folder/still.png"
}

# Estimated times instead of samples, with their intervals; stacks on top of stacks.
test_waits() {
	local inner

	graph_open wakeup
	inner_read
	text "heading" '#title' "Blocked time by process and stack"
	text_read '#subtitle'
	says "subtitle" " s ± " "from 8 sampled waits"
	frame_hover curl
	says "tooltip of the base" " s ± " "ms (95 % interval)" "100.0 % of all"
	frame_hover '[woken by an interrupt]'
	says "tooltip of the end" " s ± " "ms (95 % interval)"
	near "share of the disk" "$frame_width" "$(number %.3f "$inner * $(jq -Rn '
		[inputs | capture("^(?<stack>.*) (?<ns>[0-9]+)$") | .ns |= tonumber] |
		([.[] | select(.stack | contains("[woken by an interrupt]")).ns] | add) / ([.[].ns] | add)' \
		"$folder/wakeup.folded")")" 1.5
	frame_click '[woken by postgres]'
	frame_find '[woken by postgres]'
	near "zoomed" "$frame_width" "$inner"
	settle
	graph_shot wakeup
}

# In a window that is too low for it: opened at its roots, with the search in view.
test_high() {
	local roots='return Math.round(document.documentElement.getBoundingClientRect().bottom - window.innerHeight)'

	browser_call POST "$browser_session/window/rect" '{"width": 1200, "height": 400}'
	graph_open database
	browser_run 'return window.scrollY > 100'
	equal "scrolled" "$reply" true
	browser_run "$roots"
	equal "px below the window" "$reply" 0
	browser_run 'return Math.round(document.querySelector("#search").getBoundingClientRect().y)'
	near "place of the search" "$reply" 10 2
	graph_open inverted
	browser_run 'return window.scrollY'
	equal "scrolled, roots on top" "$reply" 0
	settle
}

main() {
	if [[ ${1:-} == --list ]]; then
		sed -nE 's/^test_([a-z_]+)\(\) \{$/\1/p' "${BASH_SOURCE[0]}"
		return
	fi
	test=${1:?which test}
	folder=$(realpath "${2:?which folder}")
	declare -F "test_$test" >/dev/null || fail "there is no such test"
	folded_read
	browser_start 1200 800
	"test_$test"
}

main "$@"
