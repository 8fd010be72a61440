"""Apps with faults: what they give to the core throws, or takes its time."""

import threading
import time

from baton import CoreError, MemoryKeys
from stage import eventually, expect, scenario, texts


class ThrowingKeys(MemoryKeys):
    """A key store that throws at what it is told to."""

    def __init__(self):
        super().__init__()
        self.throws = set()

    def get(self, name):
        return self._may("get") or super().get(name)

    def put(self, name, value):
        return self._may("put") or super().put(name, value)

    def delete(self, name):
        return self._may("delete") or super().delete(name)

    def _may(self, act):
        if act in self.throws:
            raise RuntimeError(f"this key store throws at {act}")


@scenario(22)
async def throwing(stage):
    def throws(_):
        raise ZeroDivisionError("this listener throws")
    ana = await stage.new_phone("ana")
    ana.keys = ThrowingKeys()
    ana.keys.throws = {"get"}
    await is_app_callback(ana.open(), "a key store that throws while it opens")
    ana.keys.throws = set()
    await ana.open(tap=throws)
    await ana.baton.network(True)
    await ana.baton.foreground()
    ana.keys.throws = {"put"}
    await is_app_callback(ana.sign_in(), "a key store that throws while signing in")
    ana.keys.throws = set()
    await ana.sign_in()
    await ana.live()
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    thrown = (await ana.baton.diagnostics()).thrown
    expect(thrown > 0, f"it is counted: {thrown}")
    timeline = await ana.timeline(conversation, tap=throws)
    kept = await ana.baton.reply(conversation, "a pesar de todo", timeline.seen)
    expect(kept.is_new, "the act is taken")
    await ana.sent(kept.number)
    await eventually("later ones work", lambda: texts(timeline) == ["Hola", "a pesar de todo"])
    await stage.reaches(wa_id, ["a pesar de todo"])
    async def is_counted():
        return (await ana.baton.diagnostics()).thrown > thrown
    await eventually("those of lists are counted as well", is_counted)


async def is_app_callback(call, what):
    try:
        await call
    except CoreError.AppCallback as error:
        expect("throws" in error.detail, f"{what} says so: {error.detail}")
    else:
        raise AssertionError(f"{what} is not told")


@scenario(23)
async def blocking(stage):
    let_go, is_blocked = threading.Event(), threading.Event()
    blocks = []
    def tap(_):
        if blocks and not let_go.is_set():
            is_blocked.set()
            let_go.wait(2)
            let_go.set()
    ana = await stage.phone("ana")
    stage.stack.callback(let_go.set)
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation, tap=tap)
    blocks.append(True)
    await stage.customer("¿hola?", wa_id)
    await eventually("the listener blocks", is_blocked.is_set)
    begun = time.monotonic()
    kept = [await ana.baton.note(conversation, f"nota {n}") for n in range(10)]
    took = time.monotonic() - begun
    expect(not let_go.is_set(), f"acts are taken meanwhile; ten took {took:.2f} s")
    expect(all(one.is_new for one in kept), "each is new")
    await ana.sent(*(one.number for one in kept))
    def newest():
        told = [e.note.text for e in timeline.items if e.is_NOTE()]
        return told == [f"nota {n}" for n in range(10)] and texts(timeline) == ["Hola", "¿hola?"]
    await eventually("afterwards it is told the newest", newest)
