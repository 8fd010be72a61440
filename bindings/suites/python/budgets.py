"""What the phone core costs, as an app sees it: a table, compared with the limits that are stored
in bindings/budgets.json. Ends with 1 when something costs more than it may.

Against the server of the world, through the layer, on this machine; figures of a library that is
not built as apps ship it (`--profile mobile`) say little.

BATON_CONVERSATIONS  customers who write (default 5000)
BATON_LIBRARY        the library that was loaded, to be weighed
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from baton import InboxView, PushMessage, PushRoad, PushTarget

from stage import Stage, World, eventually

HERE = Path(__file__).resolve()
LIMITS = json.loads((HERE.parents[2] / "budgets.json").read_text())
COUNT = int(os.environ.get("BATON_CONVERSATIONS", "5000"))
TARGET = "budget-token"


def memory(field):
    """Resident memory, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def at(share, values):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


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


def number(nth):
    return f"4915{nth:08d}"


async def customers_write(world, numbers, text):
    def write(nth):
        world._ask("simulator", {"method": "POST", "path": "/control/messages", "body": {
            "from": {"wa_id": number(nth), "name": f"Customer {nth}"}, "text": text}})
    with ThreadPoolExecutor(16) as pool:
        await asyncio.get_running_loop().run_in_executor(
            None, lambda: list(pool.map(write, numbers)))


async def first_list(phone):
    """From nothing to the first page on the screen, without a network; ms."""
    await phone.baton.shutdown()
    began = time.monotonic()
    await phone.open()
    await phone.baton.foreground()
    inbox = await phone.baton.watch_inbox(InboxView.ALL())
    await inbox.until(lambda inbox: len(inbox.items) >= min(COUNT, 50), timeout=20)
    took = (time.monotonic() - began) * 1000
    await inbox.close()
    return took


async def transferred(world, phone):
    said = await world.ask("bytes", way=phone.way)
    return said["up"] + said["down"]


def extension():
    """Peak of a process that takes one push, over one that only loads the library; MB."""
    program = (
        "import sys, baton_core as core\n"
        "class Keys(core.KeyStore):\n"
        "    def get(self, name): return None\n"
        "    def put(self, name, value): pass\n"
        "    def delete(self, name): pass\n"
        "def peak():\n"
        "    text = open('/proc/self/status').read()\n"
        "    return int(text.split('VmHWM:')[1].split()[0])\n"
        "before = peak()\n"
        "config = core.CoreConfig(server='https://baton.example', directory=sys.argv[1],\n"
        "                         device_name='d')\n"
        "data = {'v': '1', 'k': 'message', 'id': '01900000-0000-7000-8000-000000000000',\n"
        "        'e': 'A' * 2700}\n"
        "core.take_push(config, Keys(), core.PushMessage.FCM(data))\n"
        "print(peak() - before)\n"
    )
    with tempfile.TemporaryDirectory() as directory:
        said = subprocess.run([sys.executable, "-c", program, directory], check=True,
                              capture_output=True, text=True)
    return int(said.stdout) / 1024


async def measured(world, table):
    base = memory("VmRSS")
    async with Stage(world, await world.ask("facts"), 99) as stage:
        phone = await stage.phone("ana")
        who = await phone.baton.signed_in()
        await customers_write(world, range(COUNT), "Hello, is anybody there?")
        inbox = await phone.inbox(InboxView.ALL())
        await eventually("everybody is in the inbox", lambda: inbox.total >= COUNT, within=600)
        table.row("memory", (memory("VmRSS") - base) / 1e6)
        ids = [row.id for row in inbox.items]

        await asyncio.sleep(1)
        before = await transferred(world, phone)
        await asyncio.sleep(60)
        table.row("idle", (await transferred(world, phone) - before) / 1000)

        before = await transferred(world, phone)
        unread = inbox.unread
        await customers_write(world, range(100), "Still there?")
        await eventually("all is here", lambda: inbox.unread >= unread + 100, within=120)
        table.row("message", (await transferred(world, phone) - before) / 100)

        await phone.baton.network(False)
        took = []
        for nth in range(300):
            began = time.monotonic()
            await phone.baton.note(ids[nth % len(ids)], f"note {nth}")
            took.append((time.monotonic() - began) * 1000)
        table.row("enqueue", at(0.99, took))
        await phone.baton.network(True)
        async def is_sent():
            return not await phone.baton.outbox()
        await eventually("the notes are sent", is_sent, within=120)

        await phone.live()
        await phone.baton.background(5)
        unread = inbox.unread
        await customers_write(world, range(500), "And now?")
        await asyncio.sleep(2)
        before, began = await transferred(world, phone), time.monotonic()
        await phone.baton.foreground()
        await eventually("what was missed is here", lambda: inbox.unread >= unread + 500,
                         within=60)
        table.row("resume", (time.monotonic() - began) * 1000)
        table.row("resume_bytes", (await transferred(world, phone) - before) / 1000)

        road = PushTarget(road=PushRoad.FCM_TOKEN, target=TARGET, app_id=None, locale=None)
        await phone.baton.register_push(road)
        await phone.live()
        await phone.baton.background(5)
        took = []
        for nth in range(20):
            said = await world.ask("customer", wa_id=number(nth), text=f"Push {nth}")
            push = await world.ask("push", who="ana", device=who.device, target=TARGET,
                                   content="wake",
                                   push={"kind": "message", "conversation": said["conversation"]})
            began = time.monotonic()
            await phone.baton.handle_push(PushMessage.FCM(push["data"]), within=10)
            took.append((time.monotonic() - began) * 1000)
        table.row("push", at(0.95, took))
        table.row("first_list", statistics.median([await first_list(phone) for _ in range(5)]))


async def main():
    table = Table()
    library = os.environ.get("BATON_LIBRARY", "target/debug/libbaton_core.so")
    if shutil.which("strip"):
        table.row("library", weigh(library))
    table.row("extension", extension())
    await measured(World(os.environ["BATON_WORLD"]), table)
    sys.exit(table.over)


if __name__ == "__main__":
    asyncio.run(main())
