"""Read a JSON list of requirements; write what pip's own parser makes of each, null where it refuses one."""

import json
import sys

from pip._vendor import packaging
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement


def parsed(text):
    try:
        r = Requirement(text)
    except InvalidRequirement:
        return None
    return {
        "name": r.name,
        "extras": sorted(r.extras),
        "specifiers": sorted(s.operator + s.version for s in r.specifier),
        "url": r.url or "",
        "marker": r.marker is not None,
    }


json.dump(
    {"major": int(packaging.__version__.split(".")[0]), "parsed": [parsed(t) for t in json.load(sys.stdin)]},
    sys.stdout,
)
