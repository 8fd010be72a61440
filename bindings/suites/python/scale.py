"""What a large inbox costs, as an app sees it: a table. Against the server of the world, through
the layer, on this machine; nothing is compared with a limit but what budgets.json has.

BATON_CONVERSATIONS  customers who write (default 10000)
BATON_EACH           messages of each (default 20)
"""

import asyncio
import ctypes
import gc
import os
import random
import statistics
import time

from baton import InboxView

from figures import (
    WORDS, at, customers_write, first_list, memory, number, transferred,
)
from stage import Stage, World, eventually

COUNT = int(os.environ.get("BATON_CONVERSATIONS", "10000"))
EACH = int(os.environ.get("BATON_EACH", "20"))
RARE = "zanahoria"


def row(what, cost):
    print(f"| {what} | {cost} |", flush=True)


def timings(took):
    return f"p50 {statistics.median(took):,.1f} ms, p95 {at(0.95, took):,.1f} ms"


async def everybody_writes(world):
    """So many messages of each customer, each another; one of them all says something rare."""
    def said(nth):
        dice = random.Random(nth)
        for turn in range(EACH):
            text = " ".join(dice.choices(WORDS, k=16))
            yield f"{text} {RARE}" if (nth, turn) == (COUNT // 2, 0) else text
    messages = ((nth, text) for nth in range(COUNT) for text in said(nth))
    await customers_write(world, messages)


async def timed(act):
    began = time.monotonic()
    said = await act
    return (time.monotonic() - began) * 1000, said


async def finds(phone, text):
    watched = await phone.baton.watch_inbox(InboxView.SEARCH(text))
    await watched.until(lambda found: True, timeout=120)
    await watched.close()
    return watched


async def grows(inbox, most):
    """Shows a page more, and waits until it is there; ms."""
    shown = len(inbox.items)
    began = time.monotonic()
    await inbox.more()
    await inbox.until(lambda inbox: len(inbox.items) > shown or not inbox.has_more, timeout=most)
    return (time.monotonic() - began) * 1000


async def measured(world):
    async with Stage(world, await world.ask("facts"), 97) as stage:
        began = time.monotonic()
        await everybody_writes(world)
        print(f"{COUNT * EACH:,} messages were written in {time.monotonic() - began:,.0f} s\n")
        print("| What | Cost |\n|---|--:|")
        # What writing the messages took is given back now, and not while it is measured.
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        base = memory("VmRSS")
        phone = await stage.phone("ana", sign_in=False)
        inbox = await phone.inbox(InboxView.ALL())
        await phone.baton.network(True)
        await phone.baton.foreground()
        before = await transferred(world, phone)
        began = time.monotonic()
        await phone.sign_in()
        await eventually("the first page", lambda: len(inbox.items) >= 50, within=60)
        row("from signing in to the first list", f"{(time.monotonic() - began) * 1000:,.0f} ms")
        await eventually("everybody is in the inbox", lambda: inbox.total >= COUNT, within=900)
        await phone.live()
        row("until all is held", f"{time.monotonic() - began:,.1f} s")
        row("and on the network", f"{(await transferred(world, phone) - before) / 1e6:,.1f} MB")
        row("memory over the app's own", f"{(memory('VmRSS') - base) / 1e6:,.1f} MB")
        said = await phone.baton.diagnostics()
        row("diagnostics", str(said).replace("|", "/"))

        pages = [await grows(inbox, 20) for _ in range(min(40, COUNT // 50 - 1))]
        row(f"scroll: a page more of the inbox, {len(pages)} times", timings(pages))
        took = []
        for one in random.Random(1).sample(inbox.items, 50):
            def opened(one=one):
                return phone.baton.watch_timeline(one.id)
            began = time.monotonic()
            timeline = await opened()
            await timeline.until(lambda shown: shown.items, timeout=20)
            took.append((time.monotonic() - began) * 1000)
            await timeline.close()
        row("a conversation is opened", timings(took))
        await inbox.close()

        await phone.baton.network(False)
        for what, text in (("a rare word", RARE), ("a word that nobody said", "ninguno"),
                           ("a common word", "parcel"), ("a number", number(COUNT // 3))):
            took, found = [], None
            for _ in range(5):
                ms, found = await timed(finds(phone, text))
                took.append(ms)
            row(f"search: {what}, {found.total} found", timings(took))
        searching = asyncio.ensure_future(finds(phone, "ninguno"))
        ids = [one.id for one in found.items]
        took = []
        while not searching.done():
            ms, _ = await timed(phone.baton.note(ids[0], f"note {len(took)}"))
            took.append(ms)
        row(f"an act is kept while a search goes on, {len(took)} times", timings(took))
        row("from nothing to the first list, without a network",
            timings([await first_list(phone, COUNT) for _ in range(9)]))
        row("memory at the end, over the app's own", f"{(memory('VmRSS') - base) / 1e6:,.1f} MB")


if __name__ == "__main__":
    asyncio.run(measured(World(os.environ["BATON_WORLD"])))
