"""Generators: with and without progress, one that never ends, one that is slow."""

import threading

import runway

LOG = []


@runway.setup(options={})
def setup(opts):
    assert opts == {}
    LOG.append(threading.current_thread().name)
    return LOG


@runway.command("count", inputs={"to": runway.number(default=3)}, outputs={"n": runway.number})
def count(log, inputs):
    for n in range(1, inputs["to"] + 1):
        yield {"n": n}, n / inputs["to"]


@runway.command("bare", inputs={"to": runway.number(default=2)}, outputs={"n": runway.number})
def bare(log, inputs):
    yield from range(inputs["to"])


@runway.command("endless", inputs={"from": runway.number}, outputs={"n": runway.number})
def endless(log, inputs):
    n = inputs["from"]
    try:
        while True:
            yield n
            n += 1
            threading.Event().wait(0.001)
    finally:
        log.append("closed")


@runway.command("log", inputs={"clear": runway.boolean}, outputs={"lines": runway.any})
def tell(log, inputs):
    return {"lines": list(log)}


@runway.command("slow", inputs={"seconds": runway.number(default=0)}, outputs={"done": runway.text})
def slow(log, inputs):
    threading.Event().wait(inputs["seconds"])
    return "done", 1


@runway.command("thread", inputs={"x": runway.number}, outputs={"name": runway.text})
def thread(log, inputs):
    return threading.current_thread().name


runway.run()
