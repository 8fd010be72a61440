"""What an agent does without a network, and what becomes of it when somebody was faster."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

from baton import Act, ActKind, ChoiceKind, CoreError, GoneHow, ReviewCode, SeenLine, Stage
from stage import echoes, eventually, expect, lines, notes, scenario, texts


@scenario(33)
async def said_before_it_came(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    await ana.baton.reply(conversation, "Ahora mismo", timeline.seen)
    await eventually("her line", lambda: texts(timeline) == ["Hola", "Ahora mismo"])
    await stage.customer("¿Sigue ahí?", wa_id, ago_s=60)
    await eventually("what was said first stands first",
                     lambda: texts(timeline) == ["¿Sigue ahí?", "Hola", "Ahora mismo"])
    kept = await ana.baton.reply(conversation, "Aquí sigo", timeline.seen)
    await ana.sent(kept.number)
    await stage.reaches(wa_id, ["Ahora mismo", "Aquí sigo"])


@scenario(41)
async def forwarded(stage):
    ana = await stage.phone("ana")
    source, _ = await stage.customer("Calle Mayor 1")
    conversation, wa_id = await stage.customer()
    there = await ana.timeline(source)
    here = await ana.timeline(conversation)
    await ana.baton.network(False)
    line = lines(there)[0]
    kept = await ana.baton.act(conversation, Act.FORWARD(source, line.id, here.seen))
    item = await ana.item(kept.number)
    expect(item.kind == ActKind.FORWARD and item.stage == Stage.WAITING, f"it waits: {item}")
    await ana.baton.network(True)
    await ana.sent(kept.number)
    await stage.reaches(wa_id, ["Calle Mayor 1"])
    await eventually("it stands in its new place",
                     lambda: texts(here) == ["Hola", "Calle Mayor 1"])
    comes = lines(here)[-1].forwarded_from
    expect((comes.conversation, comes.message) == (source, line.id), f"it comes from {comes}")
    await eventually("its old place says so", lambda: lines(there)[0].forwarded == 1)


@scenario(42)
async def said_before_baton(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    timeline = await ana.timeline(conversation)
    before = [f"antes {place}" for place in range(5)]
    await stage.world.ask("history", wa_id=wa_id, texts=before)

    async def past():
        return (await ana.baton.older_lines(conversation, 1)).past
    page = await eventually("there is something from before", past)
    found = []
    while page is not None:
        told = await ana.baton.past_lines(conversation, page, limit=2)
        found, page = told.lines + found, told.past
    expect([line.text for line in found] == before, f"found: {found}")
    expect({line.seq for line in found} == {0}, "none is numbered")
    expect(texts(timeline) == ["Hola"], "the conversation is as it was")


@scenario(6)
async def offline_queue(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    row = await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    await ana.baton.network(False)
    reply = await ana.baton.reply(conversation, "Ahora mismo", timeline.seen)
    note = await ana.baton.note(conversation, "cliente de siempre")
    claim = await ana.baton.claim(conversation, row.owner_epoch)
    outbox = await ana.baton.outbox()
    kinds = [ActKind.REPLY, ActKind.NOTE, ActKind.CLAIM]
    expect([item.kind for item in outbox] == kinds, f"queued: {outbox}")
    expect(all(item.stage == Stage.WAITING for item in outbox), f"they wait: {outbox}")
    await eventually("they are visible", lambda: {e.op_id for e in echoes(timeline)}
                     >= {reply.op_id, note.op_id})
    row = await ana.row(conversation, lambda row: row.own.waiting == 3)
    expect(row.own.is_claiming and row.owner.is_QUEUE(), f"claiming, never owned: {row}")
    expect(await stage.reached(wa_id) == [], "nothing is sent")
    await ana.baton.network(True)
    await ana.sent(reply.number, note.number, claim.number)
    expect(await stage.server_texts(conversation) == ["Hola", "Ahora mismo"], "the reply is there")
    expect(await stage.server_notes(conversation) == ["cliente de siempre"], "the note is there")
    expect(await stage.server_owner(conversation) == ana.agent, "Ana owns it")
    await stage.reaches(wa_id, ["Ahora mismo"])
    told = await stage.world.ask("rest", who="ana", method="POST", path="/commands/outcomes",
                                 body={"op_ids": [reply.op_id, claim.op_id]})
    first, second = (one["accepted"] for one in told["results"])
    # The reply made her the owner: the claim found its wish fulfilled.
    expect(first["revision"] < second["revision"] and "position" not in second,
           f"in this order: {told}")
    await eventually("what was done is shown", lambda: texts(timeline)[-1] == "Ahora mismo"
                     and [n.text for n in notes(timeline)] == ["cliente de siempre"]
                     and not echoes(timeline))


@dataclass
class Overtaken:
    """A reply of Ana's that Ben was faster than."""
    ana: Any
    conversation: str
    wa_id: str
    timeline: Any
    kept: Any
    item: Any
    bens: str
    epoch: int

    async def show_missed(self):
        """What was missed is on the screen; what has been seen then."""
        show = self.item.review.must_show
        def is_shown():
            seen = self.timeline.seen
            return seen is not None and seen.seq >= show.seq and seen
        return await eventually("what was missed is on the screen", is_shown)


async def overtaken(stage, text, ana=None, *, before_network=None):
    """Offline Ana replies; Ben replies and claims meanwhile; back online hers needs review."""
    ana = ana or await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    row = await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    await ana.baton.network(False)
    kept = await ana.baton.reply(conversation, text, timeline.seen)
    more = await before_network(ana, conversation, row) if before_network else None
    bens = f"Ben, antes que «{text}»"
    await stage.colleague("ben", "reply", conversation, text=bens)
    await stage.colleague("ben", "claim", conversation)
    await ana.baton.network(True)
    await ana.live()
    item = await ana.in_review(kept.number)
    held = Overtaken(ana, conversation, wa_id, timeline, kept, item, bens, row.owner_epoch)
    return (held, more) if before_network else held


@scenario(7)
async def needs_review(stage):
    async def more(ana, conversation, row):
        note = await ana.baton.note(conversation, "lo miro yo")
        return note, await ana.baton.claim(conversation, row.owner_epoch)
    held, (note, claim) = await overtaken(stage, "Tarde", before_network=more)
    ana, review = held.ana, held.item.review
    ben = stage.logins["ben"]["agent_id"]
    expect(held.item.stage == Stage.NEEDS_REVIEW, f"{held.item.stage}")
    expect(review.code == ReviewCode.STALE, f"why: {review.code}")
    missed = [(line.text, line.from_customer) for line in review.missed]
    expect(missed == [(held.bens, False)], f"what was missed: {missed}")
    expect(review.must_show is not None and ChoiceKind.SEND_ANYWAY in review.choices, f"{review}")
    await ana.sent(note.number)
    expect(await stage.server_notes(held.conversation) == ["lo miro yo"], "the note is there")
    async def is_told():
        """The claim needs review itself, or waits behind the reply: either way who was first."""
        item = await ana.item(claim.number)
        if item.review is not None:
            return item.review.winner == ben
        header = (await ana.header(held.conversation)).value
        behind = item.stage == Stage.BEHIND and item.behind == held.kept.number
        return behind and header.owner.is_AGENT() and header.owner.agent == ben
    await eventually("the claim tells who was first", is_told)
    expect(await stage.server_owner(held.conversation) == ben, "Ben owns it")
    await stage.reaches(held.wa_id, [held.bens])
    badge = await ana.baton.watch_badge()
    await badge.until(lambda badge: badge.value.needs_review >= 1, 10)


@scenario(8)
async def send_anyway(stage):
    held = await overtaken(stage, "Además, abrimos el lunes")
    ana, number = held.ana, held.kept.number
    too_early = None
    try:
        await ana.baton.send_anyway(number, SeenLine(seq=1, id=held.item.review.must_show.id))
    except CoreError.Refused as refused:
        too_early = refused
    expect(too_early is not None, "without having seen what was missed it cannot be sent")
    await ana.baton.send_anyway(number, await held.show_missed())
    await ana.sent(number)
    await stage.reaches(held.wa_id, [held.bens, "Además, abrimos el lunes"])
    mine = [line for line in (await stage.server(held.conversation))["lines"]
            if line["author"].get("id") == ana.agent]
    expect(len(mine) == 1, f"once on the server: {mine}")
    expect(mine[0]["op_id"] != held.kept.op_id, "it left under a new op id")
    await eventually("it is a line", lambda: any(line.op_id == mine[0]["op_id"]
                                                 for line in lines(held.timeline)))
    expect(not echoes(held.timeline), "and no echo")


@scenario(9)
async def note_and_discard(stage):
    noted = await overtaken(stage, "esto era para el equipo")
    ana = noted.ana
    await ana.baton.turn_into_note(noted.kept.number)
    await ana.sent(noted.kept.number)
    async def is_noted():
        return await stage.server_notes(noted.conversation) == ["esto era para el equipo"]
    await eventually("the reply is a note", is_noted)
    discarded = await overtaken(stage, "olvidado", ana)
    await ana.baton.discard(discarded.kept.number)
    await ana.sent(discarded.kept.number)
    await eventually("its echo is gone", lambda: not echoes(discarded.timeline))
    # What the server takes of Ana afterwards shows that nothing was on its way before it.
    after = await ana.baton.note(discarded.conversation, "después")
    await ana.sent(after.number)
    there = await stage.server_texts(discarded.conversation)
    expect(there == ["Hola", discarded.bens], f"discarded: {there}")
    expect(await stage.server_notes(discarded.conversation) == ["después"], "no note either")
    await stage.reaches(noted.wa_id, [noted.bens])
    await stage.reaches(discarded.wa_id, [discarded.bens])
    def is_told():
        how = {one.number: one.how for event in ana.heard(lambda event: event.is_OUTBOX())
               for one in event.gone}
        return how.get(discarded.kept.number) == GoneHow.DISCARDED
    await eventually("told as discarded", is_told)


@scenario(10)
async def edit(stage):
    held = await overtaken(stage, "son 10 euros")
    await held.ana.baton.edit(held.kept.number, "son 12 euros", await held.show_missed())
    await held.ana.sent(held.kept.number)
    await stage.reaches(held.wa_id, [held.bens, "son 12 euros"])
    expect(await stage.server_texts(held.conversation) == ["Hola", held.bens, "son 12 euros"],
           "the new text only")


@scenario(11)
async def double_tap(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    op_id = uuid7()
    seen = timeline.seen
    both = await asyncio.gather(*(ana.baton.reply(conversation, "una vez", seen, op_id=op_id)
                                  for _ in range(2)))
    again = await ana.baton.reply(conversation, "una vez", seen, op_id=op_id)
    expect(sorted(kept.is_new for kept in both) == [False, True], f"one act: {both}")
    expect(not again.is_new and len({k.number for k in (*both, again)}) == 1, f"{again}, {both}")
    expect({k.op_id for k in (*both, again)} == {op_id}, f"under the app's op id: {both}")
    await ana.sent(again.number)
    await eventually("its line", lambda: texts(timeline) == ["Hola", "una vez"])
    await stage.reaches(wa_id, ["una vez"])
    late = await ana.baton.reply(conversation, "una vez", seen, op_id=op_id)
    expect(late.op_id == op_id, f"{late}")
    twice = await asyncio.gather(*(ana.baton.reply(conversation, "dos dedos", timeline.seen)
                                   for _ in range(2)))
    expect(sorted(kept.is_new for kept in twice) == [False, True], f"one act: {twice}")
    expect(twice[0].number == twice[1].number, f"the same: {twice}")
    await ana.sent(late.number, twice[0].number)
    await stage.reaches(wa_id, ["una vez", "dos dedos"])
    there = await stage.server_texts(conversation)
    expect(there == ["Hola", "una vez", "dos dedos"], f"one line each: {there}")


def uuid7():
    """An op id as an app makes it."""
    import time
    at = int(time.time() * 1000)
    number = (at << 80) | (7 << 76) | (uuid.uuid4().int & ((1 << 76) - 1))
    number = (number & ~(3 << 62)) | (2 << 62)
    return str(uuid.UUID(int=number))
