"""Reads the output of go test -json, prints the results, and fails if a test fails or is skipped."""

import collections
import json
import re
import sys

# Tests that other make targets run, that root cannot run, and examples that only have to compile.
ALLOWED = re.compile("make guide|make interop|root has all permissions|administrator may do|only has to compile")

output = collections.defaultdict(list)
skipped = []
failed = False
for line in sys.stdin:
    try:
        event = json.loads(line)
    except ValueError:
        print(line, end="")
        continue
    key = (event.get("Package") or event.get("ImportPath"), event.get("Test"))
    action = event["Action"]
    if action in ("output", "build-output"):
        output[key].append(event["Output"])
    elif action == "skip" and key[1] and not ALLOWED.search("".join(output[key])):
        skipped.append("".join(output[key]))
    elif action in ("fail", "build-fail"):
        failed = True
        print("".join(output[key]), end="")
    elif action == "pass" and not key[1]:
        print(f"ok  {key[0]} {event['Elapsed']}s", flush=True)

if skipped:
    print("these tests were skipped; install what they need:\n" + "".join(skipped), file=sys.stderr)
sys.exit(1 if failed or skipped else 0)
