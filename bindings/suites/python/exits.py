#!/usr/bin/env python3
"""Ends processes in every way while the core works: none may be aborted.

    exits.py [COUNT]    BATON_EXITS processes when left out, 20 without that; 200 for a proof

A thread that calls into Python while the interpreter ends aborts the process; the layer shuts down
every core before. Ends with 1 when a process ended in another way than it should.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from baton import Baton, CoreError, InboxView, LogLevel, MemoryKeys  # noqa: E402
from stage import World  # noqa: E402

# How a process ends, and with what code.
ENDS = {"orderly": 0, "in_flight": 0, "dropped": 0, "exit": 3, "raised": 1, "interrupted": 130}


async def use(baton):
    """What can be done without an account."""
    baton.log_to(lambda record: record.message, LogLevel.DEBUG)
    await baton.network(True)
    await baton.foreground()
    await baton.watch_inbox(InboxView.ALL())
    await baton.watch_badge()
    return await baton.standing(), await baton.signed_in(), await baton.diagnostics()


async def call(baton, number):
    """A call that is under way when the process ends, whenever that is."""
    while True:
        try:
            if number % 4 == 0:
                await baton.sign_in("demo", "nobody@demo.example", "no")
            elif number % 4 == 1:
                await baton.background(1)
            else:
                await use(baton)
        except CoreError.Closed:
            return
        except CoreError:
            await asyncio.sleep(0)


def in_flight(baton):
    return [asyncio.ensure_future(call(baton, number)) for number in range(24)]


async def child(how, server, directory):
    opening = Baton.open(server, directory, MemoryKeys())
    if how == "dropped":
        # Neither `async with` nor `shutdown`; calls are under way, and the loop goes first.
        baton = await opening
        await use(baton)
        globals()["kept"] = baton, in_flight(baton)
        await asyncio.sleep(0)
        return 0
    async with opening as baton:
        await use(baton)
        if how == "orderly":
            return 0
        calls = in_flight(baton)
        await asyncio.sleep(0.01)
        if how == "exit":
            sys.exit(3)
        if how == "raised":
            raise RuntimeError("this process ends by an exception")
        if how == "interrupted":
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(10)
        expect_some(calls)
    return 0


def expect_some(calls):
    if all(one.done() for one in calls):
        raise SystemExit("nothing was under way: this shows nothing")


def run(number, server):
    """How a process ended that should not have, or None."""
    how = list(ENDS)[number % len(ENDS)]
    directory = tempfile.mkdtemp(prefix="baton-exit-")
    try:
        ended = subprocess.run([sys.executable, __file__, "--child", how, server, directory],
                               capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return f"{how}: it did not end"
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    wanted = {ENDS[how], -signal.SIGINT} if how == "interrupted" else {ENDS[how]}
    said = ended.stderr
    if ended.returncode not in wanted or "FATAL" in said or "panicked" in said:
        return f"{how}: {ended.returncode}: {said[-1000:]}"
    return None


async def main(count):
    world = World(os.environ["BATON_WORLD"])
    way = await world.ask("way")
    with ThreadPoolExecutor(2) as runs:
        found = list(runs.map(lambda number: run(number, way["url"]), range(count)))
    bad = [one for one in found if one is not None]
    for one in bad[:5]:
        print(f"# {one}")
    print(f"exits: {count} processes, {len(bad)} ended as they should not")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        # Whoever is started in the background inherits that it is deaf to it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.exit(asyncio.run(child(*sys.argv[2:])))
    sys.exit(asyncio.run(main(int((sys.argv[1:] or [os.environ.get("BATON_EXITS", "20")])[0]))))
