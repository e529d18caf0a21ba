# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The rings mapped in each way that there is: lengths, offsets, flags, parts, other processes'
# ways to the same pages; mappings that outlive their session, its descriptor and its successor.
# shellcheck source=tests/live/harness.sh
. "$PK_HERE/harness.sh"

load
holds ran mmaps
while read -r name got wanted rest; do
	if [[ $name == freed ]]; then
		# KB before, while only a mapping was left, after; and of the rings
		expect freed-late "$wanted >= $got - 64" "memory of vmalloc() with the device closed: $wanted KB, was $got"
		read -r after rings <<<"$rest"
		expect freed "$wanted - $after >= $rings" "$((wanted - after)) KB given back with the last mapping, rings take $rings"
	elif [[ $got =~ ^-?[0-9]+$ && $wanted =~ ^-?[0-9]+$ ]]; then
		equal "$name" "$got" "$wanted"
	fi
done <holds.txt
expect cases "$(grep -cE '^[a-z0-9^-]+ -?[0-9]+ -?[0-9]+$' holds.txt) >= 40" "$(wc -l <holds.txt) lines"
holds idle until_true 5 module_is_idle
holds unload unload
