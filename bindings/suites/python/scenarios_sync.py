"""Signing in, lists, and what a restart or a cut connection leaves."""

import asyncio
import uuid

from baton import CoreError, InboxView, apply, for_people
from stage import echoes, eventually, expect, lines, scenario, texts


@scenario(1)
async def sign_in_live_inbox(stage):
    ana = await stage.phone("ana", sign_in=False)
    expect((await ana.baton.standing()).is_SIGNED_OUT(), "nobody is signed in on a new device")
    inbox = await ana.inbox()
    await ana.baton.network(True)
    await ana.baton.foreground()
    who = await ana.sign_in()
    expect(who.agent == ana.agent, "Ana is who is signed in")
    await ana.live()
    conversation, _ = await stage.customer("¿Está abierto?")
    # Beside a server of a later version the head may be there before the line.
    def found():
        return next((row for row in inbox.items if row.id == conversation and row.preview), None)
    row = await eventually("the row appears with its line", found)
    expect(row.preview == "¿Está abierto?" and row.preview_from_customer, f"the preview: {row}")
    expect(row.unread == 1, f"unread is {row.unread}")
    expect(row.unanswered_since_ms, "the customer waits since some time")


@scenario(2)
async def wrong_password(stage):
    ana = await stage.phone("ana", sign_in=False)
    await ana.baton.network(True)
    await ana.baton.foreground()
    try:
        await ana.sign_in(password="not the one")
    except CoreError.WrongCredentials as error:
        told = for_people(error)
        expect("password" in told, f"people are told {told}")
    else:
        raise AssertionError("a wrong password signs in")
    expect(await ana.baton.signed_in() is None, "somebody is signed in")
    expect((await ana.baton.standing()).is_SIGNED_OUT(), "not signed out")
    await ana.sign_in()
    await ana.live()


@scenario(3)
async def reply(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    held, told, clock = [], [], asyncio.get_running_loop()
    last = [clock.time()]
    def tap(batch):
        """Every batch as it is applied, on the core's thread: states that the loop never sees."""
        apply(held, batch.steps)
        told.append(tuple(held))
        last[0] = clock.time()
    timeline = await ana.timeline(conversation, tap=tap)
    # A list is told at most ten times a second: what is told next is to be the echo.
    await eventually("nothing is being told", lambda: clock.time() - last[0] > 0.3)
    kept = await ana.baton.reply(conversation, "Sí, hasta las ocho", timeline.seen)
    expect(kept.is_new, "it is a new act")
    await eventually("the line", lambda: any(x.op_id == kept.op_id for x in lines(timeline)))
    await ana.sent(kept.number)
    shown = []
    for entries in told:
        as_echo = sum(1 for e in entries if e.is_ECHO() and e.item.op_id == kept.op_id)
        as_line = sum(1 for e in entries if e.is_LINE() and e.line.op_id == kept.op_id)
        shown.append((as_echo, as_line))
    first = next(at for at, counts in enumerate(shown) if counts != (0, 0))
    expect(shown[first] == (1, 0), f"the echo comes first: {shown}")
    expect(all(sum(counts) == 1 for counts in shown[first:]), f"never both or neither: {shown}")
    expect(shown[-1] == (0, 1) and not echoes(timeline), f"the line stays: {shown}")
    await stage.reaches(wa_id, ["Sí, hasta las ocho"])


@scenario(4)
async def list_diffs(stage):
    ana = await stage.phone("ana")
    built = await ana.inbox()
    wa_ids = [stage.wa_id() for _ in range(10)]
    first = await asyncio.gather(*(stage.customer("uno", wa_id) for wa_id in wa_ids))
    again = [wa_ids[at] for at in (3, 0, 7, 3)]
    for wa_id in again:
        await stage.customer("otra vez", wa_id)
    unread = {conversation: 1 + again.count(wa_id) for conversation, wa_id in first}
    def as_told(rows):
        return [(row.id, row.unread) for row in rows]
    def is_all_there():
        found = {row.id: row.unread for row in built.items}
        return all(found.get(conversation) == count for conversation, count in unread.items())
    await eventually("all ten are there, with their unread lines", is_all_there)
    async def is_equal():
        fresh = await ana.inbox()
        await eventually("a snapshot", lambda: fresh.total)
        same = as_told(fresh.items) == as_told(built.items)
        same = same and (fresh.total, fresh.unread) == (built.total, built.unread)
        await fresh.close()
        return same
    await eventually("steps and snapshot are the same list", is_equal)
    waiting = [row.unanswered_since_ms for row in built.items if row.unanswered_since_ms]
    expect(waiting == sorted(waiting), f"who waits longest comes first: {waiting}")
    expect(built.revision > 1, "it was told in several batches")


@scenario(5)
async def restart_resumes(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer("antes")
    await ana.row(conversation)
    await ana.baton.shutdown()
    await stage.customer("mientras", wa_id)
    await ana.cut("refuse")
    await ana.open()
    who = await ana.baton.signed_in()
    expect(who is not None and who.agent == ana.agent, "signed in without a password")
    await ana.baton.network(False)
    await ana.baton.foreground()
    row = await ana.row(conversation)
    expect(row.preview == "antes", f"from the device, before any network: {row.preview}")
    timeline = await ana.timeline(conversation)
    expect(texts(timeline) == ["antes"], f"{texts(timeline)}")
    await ana.cut("pass")
    await ana.baton.network(True)
    await ana.live()
    await eventually("what was missed", lambda: texts(timeline) == ["antes", "mientras"])
    await ana.row(conversation, lambda row: row.preview == "mientras" and row.unread == 2)


@scenario(17)
async def connection_cut(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer("1")
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    await ana.cut("refuse")
    async def has_left():
        return not (await ana.baton.standing()).is_LIVE()
    await eventually("standing leaves live", has_left)
    await stage.customer("2", wa_id)
    await stage.customer("3", wa_id)
    expect(texts(timeline) == ["1"], "nothing comes through")
    await ana.cut("pass")
    await ana.baton.network_changed()
    await ana.live()
    await eventually("what was missed", lambda: texts(timeline) == ["1", "2", "3"])
    await stage.customer("4", wa_id)
    await eventually("it is live", lambda: texts(timeline) == ["1", "2", "3", "4"])
    seqs = [line.seen.seq for line in lines(timeline)]
    expect(seqs == [1, 2, 3, 4], f"nothing doubled: {seqs}")
    row = await ana.row(conversation, lambda row: row.unread == 4)
    expect(row.preview == "4", f"{row}")


@scenario(18)
async def answer_lost(stage):
    ana = await stage.phone("ana")
    for round_ in range(5):
        conversation, wa_id = await stage.customer()
        await ana.row(conversation)
        timeline = await ana.timeline(conversation)
        kept = await ana.baton.reply(conversation, "Una vez", timeline.seen)
        # From round to round a little later after it left: what is lost is another part each time.
        await asyncio.sleep(0.01 * round_)
        await ana.cut("stall")
        async def is_broken():
            return not (await ana.baton.standing()).is_LIVE()
        await eventually("standing leaves live", is_broken)
        await ana.cut("pass")
        await ana.baton.network_changed()
        await ana.sent(kept.number)
        await ana.live()
        await eventually("its line", lambda: texts(timeline) == ["Hola", "Una vez"])
        expect(not echoes(timeline), "and no echo")
        await stage.reaches(wa_id, ["Una vez"])
        expect(await stage.server_texts(conversation) == ["Hola", "Una vez"], "once on the server")
    expect(not await ana.baton.outbox(), "nothing is left")


@scenario(32)
async def search(stage):
    ana, tag = await stage.phone("ana"), uuid.uuid4()
    conversation, wa_id = await stage.customer(f"¿Dónde está mi PÁQUETE {tag}?")
    await ana.row(conversation)
    noted = await ana.baton.note(conversation, f"perdido: {tag}")
    await ana.sent(noted.number)
    await ana.baton.network(False)

    async def finds(text):
        found = await ana.inbox(InboxView.SEARCH(text))
        return await found.until(lambda found: True, timeout=20)
    found = await finds(f"mi paquete {tag}")
    expect([row.id for row in found.items] == [conversation], f"found: {found.items}")
    hit = found.items[0].hit
    expect(hit.found_in.is_LINE() and hit.found_in.seq == 1, f"where: {hit}")
    expect(hit.text == f"¿Dónde está mi PÁQUETE {tag}?", f"what: {hit}")
    by_note = await finds(f"PERDIDO: {tag}")
    expect([row.hit.found_in.is_NOTE() for row in by_note.items] == [True], "a note is found")
    by_number = await finds(f"+{wa_id}")
    expect([row.hit.found_in.is_CONTACT() for row in by_number.items] == [True], "so is a number")
    expect((await finds(f"nada {tag}")).total == 0, "something is found that is not there")
    expect((await finds("  ")).total == 0, "nothing is looked for, and something found")
    try:
        await finds("x" * 257)
    except CoreError.Invalid:
        pass
    else:
        raise AssertionError("a text of 257 characters is looked for")
    await ana.baton.network(True)
    await stage.customer("¿y?", wa_id)
    await eventually("what was found stays current", lambda: found.items[0].unread == 2)
