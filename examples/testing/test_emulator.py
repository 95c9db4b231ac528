"""Tests of a program that calls functions, against a running emulator. They need Python 3 and nothing else.

    cogfn emulator --env-file emulator.env &
    (set -a; . ./emulator.env; python3 -m unittest examples/testing/test_emulator.py)
"""

import base64
import json
import os
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

URL, PROJECT = os.environ["CDF_URL"], os.environ["CDF_PROJECT"]
CLIENT = os.environ["IDP_CLIENT_ID"], os.environ["IDP_CLIENT_SECRET"]


def send(method, url, body, authorization):
    """Send a JSON request and return the decoded response."""
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as response:
        return json.loads(response.read() or "null")


def control(method, path, body=None):
    """Control the emulator."""
    credentials = base64.b64encode(":".join(CLIENT).encode()).decode()
    return send(method, URL + "/_emulator" + path, body, "Basic " + credentials)


class Functions:
    """The program under test: a small client of the Functions API."""

    def __init__(self):
        form = {"grant_type": "client_credentials", "client_id": CLIENT[0], "client_secret": CLIENT[1]}
        with urllib.request.urlopen(os.environ["IDP_TOKEN_URL"], urllib.parse.urlencode(form).encode()) as response:
            self.token = json.load(response)["access_token"]

    def post(self, path, body):
        return send("POST", f"{URL}/api/v1/projects/{PROJECT}{path}", body, "Bearer " + self.token)

    def nonce(self):
        return self.post("/sessions", {"items": [{"tokenExchange": True}]})["items"][0]["nonce"]

    def function_id(self, external_id):
        return self.post("/functions/byids", {"items": [{"externalId": external_id}]})["items"][0]["id"]

    def start(self, external_id):
        """Start a call. If the service has too many requests, wait as long as it says."""
        function_id = self.function_id(external_id)
        while True:
            try:
                return self.post(f"/functions/{function_id}/call", {"nonce": self.nonce(), "data": {}})
            except urllib.error.HTTPError as error:
                if error.code != 429:
                    raise
                time.sleep(float(error.headers["Retry-After"]))

    def wait(self, call):
        """Poll a call until it has ended."""
        while call["status"] == "Running":
            time.sleep(0.01)
            call = self.post(f"/functions/{call['functionId']}/calls/byids", {"items": [{"id": call["id"]}]})["items"][0]
        return call


class EmulatorTest(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        control("PUT", "/functions/report")
        self.set_outcome({"response": "done"})
        self.functions = Functions()

    def set_outcome(self, outcome):
        control("PUT", "/functions/report/outcomes", {"items": [outcome]})

    def calls(self):
        return control("GET", "/functions/report/calls")["items"]

    def test_slow_call(self):
        self.set_outcome({"response": "done", "transition": {"afterSeconds": 480}})
        call, ended = self.functions.start("report"), []
        waiter = threading.Thread(target=lambda: ended.append(self.functions.wait(call)))
        waiter.start()
        control("POST", "/clock/advance", {"seconds": 480})
        waiter.join()
        self.assertEqual(ended[0]["status"], "Completed")
        self.assertGreaterEqual(ended[0]["endTime"] - ended[0]["startTime"], 480_000)

    def test_rate_limit(self):
        fault = {"operation": "postFunctionsCall", "kind": "status", "status": 429, "retryAfter": "1", "times": 1}
        injected = control("POST", "/faults", fault)
        began = time.monotonic()
        self.functions.wait(self.functions.start("report"))
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(control("GET", f"/faults/{injected['id']}")["hits"], 1)

    def test_lost_response(self):
        control("POST", "/faults", {"operation": "postFunctionsCall", "kind": "reset", "afterWork": True, "times": 1})
        with self.assertRaises(OSError):
            self.functions.start("report")
        self.assertEqual(len(self.calls()), 1)

    def test_schedule_for_tomorrow(self):
        schedule = {
            "name": "daily", "cronExpression": "0 7 * * *", "functionId": self.functions.function_id("report"),
            "nonce": self.functions.nonce(),
        }
        self.functions.post("/functions/schedules", {"items": [schedule]})
        calls = control("POST", "/clock/advance", {"seconds": 24 * 3600})["calls"]
        self.assertEqual([call["response"] for call in calls], ["done"])


if __name__ == "__main__":
    unittest.main()
