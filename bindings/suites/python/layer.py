#!/usr/bin/env python3
"""What the layer for Python does by itself, over a fake core: no world is needed."""

import asyncio
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from baton import (  # noqa: E402
    Act, Choice, CoreError, Draft, Event, Failed, InboxView, Loaded, Named, People, Standing,
)
from baton.testing import FakeBaton, preview  # noqa: E402


class Layer(unittest.IsolatedAsyncioTestCase):
    async def test_a_fake_tells_its_lists_and_records_acts(self):
        baton = FakeBaton()
        inbox = await baton.watch_inbox(InboxView.ALL())
        timeline = await baton.watch_timeline(preview.CONVERSATION)
        baton.set_inbox(preview.rows())
        baton.set_timeline(preview.CONVERSATION, preview.timeline())
        await inbox.until(lambda list: len(list.items) == 3, 5)
        await timeline.until(lambda list: len(list.items) == 6, 5)
        self.assertEqual(inbox.state, Loaded(tuple(preview.rows())))
        self.assertEqual(timeline.seen.seq, 4)
        for _ in range(2):
            await baton.reply(preview.CONVERSATION, "Hello", timeline.seen, op_id="tap")
        self.assertEqual([taken.op_id for taken in baton.acts], ["tap"])
        self.assertIsInstance(baton.acts[0].act, Act.REPLY)
        baton.set_outbox(preview.outbox())
        self.assertEqual(await baton.outbox(), preview.outbox())
        baton.set_standing(Standing.OFFLINE())
        self.assertEqual(baton.current, Standing.OFFLINE())
        async with await baton.watch_header(preview.CONVERSATION) as header:
            baton.set_header(preview.CONVERSATION, preview.header())
            await header.until(lambda it: it.value == preview.header(), 5)
        async with await baton.watch_badge() as badge:
            baton.set_badge(preview.badge())
            await badge.until(lambda it: it.value == preview.badge(), 5)

    async def test_a_failed_subscription_is_a_state(self):
        baton = FakeBaton()
        baton.fail(CoreError.Locked())
        with self.assertRaises(CoreError.Locked):
            await baton.watch_inbox(InboxView.ALL())
        baton.fail(None)
        inbox = await baton.watch_inbox(InboxView.ALL())
        inbox._version = 0
        await baton.shutdown()
        self.assertIsInstance(inbox.state, Failed)

    async def test_a_fake_fails_one_call_and_takes_people_drafts_and_choices(self):
        baton = FakeBaton()
        baton.fail_once("outbox", CoreError.Locked())
        with self.assertRaises(CoreError.Locked):
            await baton.outbox()
        self.assertEqual(await baton.outbox(), [])
        ben = Named(id="ben", name="Ben")
        baton.set_people(People(agents=[], teams=[ben], channels=[]))
        self.assertEqual((await baton.people()).teams, [ben])
        baton.set_draft(preview.CONVERSATION, Draft(text="Hello", is_note=True))
        self.assertTrue((await baton.draft(preview.CONVERSATION)).is_note)
        await baton.typing(preview.CONVERSATION, "Good morning")
        self.assertEqual(baton.drafts[preview.CONVERSATION].text, "Good morning")
        baton.set_draft(preview.CONVERSATION, None)
        self.assertIsNone(await baton.draft(preview.CONVERSATION))
        await baton.choose(7, Choice.DISCARD())
        self.assertEqual(baton.choices, [(7, Choice.DISCARD())])
        await baton.set_file_budget(1_000_000)
        self.assertEqual(baton.calls[-1], ("set_file_budget", 1_000_000))

    async def test_a_slow_reader_gets_the_newest_and_what_it_missed_is_counted(self):
        baton = FakeBaton()
        events = baton.events()
        for number in range(2_000):
            baton.tell(Event.LEASE_LOST(f"{number}", "colleague"))
        self.assertEqual(baton.dropped, 2_000 - 1_024)
        await baton.shutdown()
        seen = [event async for event in events]
        self.assertEqual(len(seen), 1_024)
        self.assertEqual(seen[-1].conversation, "1999")

    async def test_a_state_replaces_the_one_that_waits(self):
        baton = FakeBaton()
        events = baton.events()
        baton.tell(Event.WIPED())
        for number in range(5_000):
            baton.set_standing(Standing.BACKOFF(number))
        for _ in range(2):
            baton.tell(Event.PEOPLE())
        self.assertEqual(baton.dropped, 0)
        await baton.shutdown()
        last = Event.STANDING(Standing.BACKOFF(4_999))
        self.assertEqual([event async for event in events], [Event.WIPED(), last, Event.PEOPLE()])


if __name__ == "__main__":
    unittest.main()
