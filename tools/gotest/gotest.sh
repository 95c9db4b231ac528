#!/usr/bin/env bash
# Runs go test with the given arguments. If CI is set, a skipped test is a failure, because CI must have all requirements.
set -euo pipefail

if [ -z "${CI:-}" ]; then
	exec go test "$@"
fi
go test -json "$@" | python3 "$(dirname "$0")/report.py"
