#!/usr/bin/env python3
"""A desk in the terminal: the list, a conversation, a reply. Over Baton's phone core.

    make demo                                          # in another terminal; ^C ends it
    scripts/mobile/bindgen.sh                          # once, and whenever the core changes
    PYTHONPATH=target/bindings/python:bindings/python \\
        bindings/samples/python/desk.py --email ben@demo.example

What is kept lies in --directory: started again it shows its list without a network, and what was
replied without one is sent when there is one. `/offline` and `/online` show that.
"""

import argparse
import asyncio
import mimetypes
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from baton import Baton, CoreError, FileKeys, InboxView, MediaKind, Stage, for_people  # noqa: E402

HELP = """In the list: a number opens a conversation.
In a conversation: a text is a reply; /file PATH, /note TEXT, /claim, /resolve, /back.
What needs review: /send N, /edit N TEXT, /discard N.
Anywhere: /offline, /online, /help, /quit."""


def clock(ms):
    return datetime.fromtimestamp(ms / 1000).strftime("%H:%M")


def wish(item):
    """A claim has no text, a file a size."""
    kind = item.kind.name.lower()
    if item.file:
        return f"{item.file.name or item.file.media_type}: {item.file.sent} of {item.file.bytes}"
    return f"{kind}: {item.text}" if item.text else kind


class Desk:
    def __init__(self, baton):
        self.baton, self.inbox = baton, None
        self.timeline = self.header = self.conversation = None
        self.names, self.shown = {}, {}

    async def know_people(self):
        try:
            self.names = {one.id: one.name for one in (await self.baton.people()).agents}
        except CoreError as error:
            print(f"· {for_people(error)}")

    def owner(self, owner):
        return "in the queue" if owner.is_QUEUE() else self.names.get(owner.agent, "a colleague")

    # What is drawn.

    async def draw_list(self):
        async for rows in self.inbox:
            if self.conversation is None:
                self.draw_rows(rows)

    def draw_rows(self, rows):
        print(f"\n── {self.inbox.total} conversations, {self.inbox.unread} unread lines")
        self.shown = {number: row for number, row in enumerate(rows, 1)}
        for number, row in self.shown.items():
            marks = [f"{row.unread} new"] if row.unread else []
            marks += ["needs review"] if row.own.needs_review else []
            marks += ["draft"] if row.has_draft else []
            marks += ["claiming"] if row.own.is_claiming else []
            print(f"{number:3} {row.title or '…':20} {row.preview or '':30.30} "
                  f"[{self.owner(row.owner)}] {', '.join(marks)}")

    async def draw_conversation(self, timeline, header):
        async for entries in timeline:
            title = header.value and header.value.title or "…"
            print(f"\n── {title}, {self.owner(header.value.owner) if header.value else ''}")
            for entry in entries:
                print("   " + self.line(entry))
            if header.value and header.value.unread and timeline.seen:
                await self.baton.mark_read(self.conversation, timeline.seen.seq)

    def author(self, author):
        if author.is_AGENT():
            return self.names.get(author.id, "a colleague")
        return "customer" if author.is_CUSTOMER() else "phone app"

    def line(self, entry):
        if entry.is_LINE():
            line = entry.line
            end = f" ({line.status.name.lower()})" if line.status else ""
            said = line.text or "[no text]"
            return f"{clock(line.at_ms)} {self.author(line.author)}: {said}{end}"
        if entry.is_NOTE():
            note = entry.note
            return f"{clock(note.at_ms)} note of {self.names.get(note.author, '…')}: {note.text}"
        if entry.is_MOVED():
            return f"{clock(entry.at_ms)} has a new number: {entry.to or 'the same'}"
        item = entry.item
        if item.stage != Stage.NEEDS_REVIEW:
            return f"…     {wish(item)} ({item.stage.name.lower()})"
        missed = " / ".join(line.text or "…" for line in item.review.missed)
        return f"!{item.number}    {wish(item)}: {item.review.detail}. Missed: {missed}"

    # What is done.

    async def open(self, row):
        await self.leave()
        self.conversation = row.id
        self.header = await self.baton.watch_header(row.id)
        self.timeline = await self.baton.watch_timeline(row.id)
        await self.baton.viewing(row.id)
        self.drawing = asyncio.ensure_future(self.draw_conversation(self.timeline, self.header))

    async def leave(self):
        if self.conversation is not None:
            self.drawing.cancel()
            await self.timeline.close()
            await self.header.close()
            await self.baton.viewing(None)
            self.conversation = self.timeline = self.header = None

    async def do(self, words):
        """Whether to go on."""
        command, _, rest = words.partition(" ")
        if command == "/quit":
            return False
        if command == "/help":
            print(HELP)
        elif command in ("/offline", "/online"):
            await self.baton.network(command == "/online")
        elif self.conversation is None:
            if command.isdigit() and int(command) in self.shown:
                await self.open(self.shown[int(command)])
            elif words:
                print(HELP)
        else:
            await self.do_here(command, rest, words)
        return True

    async def do_here(self, command, rest, words):
        here, seen = self.conversation, self.timeline.seen
        if command == "/back":
            await self.leave()
            self.draw_rows(self.inbox.items)
        elif command == "/file":
            await self.send_file(Path(rest).expanduser(), seen)
        elif command == "/note":
            await self.baton.note(here, rest)
        elif command == "/claim":
            if self.header.value:
                await self.baton.claim(here, self.header.value.owner_epoch)
            else:
                print("· it is not known who owns it")
        elif command == "/resolve":
            await self.baton.resolve(here, seen)
        elif command == "/send":
            await self.baton.send_anyway(int(rest), seen)
        elif command == "/edit":
            number, _, text = rest.partition(" ")
            await self.baton.edit(int(number), text, seen)
        elif command == "/discard":
            await self.baton.discard(int(rest))
        elif words.startswith("/"):
            print(HELP)
        elif words:
            await self.baton.reply(here, words, seen)

    async def send_file(self, path, seen):
        """What WhatsApp shows as a picture goes as one, everything else as a document."""
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kind = MediaKind.IMAGE if media_type.startswith("image/") else MediaKind.DOCUMENT
        await self.baton.send_file(self.conversation, path, seen, kind=kind,
                                   media_type=media_type, name=path.name)

    async def tell_events(self, events):
        async for event in events:
            if event.is_STANDING():
                print(f"· {type(event.standing).__name__.rpartition('.')[2].lower()}")
                if event.standing.is_LIVE() and not self.names:
                    await self.know_people()
            elif event.is_PEOPLE():
                await self.know_people()
            elif event.is_LEASE_LOST():
                print(f"· {self.names.get(event.by, 'a colleague')} composes now")
            elif event.is_WIPED():
                print("· this device was revoked")

    async def run(self):
        async with await self.baton.watch_inbox(InboxView.ALL()) as self.inbox:
            drawing = asyncio.ensure_future(self.draw_list())
            loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
            print(HELP)
            while words := await lines.readline():
                try:
                    if not await self.do(words.decode().strip()):
                        break
                except CoreError as error:
                    print(f"· {for_people(error)}")
                except ValueError:
                    print("· that takes a number, as /help says")
            drawing.cancel()


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="http://127.0.0.1:8080")
    parser.add_argument("--workspace", default="demo")
    parser.add_argument("--email", default="ana@demo.example")
    parser.add_argument("--password", default="baton-demo-2026", help="that of the demo")
    parser.add_argument("--directory", type=Path, help="default ~/.baton-desk/EMAIL")
    args = parser.parse_args()
    directory = args.directory or Path.home() / ".baton-desk" / args.email
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = FileKeys(directory / "keys")
    async with Baton.open(args.server, directory / "store", keys,
                          device_name="Terminal") as baton:
        desk = Desk(baton)
        telling = asyncio.ensure_future(desk.tell_events(baton.events()))
        await baton.network(True)
        await baton.foreground()
        if await baton.signed_in() is None:
            await baton.sign_in(args.workspace, args.email, args.password)
        await desk.know_people()
        await desk.run()
        telling.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except CoreError as error:
        sys.exit(f"desk.py: {for_people(error)}")
    except KeyboardInterrupt:
        pass
