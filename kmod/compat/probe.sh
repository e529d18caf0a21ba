#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# probe.sh - turn the answers of probes/ and exports into a header.
#
#	probe.sh CONFIG_H MODULE_SYMVERS EXPORTS PROBE.o...
#
# Each probe becomes HAVE_PROBE, each name in EXPORTS becomes HAVE_EXPORT_name,
# all of them 0 or 1, so that a misspelt question does not read as "no" when
# the compiler warns of undefined macros. Run by probe.mk.

set -eu

config=$1 symvers=$2 exports=$3
shift 3

die() {
	echo "pkprof: probe.sh: $*" >&2
	exit 1
}

answer_probes() {
	for object; do
		name=${object##*/}
		if [ -s "$object" ]; then
			echo "#define HAVE_${name%.o} 1"
		else
			echo "#define HAVE_${name%.o} 0"
		fi
	done
}

# Compiling says that a function is declared, not that modules may call it.
answer_exports() {
	names=$(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$exports")
	[ -n "$names" ] || return 0
	if [ ! -r "$symvers" ]; then
		echo "pkprof: $symvers is missing, taking all questions of $exports for no" >&2
		symvers=/dev/null
	fi
	echo "$names" | awk -v symvers="$symvers" '
		BEGIN {
			while ((getline line < symvers) > 0) {
				split(line, field, "\t")
				exported[field[2]] = 1
			}
		}
		{ printf "#define HAVE_EXPORT_%s %d\n", $1, ($1 in exported) }'
}

[ -r "$exports" ] || die "cannot read $exports"
[ $# -gt 0 ] || die "no probes given"
{
	echo "/* Made by probe.sh for one kernel and one compiler; see compat/README.md. */"
	echo "#ifndef PK_COMPAT_CONFIG_H"
	echo "#define PK_COMPAT_CONFIG_H"
	echo
	answer_probes "$@"
	answer_exports
	echo
	echo "#endif"
} >"$config.new"
mv "$config.new" "$config"
