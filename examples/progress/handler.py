"""A slow function that prints its progress. The log can be read while it runs."""

import sys
import time


def handle(data, function_call_info):
    """Run data["steps"] steps of half a second and return the duration."""
    steps = int(data.get("steps", 6))
    if steps < 1:
        print("nothing to do: steps must be 1 or more", file=sys.stderr)
        return {"steps": 0, "seconds": 0.0}

    print(f"call {function_call_info['call_id']} begins")
    started = time.monotonic()
    for step in range(1, steps + 1):
        time.sleep(0.5)
        print(f"step {step} of {steps} done")
    return {"steps": steps, "seconds": round(time.monotonic() - started, 1)}
