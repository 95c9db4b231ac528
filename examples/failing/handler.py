"""A function that fails for some inputs, to see how a failed call looks: its message, its trace and its log."""


def mean(values):
    """Return the arithmetic mean of values, which must not be empty."""
    return sum(values) / len(values)


def handle(data):
    """Return the mean of data["values"]; without values the division fails, and the call with it."""
    values = data.get("values", [])
    print(f"computing the mean of {len(values)} values")
    return {"mean": mean(values)}
