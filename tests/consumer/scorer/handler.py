def handle(data):
    """Return the share of the limit that a sensor has reached."""
    return {"score": data["value"] / data["limit"]}
