#!/usr/bin/env python3
"""Plays the scenarios of SCENARIOS.md in Python, in the world that BATON_WORLD names.

    suite.py [NN …]    all of them, or these; `scenario NN ok` or `scenario NN FAILED: why` each

Ends with 1 when one failed.
"""

import asyncio
import faulthandler
import os
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import scenarios_app  # noqa: E402, F401
import scenarios_desk  # noqa: E402, F401
import scenarios_files  # noqa: E402, F401
import scenarios_life  # noqa: E402, F401
import scenarios_log  # noqa: E402, F401
import scenarios_outbox  # noqa: E402, F401
import scenarios_push  # noqa: E402, F401
import scenarios_sync  # noqa: E402, F401
import scenarios_team  # noqa: E402, F401
from stage import SCENARIOS, Stage, World  # noqa: E402

# For one scenario, in seconds.
DEADLINE = 120


async def play(world, facts, number):
    """Why it failed, or None."""
    begun = time.monotonic()
    try:
        async with Stage(world, facts, number) as stage:
            await asyncio.wait_for(SCENARIOS[number](stage), DEADLINE)
    except asyncio.TimeoutError as error:
        traceback.print_exc()
        return f"{error}" or f"not over after {time.monotonic() - begun:.0f} s"
    except Exception as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {error}".replace("\n", " ")
    finally:
        if os.environ.get("BATON_SUITE_TIMES"):
            print(f"# {number:02} took {time.monotonic() - begun:.1f} s", file=sys.stderr)
    return None


async def main():
    address = os.environ.get("BATON_WORLD")
    if not address:
        sys.exit("suite.py: run it in the world: world.py -- suite.py")
    faulthandler.enable()
    world = World(address)
    facts = await world.ask("facts")
    wanted = sorted(int(number) for number in sys.argv[1:]) or sorted(SCENARIOS)
    failed = 0
    for number in wanted:
        why = await play(world, facts, number)
        failed += why is not None
        print(f"scenario {number:02} {'ok' if why is None else f'FAILED: {why}'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
