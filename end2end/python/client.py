"""A Pysher client (protocol 6) that does what its standard input says and tells what it hears, a line of JSON each."""

import json
import logging
import sys
import threading

import pysher

options = json.loads(sys.argv[1])
told = threading.Lock()


def tell(what, **details):
    with told:
        print(json.dumps({"what": what, **details}), flush=True)


class Tell(logging.Handler):
    """What Pysher shows of an error is a line in its log."""

    def emit(self, record):
        tell("log", message=record.getMessage())


logging.getLogger("pysher.connection").addHandler(Tell(level=logging.ERROR))
client = pysher.Pusher(
    options["key"],
    secret=options["secret"],
    user_data=options["user_data"],
    custom_host="127.0.0.1",
    port=options["port"],
    secure=False,
    reconnect_interval=0.2,
    auto_sub=True,
)
for name in ["pusher:connection_established", "pusher:error", "pusher:pong"]:
    client.connection.bind(name, lambda data, name=name: tell("event", channel=None, event=name, data=data))
# Every event of a channel; a handler of the channel itself could only be bound after the first ones have come.
handle = client.connection.event_handler


def hear(event, data, channel):
    tell("event", channel=channel, event=event, data=data)
    handle(event, data, channel)


client.connection.event_handler = hear
client.connect()

for line in sys.stdin:
    order = json.loads(line)
    if order["do"] == "subscribe":
        client.subscribe(order["channel"], auth=order.get("auth"))
    elif order["do"] == "unsubscribe":
        client.unsubscribe(order["channel"])
    elif order["do"] == "trigger":
        client.channel(order["channel"]).trigger(order["event"], order["data"])
client.disconnect(timeout=5)
