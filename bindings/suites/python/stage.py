"""What the scenarios are played with: the world, agents' phones, and waiting for conditions."""

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from baton import Baton, InboxView, MemoryKeys, TimelineEntry

# How long something may take that has to happen; this machine may be busy with other things.
DEADLINE = 20.0


class WorldError(Exception):
    """The world could not do what it was asked."""


def expect(is_so, what):
    """A condition that has to hold here and now."""
    if not is_so:
        raise AssertionError(what)


async def eventually(what, check, within=DEADLINE):
    """Waits until `check()`, which may be a coroutine, is true, and gives what it gave."""
    until, said = time.monotonic() + within, None
    while True:
        said = check()
        if asyncio.iscoroutine(said):
            said = await said
        if said:
            return said
        if time.monotonic() > until:
            raise AssertionError(f"not within {within:.0f} s: {what}")
        await asyncio.sleep(0.02)


class World:
    """The world of `world.py`, asked from threads so that the loop goes on."""

    def __init__(self, address):
        self.address = address

    async def ask(self, act, /, **body):
        return await asyncio.to_thread(self._ask, act, body)

    def _ask(self, act, body):
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/{act}", data=data, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise WorldError(f"/{act}: {error.read().decode()}") from None


class Phone:
    """An agent's device: a directory, a key store, a way to the server, and at times a core."""

    def __init__(self, stage, who, directory, way):
        self.stage, self.who, self.directory = stage, who, directory
        self.way, self.url = way["way"], way["url"]
        self.keys, self.baton, self.taps, self.events = MemoryKeys(), None, [], []
        self.agent = stage.logins[who]["agent_id"]

    def opening(self, keys=None, **options):
        return Baton.open(self.url, self.directory, keys or self.keys,
                          device_name=f"{self.who}'s phone", **options)

    async def open(self, **options):
        """The core begins; what it tells is kept in `events`."""
        self.baton = await self.opening(**options)
        self.stage.stack.push_async_callback(self.baton.shutdown)
        stream = self.baton.events()
        self.stage.task(self._hear(stream))
        return self.baton

    async def _hear(self, stream):
        async for event in stream:
            self.events.append(event)

    async def sign_in(self, password=None):
        login = self.stage.logins[self.who]
        password = login["password"] if password is None else password
        return await self.baton.sign_in(self.stage.workspace, login["email"], password)

    async def go_live(self):
        await self.baton.network(True)
        await self.baton.foreground()
        await self.live()

    async def live(self):
        async def is_live():
            return (await self.baton.standing()).is_LIVE()
        await eventually(f"{self.who} is live", is_live)

    async def restart(self, **options):
        await self.baton.shutdown()
        self.events = []
        return await self.open(**options)

    async def cut(self, mode):
        await self.stage.world.ask("cut", way=self.way, mode=mode)

    async def inbox(self, view=None, **options):
        watched = await self.baton.watch_inbox(view or InboxView.ALL(), **options)
        self.stage.stack.push_async_callback(quietly, watched.close)
        return watched

    async def row(self, conversation, is_so=lambda row: True):
        """The row of a conversation in this phone's inbox, once it is like this."""
        inbox = await self.inbox()
        def found():
            return next((r for r in inbox.items if r.id == conversation and is_so(r)), None)
        row = await eventually(f"the row of the conversation at {self.who}", found)
        await inbox.close()
        return row

    async def timeline(self, conversation, **options):
        """A conversation on the screen, once its lines are there."""
        watched = await self.baton.watch_timeline(conversation, **options)
        self.stage.stack.push_async_callback(quietly, watched.close)
        await eventually(f"{self.who} sees lines", lambda: lines(watched))
        return watched

    async def header(self, conversation):
        watched = await self.baton.watch_header(conversation)
        self.stage.stack.push_async_callback(quietly, watched.close)
        await eventually(f"{self.who} sees the header", lambda: watched.value)
        return watched

    async def item(self, number):
        """An act in the outbox, by its number; None when it is gone."""
        return next((one for one in await self.baton.outbox() if one.number == number), None)

    async def in_review(self, number):
        async def is_held():
            item = await self.item(number)
            return item if item is not None and item.review is not None else None
        return await eventually(f"act {number} of {self.who} needs review", is_held)

    async def sent(self, *numbers):
        """Waits until these acts are gone from the outbox."""
        async def gone():
            left = {one.number for one in await self.baton.outbox()}
            return not left.intersection(numbers)
        await eventually(f"acts {numbers} of {self.who} are sent", gone)

    def heard(self, is_it):
        """Events that were heard so far and are like this."""
        return [event for event in self.events if is_it(event)]


class Stage:
    """What one scenario is played on: customers, directories and phones of its own."""

    def __init__(self, world, facts, number):
        self.world, self.number = world, number
        self.workspace, self.logins = facts["workspace"], facts["logins"]
        self.stack = contextlib.AsyncExitStack()
        self.customers = 0
        self.tasks = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        await self.stack.__aexit__(*error)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def task(self, work):
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    def directory(self):
        path = Path(tempfile.mkdtemp(prefix=f"baton-{self.number:02}-"))
        self.stack.callback(shutil.rmtree, path, ignore_errors=True)
        return path

    def wa_id(self):
        """A customer of this scenario's own."""
        self.customers += 1
        return f"3460{os.getpid() % 100_000:05}{self.number:02}{self.customers:03}"

    async def new_phone(self, who):
        """An agent's phone, whose core was never opened so far."""
        return Phone(self, who, self.directory(), await self.world.ask("way"))

    async def phone(self, who, sign_in=True):
        """An agent's phone, live unless it is not to sign in."""
        phone = await self.new_phone(who)
        await phone.open()
        if sign_in:
            await phone.baton.network(True)
            await phone.baton.foreground()
            await phone.sign_in()
            await phone.live()
        return phone

    async def customer(self, text="Hola", wa_id=None, ago_s=0):
        """A customer writes, by the clock of WhatsApp some seconds ago; the conversation, and the
        customer's number."""
        wa_id = wa_id or self.wa_id()
        told = await self.world.ask("customer", wa_id=wa_id, name=f"Customer {wa_id[-5:]}",
                                    text=text, ago_s=ago_s)
        return told["conversation"], wa_id

    async def colleague(self, who, kind, conversation, **more):
        """A colleague acts elsewhere; the server has taken it."""
        result = await self.world.ask("colleague", who=who, type=kind, conversation=conversation,
                                      **more)
        expect("accepted" in result, f"{who}'s {kind} was not accepted: {result}")
        return result

    async def reached(self, wa_id):
        """Texts that reached the customer's phone."""
        told = await self.world.ask("reached", wa_id=wa_id)
        return [one["body"]["body"] for one in told["reached"] if one["to"] == wa_id]

    async def server(self, conversation):
        """A conversation as the server has it."""
        return await self.world.ask("rest", who="admin", method="GET",
                                    path=f"/conversations/{conversation}")

    async def server_texts(self, conversation):
        """Texts of its lines, as the server has them."""
        return [line["content"].get("text") for line in (await self.server(conversation))["lines"]]

    async def server_notes(self, conversation):
        """Texts of its notes, as the server has them."""
        return [note["text"] for note in (await self.server(conversation))["notes"]]

    async def server_owner(self, conversation):
        """Who owns it, as the server has it."""
        return (await self.server(conversation))["view"]["head"]["owner"]["id"]

    async def reaches(self, wa_id, expected):
        """These texts, and no others, reach the customer's phone, in this order."""
        async def are_there():
            return len(await self.reached(wa_id)) >= len(expected)
        await eventually(f"{expected} reach the customer", are_there)
        reached = await self.reached(wa_id)
        expect(reached == expected, f"once each, in order: {reached}, not {expected}")


async def quietly(close):
    """Closes something whose core may be shut down already."""
    with contextlib.suppress(Exception):
        await close()


def lines(timeline):
    return [entry.line for entry in timeline.items if isinstance(entry, TimelineEntry.LINE)]


def notes(timeline):
    return [entry.note for entry in timeline.items if entry.is_NOTE()]


def echoes(timeline):
    return [entry.item for entry in timeline.items if entry.is_ECHO()]


def texts(timeline):
    return [line.text for line in lines(timeline)]


SCENARIOS = {}


def scenario(number):
    """Names a function as the one that plays a scenario of SCENARIOS.md."""
    def named(play):
        SCENARIOS[number] = play
        return play
    return named
