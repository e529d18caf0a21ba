# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A small client of the W3C WebDriver protocol: headless Chromium by chromedriver, with
# curl and jq. To be sourced under `set -e`: browser_start starts both programs, on a
# port of this machine that nobody else has, and they end with the shell.
#
# What the browser answers is left in $reply, a string as it is, all else as one line
# of JSON. Nothing here is to be called in a $(...), where `set -e` would not see an
# error of the browser. The locale must be UTF-8.

# What keys send that stand for no character, WebDriver 17.4.2.
# shellcheck disable=SC2034 # for the tests
readonly KEY_BACKSPACE=$'\ue003' KEY_ENTER=$'\ue007' KEY_CONTROL=$'\ue009' KEY_ESCAPE=$'\ue00c'

readonly CHROMIUM_ARGS=(
	--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
	--disable-background-networking --disable-component-update --disable-sync
	--disable-dev-shm-usage --force-device-scale-factor=1 --hide-scrollbars
)

reply='' browser_base='' browser_home='' browser_session='' browser_driver=''

# ---- both programs ---------------------------------------------------------------

# browser_start WIDTH HEIGHT: of the window, in px
browser_start() {
	local options

	trap browser_end EXIT
	browser_home=$(mktemp -d "${TMPDIR:-/tmp}/pkprof-browser-XXXXXX")
	# chromedriver finds a free port by itself and tells which.
	: >"$browser_home/driver.log"
	HOME=$browser_home chromedriver --port=0 >"$browser_home/driver.log" 2>&1 </dev/null &
	browser_driver=$!
	browser_wait
	options=$(jq -nc --arg binary "$(command -v chromium)" '{$binary, args: $ARGS.positional}' \
		--args -- "${CHROMIUM_ARGS[@]}" "--window-size=$1,$2" "--user-data-dir=$browser_home/profile")
	browser_call POST /session "$(jq -nc --argjson options "$options" '
		{capabilities: {alwaysMatch: {browserName: "chrome", "goog:chromeOptions": $options,
					      "goog:loggingPrefs": {browser: "ALL"}}}}')"
	browser_session=/session/$(jq -r .sessionId <<<"$reply")
}

browser_wait() {
	local port i

	for ((i = 0; i < 200; i++)); do
		port=$(sed -nE 's/.*started successfully on port ([0-9]+).*/\1/p' "$browser_home/driver.log")
		if [[ -n $port ]]; then
			browser_base=http://127.0.0.1:$port
			return
		fi
		kill -0 "$browser_driver" 2>/dev/null || break
		sleep 0.05
	done
	echo "chromedriver does not come up: $(tail -n 1 "$browser_home/driver.log")"
	return 1
}

# shellcheck disable=SC2317 # called by the trap
browser_end() {
	local status=$? i

	trap - EXIT
	[[ -z $browser_session ]] || browser_call DELETE "$browser_session" || status=1
	if [[ -n $browser_driver ]]; then
		kill "$browser_driver" 2>/dev/null || true
		wait "$browser_driver" 2>/dev/null || true
	fi
	# The last processes of the browser may still write there.
	for ((i = 0; i < 40; i++)); do
		[[ -n $browser_home ]] || break
		rm -rf "$browser_home" 2>/dev/null && break
		sleep 0.05
	done
	exit "$status"
}

# browser_call METHOD PATH [BODY]
browser_call() {
	local answer status=0

	# No proxy: the address is this machine.
	answer=$(curl -q -sS --noproxy '*' --max-time 60 --fail-with-body -X "$1" \
		-H 'Content-Type: application/json' ${3+--data-binary @-} "$browser_base$2" <<<"${3-}" 2>&1) ||
		status=$?
	if ((status)); then
		echo "$1 $2: $(jq -r '.value.message | split("\n")[0]' <<<"$answer" 2>/dev/null || printf '%s' "$answer")"
		return 1
	fi
	reply=$(jq -rc .value <<<"$answer")
}

# ---- the page --------------------------------------------------------------------

# browser_open FILE[#PART]
browser_open() {
	browser_call POST "$browser_session/url" "$(jq -nc --arg url "file://$1" '{$url}')"
}

# browser_run SCRIPT [JSON...]: value of a function body in the page
browser_run() {
	local script=$1

	shift
	browser_call POST "$browser_session/execute/sync" \
		"$(jq -nc --arg script "$script" '{$script, args: $ARGS.positional}' --jsonargs -- "$@")"
}

# browser_pointer X Y [STEPS]: moves the mouse, in px of the window, and does more
browser_pointer() {
	browser_call POST "$browser_session/actions" "$(jq -nc --argjson x "$1" --argjson y "$2" \
		--argjson steps "${3:-[]}" '
		{actions: [{type: "pointer", id: "mouse", parameters: {pointerType: "mouse"}, actions:
			    ([{type: "pointerMove", duration: 0, x: ($x | floor), y: ($y | floor)}] + $steps)}]}')"
}

browser_move() {
	browser_pointer "$1" "$2"
}

browser_click() {
	browser_pointer "$1" "$2" '[{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]'
}

# browser_keys KEYS [HELD]: presses and lets go each character, all while HELD is down
browser_keys() {
	browser_call POST "$browser_session/actions" "$(jq -nc --arg keys "$1" --arg held "${2-}" '
		def down: {type: "keyDown", value: .};
		def up: {type: "keyUp", value: .};
		{actions: [{type: "key", id: "keys", actions:
			    [($held | select(. != "") | down),
			     ($keys | split("")[] | down, up),
			     ($held | select(. != "") | up)]}]}')"
}

# browser_screenshot FILE
browser_screenshot() {
	browser_call GET "$browser_session/screenshot"
	base64 -d <<<"$reply" >"$1"
}

# What the page complained about since the last call, a list.
browser_errors() {
	browser_call POST "$browser_session/se/log" '{"type": "browser"}'
	reply=$(jq -c '[.[] | select(.level == "SEVERE").message]' <<<"$reply")
}
