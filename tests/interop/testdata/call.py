"""Calls operations with a client that openapi-python-client generated.

Standard input is a JSON array of cases. Standard output is a JSON array with a result for each case: the decoded response as
attributes and converted back to JSON, or the exception.
"""

import importlib
import json
import sys

sys.path.insert(0, sys.argv[1])
client = importlib.import_module("client")
models = importlib.import_module("client.models")


def read(value, path):
    """Returns the value at a path of attributes and list indexes, such as items.0.status."""
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else getattr(value, step)
    return value.to_dict() if hasattr(value, "to_dict") else value


def call(case):
    operation = importlib.import_module("client.api." + case["operation"])
    arguments = dict(case["arguments"] or {})
    if case["model"]:
        arguments["body"] = getattr(models, case["model"]).from_dict(case["body"])
    with client.AuthenticatedClient(base_url=case["url"], token="token") as connection:
        response = operation.sync(client=connection, **arguments)
    return {
        "attributes": {path: read(response, path) for path in case["attributes"] or {}},
        "response": response.to_dict(),
    }


def result(case):
    try:
        return call(case)
    except Exception as error:
        return {"error": repr(error)}


json.dump([result(case) for case in json.load(sys.stdin)], sys.stdout)
