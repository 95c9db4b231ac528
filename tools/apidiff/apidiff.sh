#!/usr/bin/env bash
# Compares the exported Go API with an older version, and fails if a change is incompatible.
# Usage: tools/apidiff/apidiff.sh [OLD], with a git ref for OLD. The default is the last tag. "make apidiff" builds bin/apidiff.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages="wrapper batch deploy schedule emulator gen"
old="${1:-}"
if [ -z "$old" ]; then
	if ! old="$(git describe --tags --abbrev=0 2>/dev/null)"; then
		echo "there is no tag to compare the API with; use: make apidiff OLD=<git ref>"
		exit 0
	fi
fi
if ! git rev-parse --quiet --verify "$old^{commit}" >/dev/null; then
	echo "OLD is $old, which is not a git ref; use a tag, a branch or a commit" >&2
	exit 2
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/old"
git archive "$old" | tar -x -C "$work/old"
apidiff="$PWD/bin/apidiff"
module="$(go list -m)"

export_data() { # $1: directory of a module, $2: package, $3: output file
	(cd "$1" && "$apidiff" -w "$3" "$module/$2")
}

status=0
changed=0
for package in $packages; do
	if [ ! -d "$package" ] && [ ! -d "$work/old/$package" ]; then
		continue
	elif [ ! -d "$package" ]; then
		printf '%s: the package was removed\n' "$package"
		status=1 changed=1
		continue
	elif [ ! -d "$work/old/$package" ]; then
		printf '%s: the package is new\n' "$package"
		changed=1
		continue
	fi
	export_data "$work/old" "$package" "$work/old.export"
	export_data . "$package" "$work/new.export"
	"$apidiff" "$work/old.export" "$work/new.export" >"$work/changes"
	if [ -s "$work/changes" ]; then
		changed=1
		printf '%s:\n' "$package"
		cat "$work/changes"
		"$apidiff" -incompatible "$work/old.export" "$work/new.export" >"$work/changes"
		if [ -s "$work/changes" ]; then
			status=1
		fi
	fi
done
if [ "$changed" = 0 ]; then
	echo "the exported API is the same as in $old"
fi
if [ "$status" != 0 ]; then
	echo "the API has incompatible changes since $old; describe them in CHANGELOG.md and increase the minor version" >&2
fi
exit "$status"
