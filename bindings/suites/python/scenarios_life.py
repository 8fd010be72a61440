"""The life of a core: background, the end, second cores, keys, revoked devices, leaks."""

import asyncio
import gc
import os
import random
import sqlite3
import uuid
import weakref

from baton import (
    Act, AppError, Availability, CannedMessage, Choice, CoreError, FileSize, Filter, InboxView,
    MediaKind, MemoryKeys, NotificationAnswer, NotificationEnd, PushLevel, PushLevels, PushMessage,
    PushOffReason, PushRoad, PushTarget,
)
from baton import lists
from stage import eventually, expect, lines, scenario, texts


def open_files(directory):
    """Files of a directory that this process has open."""
    inside = f"{directory}/"
    return [path for path in handles() if path.startswith(inside)]


def handles():
    for handle in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink(f"/proc/self/fd/{handle}")
        except FileNotFoundError:  # closed meanwhile
            pass


def connections(url):
    """Connections of this process to a way, of which no end is closed."""
    port = int(url.rsplit(":", 1)[1])
    own = {path for path in handles() if path.startswith("socket:")}
    found = []
    with open("/proc/self/net/tcp") as table:
        for row in list(table)[1:]:
            fields = row.split()
            is_there = int(fields[2].split(":")[1], 16) == port
            if is_there and f"socket:[{fields[9]}]" in own:
                found.append(fields[3])
    return found


@scenario(16)
async def background(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    expect(open_files(ana.directory), "before, files are open")
    expect(connections(ana.url), "before, a connection is open")
    await ana.baton.background()
    files, sockets = open_files(ana.directory), connections(ana.url)
    expect(not files, f"no file is open: {files}")
    expect(not sockets, f"no connection is open: {sockets}")
    expect((await ana.baton.standing()).is_SUSPENDED(), "suspended")
    await stage.customer("mientras", wa_id)
    await ana.baton.foreground()
    await ana.live()
    await eventually("live again", lambda: texts(timeline) == ["Hola", "mientras"])
    await ana.baton.background()
    expect(not open_files(ana.directory) and not connections(ana.url), "and closed once more")
    await stage.customer("en segundo plano", wa_id)
    expect(await ana.baton.sync(20), "it is synced")
    await eventually("everything is closed again", lambda: not open_files(ana.directory)
                     and not connections(ana.url))
    await ana.cut("refuse")
    await ana.baton.foreground()
    await eventually("the store has it", lambda: texts(timeline)[2:] == ["en segundo plano"])


@scenario(24)
async def cancel(stage):
    ana = await stage.phone("ana")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    await ana.baton.network(False)
    dice, cancelled, answered = random.Random(24), [], []
    for number in range(20):
        call = asyncio.ensure_future(ana.baton.note(conversation, f"nota {number}"))
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        if number % 2:
            await asyncio.sleep(dice.random() / 200)
        if call.cancel():
            cancelled.append(number)
        try:
            await call
            answered.append(number)
        except asyncio.CancelledError:
            pass
    expect(cancelled, "at least one was cancelled under way")
    kept = [item.text for item in await ana.baton.outbox()]
    expect(len(kept) == len(set(kept)), f"each once or not at all: {kept}")
    expect({f"nota {n}" for n in answered} <= set(kept), f"what was answered is kept: {kept}")
    await ana.baton.network(True)
    async def is_empty():
        return not await ana.baton.outbox()
    await eventually("all are sent", is_empty)
    there = await stage.server_notes(conversation)
    expect(sorted(there) == sorted(kept), f"on the server: {there}; in the outbox: {kept}")
    await ana.baton.reply(conversation, "todo bien", timeline.seen)
    await eventually("the core goes on", lambda: texts(timeline) == ["Hola", "todo bien"])


@scenario(25)
async def calls_after_shutdown(stage):
    ana = await stage.phone("ana")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    await ana.baton.shutdown()
    await ana.baton.shutdown()
    ana.baton.core.shutdown()
    baton, some = ana.baton, str(uuid.uuid4())
    target = PushTarget(road=PushRoad.APNS, target="0a", app_id=None, locale=None)
    calls = {
        "sign_in": lambda: baton.sign_in("demo", "ana@demo.example", "x"),
        "sign_out": baton.sign_out, "signed_in": baton.signed_in, "standing": baton.standing,
        "foreground": baton.foreground, "background": baton.background,
        "network": lambda: baton.network(True), "network_changed": baton.network_changed,
        "low_memory": baton.low_memory, "diagnostics": baton.diagnostics,
        "act": lambda: baton.act(conversation, Act.NOTE("tarde")),
        "withdraw": lambda: baton.withdraw(1),
        "choose": lambda: baton.choose(1, Choice.DISCARD()),
        "retry": baton.retry, "outbox": baton.outbox, "unsent": baton.unsent, "flush": baton.flush,
        "sync": baton.sync,
        "typing": lambda: baton.typing(conversation, "t"),
        "take_over": lambda: baton.take_over(conversation),
        "draft": lambda: baton.draft(conversation), "hold": lambda: baton.hold(conversation),
        "viewing": lambda: baton.viewing(conversation), "watch_presence": baton.watch_presence,
        "people": baton.people, "tags": baton.tags, "attributes": baton.attributes,
        "canned_replies": baton.canned_replies, "outcomes": lambda: baton.outcomes(some),
        "team_policy": lambda: baton.team_policy(some),
        "set_availability": lambda: baton.set_availability(Availability.AWAY),
        "watch_inbox": lambda: baton.watch_inbox(InboxView.ALL()),
        "watch_timeline": lambda: baton.watch_timeline(conversation),
        "watch_header": lambda: baton.watch_header(conversation),
        "watch_badge": baton.watch_badge, "unwatch": lambda: baton.core.unwatch(1),
        "more": lambda: baton.core.more(1), "newer": lambda: baton.core.newer(1),
        "newest": lambda: baton.core.newest(1),
        "older_lines": lambda: baton.older_lines(conversation, 1),
        "past_lines": lambda: baton.past_lines(conversation, "00"),
        "send_file": lambda: baton.send_file(conversation, b"x", None, kind=MediaKind.IMAGE,
                                             media_type="image/png"),
        "elsewhere": lambda: baton.elsewhere(conversation),
        "templates": lambda: baton.templates(some),
        "begin": lambda: baton.begin(some, "+34600123456"),
        "file_address": lambda: baton.file_address(conversation, some),
        "load_file": lambda: baton.load_file(conversation, some),
        "read_file": lambda: baton.core.read_file(conversation, some, FileSize.WHOLE, 0),
        "set_file_budget": lambda: baton.set_file_budget(1 << 20),
        "register_push": lambda: baton.register_push(target),
        "unregister_push": baton.unregister_push, "push_state": baton.push_state,
        "push_off": lambda: baton.push_off(PushOffReason.PERMISSION()),
        "handle_push": lambda: baton.handle_push(PushMessage.FCM({})),
        "answer_notification": lambda: baton.answer_notification(
            f"{conversation}.1.{some}", NotificationAnswer.RESOLVE()),
        "notification_ended": lambda: baton.notification_ended(some, NotificationEnd.OPENED),
        "log_to": lambda: baton.log_to(None), "go_through": lambda: baton.go_through(None),
        "send_canned": lambda: baton.send_canned(
            conversation, some, CannedMessage(text="x", seen=None, reply=some, version=1)),
        "episodes": lambda: baton.episodes(conversation), "notices": baton.notices,
        "read_notices": lambda: baton.read_notices(1),
        "kept_drafts": lambda: baton.kept_drafts(conversation),
        "context": lambda: baton.context(conversation),
        "customer_files": lambda: baton.customer_files(conversation),
        "server_list": lambda: baton.server_list(Filter()),
        "server_search": lambda: baton.server_search(Filter(text="x")),
        "saved_views": baton.saved_views, "devices": baton.devices,
        "end_device": lambda: baton.end_device(some), "push_levels": baton.push_levels,
        "set_push_levels": lambda: baton.set_push_levels(PushLevels(level=PushLevel.ALL)),
        "take_next": baton.take_next,
    }
    public = {name for name in dir(baton.core) if not name.startswith("_")}
    left = public - calls.keys() - {"open", "shutdown", "recent_logs", "trust_platform"}
    expect(not left, f"calls that are not tried: {left}")
    for name, call in calls.items():
        try:
            answer = await asyncio.wait_for(call(), 10)
        except CoreError.Closed:
            continue
        except Exception as error:
            raise AssertionError(f"{name} after shutdown is {error!r}") from error
        raise AssertionError(f"{name} after shutdown answers {answer}")


@scenario(26)
async def second_core(stage):
    ana = await stage.phone("ana")
    try:
        second = await ana.opening()
    except CoreError.Storage as error:
        expect(error.is_in_use and not error.is_key_lost, f"{error}")
    else:
        await second.shutdown()
        raise AssertionError("a second core opens the directory")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    await ana.restart()
    expect(await ana.baton.signed_in() is not None, "once it is shut down the directory is free")


class LockedKeys(MemoryKeys):
    """A key store before the device was unlocked for the first time."""

    def get(self, name):
        raise AppError.Locked()

    put = get


@scenario(27)
async def key_locked_key_lost(stage):
    ana = await stage.phone("ana")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    await ana.baton.typing(conversation, "sigo aquí")
    await ana.baton.shutdown()
    try:
        await ana.opening(keys=LockedKeys())
    except CoreError.KeyLocked:
        pass
    else:
        raise AssertionError("a core opens without its key")
    try:
        await ana.opening(keys=MemoryKeys())
    except CoreError.Storage as error:
        expect(error.is_key_lost and not error.is_in_use, f"{error}")
    else:
        raise AssertionError("a core opens with another key")
    await ana.open()
    expect(await ana.baton.signed_in() is not None, "nothing is wiped: signed in")
    await ana.baton.foreground()
    await ana.row(conversation, lambda row: row.has_draft)
    expect((await ana.baton.draft(conversation)).text == "sigo aquí", "nothing is wiped: the draft")


def rows(directory):
    """What lies in the store of a directory: rows of each table that is not empty."""
    found = {}
    for path in directory.rglob("*"):
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3":
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                for (table,) in tables.fetchall():
                    (count,) = database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()
                    if count:
                        found[table] = count
            database.close()
    return found


@scenario(28)
async def device_revoked(stage):
    ana = await stage.phone("ana")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    who = await ana.baton.signed_in()
    await ana.baton.typing(conversation, "ya casi")
    expect((await ana.baton.draft(conversation)).text == "ya casi", "a draft")
    await stage.world.ask("revoke", device=who.device)
    await eventually("Wiped is told", lambda: ana.heard(lambda event: event.is_WIPED()))
    expect(await ana.baton.signed_in() is None, "nobody is signed in")
    def forgotten():
        return ana.keys.get("baton.session") is None and ana.keys.get("baton.device") is None
    await eventually("the keys of the session are gone", forgotten)
    await ana.baton.shutdown()
    left = rows(ana.directory)
    for table in ("account", "conversation", "line", "note", "outbox", "draft", "kept", "listed"):
        expect(table not in left, f"nothing of hers is left: {left}")
    mine = [uuid.UUID(text) for text in (ana.agent, who.device, conversation)]
    for path in filter(lambda path: path.is_file(), ana.directory.rglob("*")):
        data = path.read_bytes()
        found = [str(id_) for id_ in mine if id_.bytes in data or str(id_).encode() in data]
        expect(not found, f"nor in the bytes of {path.name}: {found}")
    await ana.open()
    expect(await ana.baton.signed_in() is None, "nor after a restart")
    await ana.baton.network(True)
    await ana.baton.foreground()
    await ana.sign_in()
    await ana.live()
    expect(not await ana.baton.outbox(), "signing in again begins anew")


@scenario(29)
async def sign_out_and_in(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    device = (await ana.baton.signed_in()).device
    await ana.baton.network(False)
    kept = await ana.baton.reply(conversation, "antes de irme", timeline.seen)
    unsent = await ana.baton.unsent()
    expect([item.text for item in unsent] == ["antes de irme"], f"told before: {unsent}")
    await ana.baton.sign_out()
    expect(await ana.baton.signed_in() is None, "signed out")
    await ana.baton.network(True)
    expect(await stage.reached(wa_id) == [], "nothing is sent by nobody")
    who = await ana.sign_in()
    expect(who.device == device, "the same device")
    await ana.live()
    await ana.sent(kept.number)
    await stage.reaches(wa_id, ["antes de irme"])
    await eventually("its line", lambda: "antes de irme" in [x.text for x in lines(timeline)])
    expect(await stage.server_texts(conversation) == ["Hola", "antes de irme"], "once")


def resident():
    """Bytes of memory of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@scenario(30)
async def listeners_are_released(stage):
    ana = await stage.phone("ana")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    async def rounds(count):
        known = []
        for number in range(count):
            watched = await (ana.baton.watch_inbox(InboxView.ALL()) if number % 2 else
                             ana.baton.watch_timeline(conversation))
            if number % 4 == 0:
                await watched.until(lambda _: True, 20)
            known.append(weakref.ref(watched))
            if number % 10:
                await watched.close()
            del watched  # every tenth is not closed, but dropped
        return known
    def watchers():
        gc.collect()
        return sum(isinstance(one, lists._Watcher) for one in gc.get_objects())
    before = watchers()
    await rounds(1_000)
    await eventually("listeners are collected", lambda: watchers() == before)
    at = resident()
    known = await rounds(1_000)
    await eventually("and once more", lambda: watchers() == before)
    expect(not [ref for ref in known if ref() is not None], "lists are collected")
    grown = resident() - at
    expect(grown < 2_000_000, f"memory grew by {grown} bytes with 1,000 subscriptions")


async def is_locked(phone):
    """Nothing of what the phone holds is to be had; an inbox that was told as empty."""
    async def stands_so():
        return (await phone.baton.standing()).is_LOCKED()
    await eventually("it is locked", stands_so)
    inbox, some = await phone.inbox(), str(uuid.uuid4())
    await inbox.until(lambda _: True, timeout=20)
    expect(not inbox.items, f"nothing is shown: {inbox.items}")
    for call in (phone.baton.outbox, phone.baton.unsent, phone.baton.people,
                 lambda: phone.baton.note(some, "nota"), lambda: phone.baton.draft(some),
                 lambda: phone.baton.watch_inbox(InboxView.SEARCH("hola"))):
        try:
            await call()
        except CoreError.Locked:
            continue
        expect(False, "what is held is to be had")
    expect(not inbox.items, f"nor shown later: {inbox.items}")
    return inbox


@scenario(34)
async def locked(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    await ana.baton.network(False)
    await ana.baton.reply(conversation, "Ahora mismo", timeline.seen)
    await ana.restart(lock_after_s=1)
    await ana.baton.foreground()
    await is_locked(ana)
    await ana.restart(lock_after_s=1)
    await is_locked(ana)
    await ana.baton.foreground()
    inbox = await is_locked(ana)
    await ana.go_live()
    await eventually("the inbox is there", lambda: conversation in [r.id for r in inbox.items])
    await stage.reaches(wa_id, ["Ahora mismo"])
    shown = [item for event in ana.heard(lambda event: event.is_OUTBOX()) for item in event.shown]
    expect("Ahora mismo" in [item.text for item in shown], f"what waits is told again: {shown}")
    who = await ana.baton.signed_in()
    await ana.baton.shutdown()
    await stage.world.ask("revoke", device=who.device)
    await ana.restart(lock_after_s=1)
    await ana.baton.foreground()
    await is_locked(ana)
    await ana.restart(lock_after_s=1)
    await ana.baton.foreground()
    await is_locked(ana)
    await ana.baton.network(True)
    await eventually("Wiped is told", lambda: ana.heard(lambda event: event.is_WIPED()))
    shown = [event for event in ana.heard(lambda event: event.is_OUTBOX()) if event.shown]
    expect(not shown, f"nothing was shown before: {shown}")
