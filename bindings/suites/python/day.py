"""A day's typical use, without the waiting: an agent looks at the phone forty times for three
minutes. Before each look four customers wrote and two pushes came; while it lasts three more write,
two are answered, one of them is resolved, and a note is left for the team."""

import random

from baton import PushMessage

from figures import customers_write, number, says, shows, transferred
from stage import eventually, expect, lines, texts

LOOKS = 40
MINUTES = 3


class Day:
    """An agent's, with the inbox on the screen."""

    def __init__(self, phone, inbox, target, idle):
        """`idle` is what a minute costs in which nothing happens, bytes."""
        self.phone, self.inbox, self.target, self.idle = phone, inbox, target, idle
        self.world, self.dice = phone.stage.world, random.Random("a day")

    async def cost(self):
        """What it costs on the network, bytes."""
        before = await transferred(self.world, self.phone)
        for _ in range(LOOKS):
            await self.phone.baton.background(5)
            asking = self.dice.sample([(int(row.title.removeprefix("Customer ")), row.id)
                                       for row in self.inbox.items], 7)
            said = [await self.push(*one) for one in asking[:2]]
            said += await self.write(asking[2:4])
            await self.phone.baton.foreground()
            await self.shown(said)
            await self.shown(await self.write(asking[4:]))
            await self.works(*(conversation for _, conversation in asking[:3]))
        return (await transferred(self.world, self.phone) - before
                + LOOKS * MINUTES * self.idle)

    async def write(self, asking):
        """Customers write; what each said, by conversation."""
        said = [(nth, of, says("Hello again,", self.dice)) for nth, of in asking]
        await customers_write(self.world, [(nth, text) for nth, _, text in said])
        return [(of, text) for _, of, text in said]

    async def shown(self, said):
        for conversation, text in said:
            timeline = await self.phone.baton.watch_timeline(conversation)
            await self.sees(timeline, text)
            await timeline.close()

    async def sees(self, timeline, text):
        await eventually("a line is shown", lambda: text in texts(timeline))

    async def push(self, nth, conversation):
        """A customer writes, and a push tells of it; what they said, by conversation."""
        text = says("Hello again,", self.dice)
        await self.world.ask("customer", wa_id=number(nth), text=text, conversation=conversation)
        who = await self.phone.baton.signed_in()
        push = await self.world.ask("push", who=self.phone.who, device=who.device,
                                    target=self.target, content="wake",
                                    push={"kind": "message", "conversation": conversation})
        outcome = await self.phone.baton.handle_push(PushMessage.FCM(push["data"]), within=10)
        expect(shows(outcome) and not outcome.is_behind, f"it is fetched and shown: {outcome}")
        return conversation, text

    async def works(self, first, second, third):
        """Answers two customers and is done with the first; asks the team about a third."""
        baton = self.phone.baton
        kept = [await baton.note(third, says("Ask the warehouse:", self.dice))]
        for conversation in (first, second):
            timeline = await baton.watch_timeline(conversation)
            await eventually("lines are shown", lambda: lines(timeline))
            kept.append(await baton.mark_read(conversation, timeline.seen.seq))
            text = says("We are looking into it:", self.dice)
            kept.append(await baton.reply(conversation, text, timeline.seen))
            await self.sees(timeline, text)
            if conversation == first:
                kept.append(await baton.resolve(conversation, timeline.seen))
            await timeline.close()
        await self.phone.sent(*(one.number for one in kept))
