"""What the phone core costs, as an app sees it: a table, compared with the limits that are stored
in bindings/budgets.json. Ends with 1 when something costs more than it may.

Against the server of the world, through the layer, on this machine; figures of a library that is
not built as apps ship it (`--profile mobile`) say little.

BATON_CONVERSATIONS  customers who write (default 5000)
BATON_LIBRARY        the library that was loaded, to be weighed
"""

import asyncio
import base64
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from baton import (
    AppError, Baton, FileKeys, InboxView, MemoryKeys, PushMessage, PushRoad, PushTarget, take_push,
)

from day import Day
from figures import at, each_says, first_list, memory, number, shows, transferred
from scenarios_push import has_pushes
from stage import Stage, World, eventually, expect

HERE = Path(__file__).resolve()
LIMITS = json.loads((HERE.parents[2] / "budgets.json").read_text())
COUNT = int(os.environ.get("BATON_CONVERSATIONS", "5000"))
TARGET = "budget-token"


class Table:
    def __init__(self):
        self.over = False
        print("| What | Cost | May cost | |\n|---|--:|--:|---|")

    def row(self, name, cost):
        limit = LIMITS[name]
        is_over = cost > limit["at_most"]
        self.over |= is_over
        unit, mark = limit["unit"], "**more than it may**" if is_over else ""
        print(f"| {limit['what']} | {cost:,.1f} {unit} | {limit['at_most']:,} {unit} | {mark} |",
              flush=True)


def weigh(library):
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "library"
        subprocess.run(["strip", "--strip-all", "-o", copy, library], check=True)
        return copy.stat().st_size / 1e6


# A process of its own that takes one push: what it says is what loading the library costs, and the
# peak of its memory over what it held before the push.
EXTENSION = """
import ctypes, importlib.util, json, os, sys
def memory(field):
    text = open('/proc/self/status').read()
    return int(text.split(field + ':')[1].split()[0])
place = os.path.dirname(importlib.util.find_spec('baton_core').origin)
before = memory('VmRSS')
ctypes.CDLL(os.path.join(place, 'libbaton_core.so'))
library = memory('VmRSS') - before
# What the layer for Python costs is not counted: no app has it.
from baton import Baton, FileKeys, PushMessage, take_push
asked = json.load(sys.stdin)
keys = FileKeys(asked['keys'])
config, push = Baton.config(asked['url'], asked['directory']), PushMessage.FCM(asked['data'])
# The peak so far is of loading.
open('/proc/self/clear_refs', 'w').write('5')
before = memory('VmRSS')
taken = take_push(config, keys, push)
peak = memory('VmHWM')
print(json.dumps({'kb': library + peak - before, 'body': taken.notification.body,
                  'kept': taken.is_kept}))
"""


def auth(phone):
    """The secret that a push is sealed with, which the server and the device know."""
    return base64.urlsafe_b64encode(phone.keys.get("baton.push")[32:48]).rstrip(b"=").decode()


async def extension(phone, conversation):
    """What a process costs that takes one push of two kilobytes, which only this device opens; MB.
    It asks nothing of the network."""
    body = "x" * 1000
    push = await pushed(phone, conversation, auth=auth(phone), title="A customer", body=body)
    size = sum(len(name) + len(text) for name, text in push["data"].items())
    expect(size >= 2000 and "e" in push["data"], f"two sealed kilobytes: {size}")
    with tempfile.TemporaryDirectory() as directory:
        kept = FileKeys(Path(directory) / "keys")
        for name in ("baton.store", "baton.session", "baton.push", "baton.receipts"):
            kept.put(name, phone.keys.get(name))
        asked = {"url": phone.url, "directory": str(phone.directory), "data": push["data"],
                 "keys": str(Path(directory) / "keys")}
        said = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", EXTENSION], input=json.dumps(asked),
            check=True, capture_output=True, text=True)
    said = json.loads(said.stdout)
    expect(said["body"] == body and said["kept"], f"it was opened, and left for the app: {said}")
    return said["kb"] / 1024


class LockedKeys(MemoryKeys):
    """A key store before the device was unlocked for the first time."""

    def get(self, name):
        raise AppError.Locked()

    put = get


def locked(phone):
    """How long it takes until there is something to show before the first unlock, ms."""
    config, took = Baton.config(phone.url, phone.directory), []
    push = PushMessage.FCM({"v": "1", "k": "message", "id": str(uuid.uuid4()), "e": "A" * 2700})
    for _ in range(200):
        began = time.monotonic()
        taken = take_push(config, LockedKeys(), push)
        took.append((time.monotonic() - began) * 1000)
        expect(taken.notification.title and taken.notification.body, f"a text: {taken}")
    return at(0.99, took)


async def measured(world, table):
    base = memory("VmRSS")
    async with Stage(world, await world.ask("facts"), 99) as stage:
        phone = await stage.phone("ana")
        await each_says(world, range(COUNT), "Hello, is anybody there?")
        inbox = await phone.inbox(InboxView.ALL())
        await eventually("everybody is in the inbox", lambda: inbox.total >= COUNT, within=600)
        table.row("memory", (memory("VmRSS") - base) / 1e6)
        idle = await while_live(phone, inbox, table)
        await after_absence(phone, inbox, table)
        await with_pushes(phone, inbox, table)
        table.row("day", await Day(phone, inbox, TARGET, idle).cost() / 1e6)
        lists = [await first_list(phone, COUNT) for _ in range(5)]
        table.row("first_list", statistics.median(lists))


async def while_live(phone, inbox, table):
    """The phone is looked at; what a minute costs in which nothing happens, bytes."""
    world = phone.stage.world
    await asyncio.sleep(1)
    before = await transferred(world, phone)
    await asyncio.sleep(60)
    idle = await transferred(world, phone) - before
    table.row("idle", idle / 1000)

    before, unread = await transferred(world, phone), inbox.unread
    await each_says(world, range(100), "Still there?")
    await eventually("all is here", lambda: inbox.unread >= unread + 100, within=120)
    table.row("message", (await transferred(world, phone) - before) / 100)

    await phone.baton.network(False)
    took, ids = [], [row.id for row in inbox.items]
    for nth in range(300):
        began = time.monotonic()
        await phone.baton.note(ids[nth % len(ids)], f"note {nth}")
        took.append((time.monotonic() - began) * 1000)
    table.row("enqueue", at(0.99, took))
    await phone.baton.network(True)
    async def is_sent():
        return not await phone.baton.outbox()
    await eventually("the notes are sent", is_sent, within=120)
    return idle


async def after_absence(phone, inbox, table):
    """The phone is looked at again, after customers wrote."""
    took, cost = await resumes(phone, inbox, 500)
    table.row("resume", took)
    table.row("resume_bytes", cost / 1000)
    took, _ = await resumes(phone, inbox, 1000)
    table.row("apply", took)


async def resumes(phone, inbox, events):
    """How long it takes until so many missed events are on the screen, ms, and bytes."""
    world, unread = phone.stage.world, inbox.unread
    await phone.live()
    await phone.baton.background(5)
    # An event each: of who never wrote before there would be four.
    await each_says(world, [nth % COUNT for nth in range(events)], f"And now, {events}?")
    await asyncio.sleep(2)
    before, began = await transferred(world, phone), time.monotonic()
    await phone.baton.foreground()
    await eventually("what was missed is here", lambda: inbox.unread >= unread + events, within=60)
    took = (time.monotonic() - began) * 1000
    return took, await transferred(world, phone) - before


async def with_pushes(phone, inbox, table):
    """Pushes come to the app in the background, to its extension, and before the first unlock."""
    world, rows = phone.stage.world, inbox.items[:20]
    road = PushTarget(road=PushRoad.FCM_TOKEN, target=TARGET, app_id=None, locale=None)
    await phone.baton.register_push(road)
    await has_pushes(phone)
    await phone.live()
    await phone.baton.background(5)
    took = []
    for row in rows:
        await says_more(world, row)
        push = await pushed(phone, row.id, content="wake")
        outcome, cost = await decided(phone, push)
        # It says nothing but that something is: all these are shown in one place, and what was
        # said was fetched.
        expect(shows(outcome) and not outcome.is_behind, f"it is fetched and shown: {outcome}")
        took.append(cost)
    table.row("push", at(0.95, took))
    await phone.baton.network(False)
    took = []
    for row in rows:
        await says_more(world, row)
        push = await pushed(phone, row.id, auth=auth(phone), title=row.title, body="Hello?")
        outcome, cost = await decided(phone, push)
        expect(outcome.verdict.is_SHOW() and outcome.verdict.notification.body == "Hello?",
               f"what was sealed is shown: {outcome}")
        took.append(cost)
    table.row("push_alone", at(0.95, took))
    await phone.baton.network(True)
    table.row("extension", await extension(phone, rows[0].id))
    table.row("locked", locked(phone))


async def says_more(world, row):
    """A customer writes again: pushes that tell of the same are one."""
    nth = int(row.title.removeprefix("Customer "))
    await world.ask("customer", wa_id=number(nth), text=f"Push {nth}", conversation=row.id)


async def pushed(phone, conversation, *, auth=None, content="e2e", **told):
    """A push of a message, sealed to this device unless it only wakes."""
    device = (await phone.baton.signed_in()).device
    return await phone.stage.world.ask(
        "push", who=phone.who, device=device, target=TARGET, auth=auth, content=content,
        push={"kind": "message", "conversation": conversation, **told})


async def decided(phone, push):
    """What is decided of a push, and how long that takes, ms."""
    began = time.monotonic()
    outcome = await phone.baton.handle_push(PushMessage.FCM(push["data"]), within=10)
    return outcome, (time.monotonic() - began) * 1000


async def main():
    table = Table()
    library = os.environ.get("BATON_LIBRARY", "target/debug/libbaton_core.so")
    if shutil.which("strip"):
        table.row("library", weigh(library))
    await measured(World(os.environ["BATON_WORLD"]), table)
    sys.exit(table.over)


if __name__ == "__main__":
    asyncio.run(main())
