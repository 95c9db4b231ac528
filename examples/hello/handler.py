"""A minimal function."""


def handle(data):
    """Return a greeting for data["name"]."""
    name = data.get("name", "world")
    print(f"greeting {name}")
    return {"greeting": f"Hello, {name}!"}
