"""Calls the server SDK of PyPI (`pusher`) once: what to call comes as JSON, what came of it goes out as JSON."""

import json
import sys

import pusher

call = json.loads(sys.argv[1])
client = pusher.Pusher(**call["options"])
try:
    outcome = {"result": getattr(client, call["method"])(*call["arguments"], **call["keywords"])}
except Exception as error:  # whatever the SDK raises is what the test wants to see
    outcome = {"error": type(error).__name__, "message": str(error)}
print(json.dumps(outcome))
