#!/usr/bin/env bash
# Shows how api/openapi.yaml differs from an older version and fails if the change breaks clients of the older version.
# Usage: tools/oasdiff/diff.sh OLD, with a git ref or a file for OLD. "make diff" builds bin/oasdiff first.
set -euo pipefail

old="${1:-}"
if [ -z "$old" ]; then
	echo "OLD is missing; use a git ref or a file, as in: make diff OLD=HEAD" >&2
	exit 2
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
if [ -f "$old" ]; then
	cp "$old" "$work/old.yaml"
fi

cd "$(dirname "$0")/../.."
if [ ! -f "$work/old.yaml" ]; then
	if ! git cat-file blob "$old:api/openapi.yaml" >"$work/old.yaml" 2>/dev/null; then
		echo "OLD is $old, which is not a file and not a git ref with api/openapi.yaml" >&2
		exit 2
	fi
fi
cp api/openapi.yaml "$work/new.yaml"
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' api/oasdiff-severity.txt >"$work/severity.txt" # oasdiff does not accept comments

oasdiff="$PWD/bin/oasdiff"
cd "$work" # so that the output shows old.yaml and new.yaml instead of absolute paths
status=0
compare() { # $1: file of severities; sets status to the worst result
	local result=0
	"$oasdiff" changelog old.yaml new.yaml --severity-levels "$1" --fail-on WARN --color never || result=$?
	echo # not all messages of oasdiff end with a newline
	if [ "$result" -gt "$status" ]; then
		status=$result
	fi
}

echo "Changes:"
diff -u --label old.yaml --label new.yaml old.yaml new.yaml && echo "none"
echo
echo "Effects on clients:"
compare severity.txt

# oasdiff ignores most changes of x-extensible-enum. This run treats these lists as enums, ignores all other enums, and compares
# only the values. A new value is compatible, because clients must accept unknown values. A removed value is an error, because
# the Go package loses its constant.
if [ "$status" -le 1 ]; then
	mkdir values
	for file in old.yaml new.yaml; do
		sed -E -e 's/(^|[ {,])enum:/\1x-closed-enum:/' -e 's/x-extensible-enum:/enum:/' "$file" >"values/$file"
	done
	{
		"$oasdiff" checks changelog | awk 'NR > 1 && NF && $1 !~ /enum-value-(added|removed)$/ {print $1, "none"}'
		echo "response-property-enum-value-added info"
		echo "response-property-enum-value-removed err"
	} >values.txt
	cd values
	echo
	echo "Values of extensible enums:"
	compare ../values.txt >changelog.txt
	sed '/declare it with x-extensible-enum/d' changelog.txt # advice for closed enums
fi

if [ "$status" = 1 ]; then
	echo "these changes break clients of the older description; describe them in CHANGELOG.md" >&2
fi
exit "$status"
