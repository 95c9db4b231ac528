"""Read a JSON list of requirements. Print which of them pip's own parser accepts."""

import json
import sys

from pip._vendor import packaging
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement


def valid(text):
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


json.dump(
    {"major": int(packaging.__version__.split(".")[0]), "valid": [valid(t) for t in json.load(sys.stdin)]},
    sys.stdout,
)
