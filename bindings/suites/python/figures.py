"""What figures are made of: customers who write, what is held in memory, what went over the
network."""

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from baton import InboxView

WORDS = ("order parcel refund where please today invoice thanks still waiting number address "
         "delivery broken return Monday").split()


def memory(field):
    """Of this process, by its name in /proc/self/status; bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def at(share, values):
    """The value below which this share of them is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def number(nth):
    """A customer's."""
    return f"4915{nth:08d}"


def says(text, dice, count=8):
    """Each something of their own after the text: what is the same costs nothing to repeat."""
    return f"{text} {' '.join(dice.choices(WORDS, k=count))} {dice.getrandbits(40)}"


async def customers_write(world, messages):
    """Messages, each a customer's place and a text, from many threads."""
    def write(message):
        nth, text = message
        world._ask("simulator", {"method": "POST", "path": "/control/messages", "body": {
            "from": {"wa_id": number(nth), "name": f"Customer {nth}"}, "text": text}})
    with ThreadPoolExecutor(16) as pool:
        await asyncio.get_running_loop().run_in_executor(
            None, lambda: list(pool.map(write, messages)))


async def each_says(world, numbers, text):
    dice = random.Random(text)
    await customers_write(world, [(nth, says(text, dice)) for nth in numbers])


async def transferred(world, phone):
    """Bytes on the phone's way to the server, both directions."""
    said = await world.ask("bytes", way=phone.way)
    return said["up"] + said["down"]


def shows(outcome):
    """Whether a push is shown, be it in the place of an earlier one."""
    return outcome.verdict.is_SHOW() or outcome.verdict.is_UPDATE()


async def first_list(phone, count):
    """From nothing to the first page of so many on the screen, without a network; ms."""
    await phone.baton.shutdown()
    began = time.monotonic()
    await phone.open()
    await phone.baton.foreground()
    inbox = await phone.baton.watch_inbox(InboxView.ALL())
    await inbox.until(lambda inbox: len(inbox.items) >= min(count, 50), timeout=20)
    took = (time.monotonic() - began) * 1000
    await inbox.close()
    return took
