def handle(data):
    print("adding", data)
    return {"sum": data.get("a", 0) + data.get("b", 0)}
