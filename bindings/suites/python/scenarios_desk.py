"""What the server alone knows, from a phone: notices, drafts, searches, views, devices, levels."""

import asyncio
import time

from baton import Act, ContextState, ContextWhy, CoreError, Filter, FilterStatus, NoticeKind
from baton import Priority, PushLevel, PushLevels, ReviewCode, TeamPushLevel
from scenarios_team import new_id
from stage import eventually, expect, lines, scenario

HOUR_MS = 3_600_000


@scenario(45)
async def what_concerns_me(stage):
    ana, ben = await stage.phone("ana"), await stage.phone("ben")
    conversation, _ = await stage.customer()
    await ben.row(conversation)
    await ben.baton.act(conversation, Act.NOTE("Ana, the invoice?", [ana.agent]))
    async def found():
        page = await ana.baton.notices()
        return next((one for one in page.notices if one.conversation == conversation), None)
    notice = await eventually("Ana's notices have it", found)
    expect((notice.kind, notice.by) == (NoticeKind.MENTION, ben.agent), f"{notice}")
    expect((notice.text, notice.is_read) == ("Ana, the invoice?", False), f"{notice}")
    before = (await ana.baton.notices(limit=1)).unread
    left = await ana.baton.read_notices(notice.position, conversation)
    expect(left == before - 1, f"{left} of {before} are left")
    other = await stage.phone("ana")
    page = await other.baton.notices()
    read = [one.is_read for one in page.notices if one.conversation == conversation]
    expect(read == [True], f"her other phone has it as {read}")


@scenario(46)
async def a_draft_that_outlives_its_phone(stage):
    ana, ben = await stage.phone("ana"), await stage.phone("ben")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    await ana.baton.viewing(conversation)
    text = "We have it in blue, and"
    async def is_kept():
        # As fingers do: what is typed once, before the lease is there, colleagues do not see.
        await ana.baton.typing(conversation, text)
        return text in [one.text for one in await ben.baton.kept_drafts(conversation)]
    await eventually("the server keeps what Ana typed", is_kept)
    await ana.baton.shutdown()
    for phone in (await stage.phone("ana"), ben):
        kept = await phone.baton.kept_drafts(conversation)
        expect([(one.agent, one.text) for one in kept] == [(ana.agent, text)], f"{kept}")
    expect(time.time() * 1000 - kept[0].at_ms < HOUR_MS, f"typed at {kept[0].at_ms}")


@scenario(47)
async def everything_is_searched(stage):
    ana = await stage.phone("ana")
    word = f"w{new_id()[-8:]}"
    conversation, _ = await stage.customer(f"Where is parcel {word} now?")
    await ana.row(conversation)
    async def found(**more):
        return await ana.baton.server_search(Filter(text=word, **more))
    async def is_found():
        page = await found()
        return page.hits[0] if page.hits else None
    hit = await eventually("the server finds it", is_found)
    expect((hit.conversation, hit.from_customer) == (conversation, True), f"{hit}")
    expect([part.text for part in hit.excerpt if part.is_match] == [word], f"{hit.excerpt}")
    now = int(time.time() * 1000)
    within = await found(from_ms=now - HOUR_MS, until_ms=now + HOUR_MS)
    expect([one.message for one in within.hits] == [hit.message], f"{within}")
    expect((await found(until_ms=now - HOUR_MS)).hits == [], "it was not said before")
    expect((await found(status=FilterStatus.RESOLVED)).hits == [], "it is not resolved")
    await ana.cut("refuse")
    try:
        await found()
        raise AssertionError("without a network the server was asked")
    except CoreError.Offline:
        pass


@scenario(48)
async def kept_views(stage):
    ana = await stage.phone("ana")
    conversation, _ = await stage.customer()
    await ana.row(conversation)
    until = int(time.time() * 1000) + HOUR_MS
    await ana.baton.act(conversation, Act.SNOOZE(until, await seen(ana, conversation)))
    name = f"Later {new_id()[-8:]}"
    body = {"name": name, "filter": {"status": "snoozed"}}
    await stage.world.ask("rest", who="ana", method="POST", path="/saved-views", body=body)
    view = next(one for one in await ana.baton.saved_views() if one.name == name)
    expect(view.filter == Filter(status=FilterStatus.SNOOZED), f"{view}")
    async def ids(filter):
        rows, page = [], None
        while True:
            listed = await ana.baton.server_list(filter, 2, page)
            rows += [row.id for row in listed.rows]
            page = listed.next
            if page is None:
                return rows
    async def is_listed():
        return conversation in await ids(view.filter)
    await eventually("the view shows it", is_listed)
    expect(conversation not in await ids(Filter()), "it is neither open nor waiting")
    past = Filter(status=FilterStatus.SNOOZED, until_ms=until - 2 * HOUR_MS)
    expect(conversation not in await ids(past), "it was written later")


@scenario(49)
async def take_next(stage):
    ana, ben, admin = [await stage.phone(who) for who in ("ana", "ben", "admin")]
    customers = [(await stage.customer())[0] for _ in range(3)]
    for phone in (ana, ben, admin):
        await phone.row(customers[-1])
    taken = await asyncio.gather(*(phone.baton.take_next() for phone in (ana, ben)))
    expect(None not in taken and taken[0] != taken[1], f"two are taken: {taken}")
    for phone, conversation in zip((ana, ben), taken):
        expect(await stage.server_owner(conversation) == phone.agent, f"{phone.who} owns hers")
    last, _ = await stage.customer()
    await admin.row(last)
    await admin.baton.act(last, Act.SET_PRIORITY(Priority.URGENT, "No water"))
    await ben.row(last, lambda row: row.priority == Priority.URGENT)
    expect(await ben.baton.take_next() == last, "what is urgent is taken first")
    header = await ben.header(last)
    later = int(time.time() * 1000) + HOUR_MS
    await ben.baton.act(last, Act.REMIND(later, False, None, "Look again"))
    await eventually("his reminder stands", lambda: header.value.reminder is not None
                     and header.value.reminder.at_ms == later)
    await ben.baton.act(last, Act.END_REMINDER())
    await eventually("and is gone", lambda: header.value.reminder is None)
    await stage.world.ask("rest", who="admin", method="PATCH", path=f"/agents/{ana.agent}",
                          body={"capacity": 1})
    try:
        try:
            raise AssertionError(f"Ana took {await ana.baton.take_next()} beyond her capacity")
        except CoreError.Server as refused:
            expect(refused.code == "at_capacity", f"{refused}")
        free, _ = await stage.customer()
        row = await ana.row(free)
        kept = await ana.baton.claim(free, row.owner_epoch)
        item = await ana.in_review(kept.number)
        expect(item.review.code == ReviewCode.AT_CAPACITY, f"{item.review}")
        await ana.baton.discard(kept.number)
        await admin.row(free)
        await admin.baton.act(free, Act.ASSIGN(ana.agent, row.owner_epoch, True))
        await ana.row(free, lambda row: row.owner.is_AGENT() and row.owner.agent == ana.agent)
    finally:
        await stage.world.ask("rest", who="admin", method="PATCH", path=f"/agents/{ana.agent}",
                              body={"capacity": None})


@scenario(50)
async def devices_levels_and_what_replaces(stage):
    ana, lost = await stage.phone("ana"), await stage.phone("ana")
    who = await lost.baton.signed_in()
    devices = await ana.baton.devices()
    this = [one.id for one in devices if one.is_this]
    expect(this == [(await ana.baton.signed_in()).device], f"{devices}")
    await ana.baton.end_device(who.device)
    def is_wiped():
        return lost.heard(lambda event: event.is_WIPED())
    await eventually("the lost phone is wiped", is_wiped)
    expect(who.device not in [one.id for one in await ana.baton.devices()], "it is listed still")
    team = (await ana.baton.people()).teams[0].id
    levels = PushLevels(level=PushLevel.MINE, teams=[TeamPushLevel(team=team, level=PushLevel.ALL)])
    expect(await ana.baton.set_push_levels(levels) == levels, "what holds is what was set")
    other = await stage.phone("ana")
    expect(await other.baton.push_levels() == levels, "it holds on her other phone")
    await ana.baton.set_push_levels(PushLevels(level=PushLevel.ALL))
    conversation, wa_id = await stage.customer()
    timeline = await ana.timeline(conversation)
    async def blocks(is_so):
        await stage.world.ask("simulator", method="POST", path="/control/acts",
                              body={"act": "block", "from": {"wa_id": wa_id}, "blocks": is_so})
    await blocks(True)
    await ana.baton.reply(conversation, "At ten", timeline.seen)
    def failed():
        return next((line for line in lines(timeline) if line.text == "At ten"
                     and line.status is not None and line.status.name == "FAILED"), None)
    line = await eventually("the reply fails", failed)
    await blocks(False)
    await ana.baton.reply(conversation, "At eleven", timeline.seen, replaces=line.id)
    await stage.reaches(wa_id, ["At eleven"])
    def is_cancelled():
        return [one.status.name for one in lines(timeline) if one.id == line.id] == ["CANCELLED"]
    await eventually("the failed one is cancelled", is_cancelled)


@scenario(53)
async def what_the_shop_knows(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    shop, gone = new_id(), new_id()
    async def asks(method, path, body=None):
        await stage.world.ask("rest", who="admin", method=method, path=path, body=body)
    for setting, name in ((shop, "source"), (gone, "gone")):
        body = {"name": name, "url": f"{stage.world.address}/{name}", "enabled": True}
        put = {"home": {"kind": "workspace"}, "body": body}
        await asks("POST", "/settings", [{"kind": "context_source", "id": setting, "put": put}])
        await asks("POST", f"/context-sources/{setting}/secrets")
    try:
        said = {one.id: one for one in await ana.baton.context(conversation)}
        rows = [(row.label, row.value) for row in said[shop].rows]
        expect(said[shop].state == ContextState.FRESH, f"{said[shop]}")
        expect((said[shop].title, rows) == ("Shop", [("Number", wa_id)]), f"{said[shop]}")
        down = (said[gone].state, said[gone].why, said[gone].rows, said[gone].at_ms)
        expect(down == (ContextState.UNAVAILABLE, ContextWhy.DOWN, [], None), f"{said[gone]}")
        again = {one.id: one for one in await ana.baton.context(conversation)}
        expect(again[shop].state == ContextState.CACHED, f"{again[shop]}")
        expect(again[shop].rows == said[shop].rows, f"{again[shop]}")
    finally:
        ends = [{"kind": "context_source", "id": one, "expect": 2} for one in (shop, gone)]
        await asks("POST", "/settings", ends)


async def seen(phone, conversation):
    """The newest line of a conversation on this phone."""
    timeline = await phone.timeline(conversation)
    return timeline.seen
