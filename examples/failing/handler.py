"""A function that fails for some inputs, to show the message, the trace and the log of a failed call."""


def mean(values):
    """Return the arithmetic mean of values. They must not be empty."""
    return sum(values) / len(values)


def handle(data):
    """Return the mean of data["values"]. Without values, the division and the call fail."""
    values = data.get("values", [])
    print(f"computing the mean of {len(values)} values")
    return {"mean": mean(values)}
