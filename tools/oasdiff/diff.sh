#!/usr/bin/env bash
# Shows how api/openapi.yaml differs from an older one and fails if that breaks clients of the older one.
# Usage: tools/oasdiff/diff.sh OLD, with a git ref or a file for OLD. "make diff" builds bin/oasdiff first.
set -euo pipefail

old="${1:-}"
if [ -z "$old" ]; then
	echo "OLD is missing: name a git ref or a file to compare with, as in: make diff OLD=HEAD" >&2
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
		echo "OLD is $old, which is neither a file nor a git ref with an api/openapi.yaml: give another" >&2
		exit 2
	fi
fi
cp api/openapi.yaml "$work/new.yaml"
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' api/oasdiff-severity.txt >"$work/severity.txt" # oasdiff knows no comments

root="$PWD"
cd "$work" # so that the output names old.yaml and new.yaml and nobody's folders
echo "What changed:"
diff -u --label old.yaml --label new.yaml old.yaml new.yaml && echo "nothing"
echo
echo "What that means for clients:"
status=0
"$root/bin/oasdiff" changelog old.yaml new.yaml --severity-levels severity.txt --fail-on WARN --color never || status=$?
if [ "$status" = 1 ]; then
	echo "this breaks clients of the older description; if it has to be, say so in CHANGELOG.md" >&2
fi
exit "$status"
