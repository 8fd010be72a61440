"""The whole client, in the manner of asyncio."""

import asyncio
import weakref

from baton_core import Act, BatonCore, Choice, CoreConfig, LogLevel

from .events import Ears, Events, Takes
from .lists import Inbox, Timeline, Value

# For calls that have to answer in time, in seconds.
DEADLINE = 5.0


def _ms(seconds):
    return max(0, int(seconds * 1000))


class _Opening:
    """What `Baton.open` gives: to be awaited, or better used with `async with`."""

    def __init__(self, kind, config, keys, tap):
        self._kind, self._config, self._keys, self._tap = kind, config, keys, tap
        self._baton = None

    def __await__(self):
        return self._open().__await__()

    async def _open(self):
        """Opening reads files: not on the loop."""
        loop = asyncio.get_running_loop()
        ears = Ears(loop, self._tap)
        opening = loop.run_in_executor(None, BatonCore.open, self._config, self._keys, ears)
        try:
            core = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_shut)
            raise
        return self._kind(core, loop, ears)

    async def __aenter__(self):
        self._baton = await self._open()
        return self._baton

    async def __aexit__(self, *_):
        await self._baton.shutdown()


def _shut(opening):
    if not opening.cancelled() and opening.exception() is None:
        opening.result().shutdown()


class Baton:
    """The whole client. Made by `Baton.open`; ends with `shutdown`, at the latest with the process.

    A process must not end while threads of the core call into Python: it would be aborted. So
    whatever was opened is shut down when it is collected, and before the interpreter ends.
    """

    def __init__(self, core, loop, ears):
        self.core = core
        self._loop, self._is_over = loop, False
        self._streams, self._watched = weakref.WeakSet(), weakref.WeakSet()
        streams = self._streams
        ears.hear = lambda event: [stream._hear(event) for stream in list(streams)]
        self._end = weakref.finalize(self, core.shutdown)

    @classmethod
    def open(cls, server, directory, keys, *, device_name="Python", user_agent="baton-python",
             extra_ca_pem=None, cache_bytes=None, lock_after_s=None, tap=None):
        """Opens what is on this device: `async with Baton.open(…) as baton`.

        Nothing is asked of the network before `foreground`. `tap` is called with each event in the
        core's own thread; most use `events` instead.
        """
        config = cls.config(server, directory, device_name=device_name, user_agent=user_agent,
                            extra_ca_pem=extra_ca_pem, cache_bytes=cache_bytes,
                            lock_after_s=lock_after_s)
        return _Opening(cls, config, keys, tap)

    @staticmethod
    def config(server, directory, *, device_name="Python", user_agent="baton-python",
               extra_ca_pem=None, cache_bytes=None, lock_after_s=None):
        """What a core is opened with, also for `take_push`."""
        return CoreConfig(server=server, directory=str(directory), device_name=device_name,
                          user_agent=user_agent, extra_ca_pem=extra_ca_pem,
                          cache_bytes=cache_bytes, lock_after_s=lock_after_s)

    async def shutdown(self):
        """Ends everything and waits for it, two seconds at most. Twice is harmless."""
        self._is_over = True
        # A thread of its own: what the core still tells needs the interpreter meanwhile. Whoever
        # is cancelled while waiting leaves it running, and the process waits for it at its end.
        await asyncio.shield(self._loop.run_in_executor(None, self._end))
        for stream in list(self._streams):
            stream.close()
        for watched in list(self._watched):
            watched._finish()

    def events(self):
        """What happens from now on: `async for event in baton.events()`."""
        stream = Events(self._is_over)
        self._streams.add(stream)
        return stream

    # Who is signed in, and where the connection stands.

    async def sign_in(self, workspace, email, password):
        """Signs in. What the same agent left unsent on this device goes on."""
        return await self.core.sign_in(workspace, email, password)

    async def sign_out(self):
        """Signs out; what is here stays sealed. `unsent` tells before what would wait."""
        await self.core.sign_out()

    async def signed_in(self):
        """Who is signed in, or None."""
        return await self.core.signed_in()

    async def standing(self):
        """Where the connection stands."""
        return await self.core.standing()

    async def foreground(self):
        """Somebody looks: the connection is sought."""
        await self.core.foreground()

    async def background(self, within=DEADLINE):
        """Nobody looks any more; afterwards no file and no socket is open."""
        await self.core.background(_ms(within))

    async def network(self, is_up):
        """There is a network, or none."""
        await self.core.network(is_up)

    async def network_changed(self):
        """There is another network than before."""
        await self.core.network_changed()

    async def low_memory(self):
        """The system is short of memory."""
        await self.core.low_memory()

    async def diagnostics(self):
        """How the core is, without anything that somebody wrote."""
        return await self.core.diagnostics()

    def log_to(self, sink, level=LogLevel.INFO):
        """Has `sink` called with each record of the log, first with those so far; None ends it.

        It is called in a thread of the core that does nothing else: whether it raises or takes its
        time, nothing but its records waits. Records tell ids, counts and words of the core, never
        what somebody wrote.
        """
        self.core.log_to(None if sink is None else Takes(sink), level)

    def recent_logs(self):
        """What the core said last of itself, oldest first; also after `shutdown`."""
        return self.core.recent_logs()

    # Acts and the outbox.

    async def act(self, conversation, act, op_id=None):
        """Does something. When this returns it is kept, and will be looked after."""
        return await self.core.act(conversation, act, op_id)

    async def reply(self, conversation, text, seen, *, quoted=None, op_id=None):
        """Answers the customer; `seen` is the last line on the screen (`timeline.seen`)."""
        return await self.act(conversation, Act.REPLY(text, seen, quoted), op_id)

    async def note(self, conversation, text, *, op_id=None):
        """Tells the team."""
        return await self.act(conversation, Act.NOTE(text), op_id)

    async def claim(self, conversation, expect_owner_epoch, *, op_id=None):
        """Takes the conversation; the owner epoch is what the row or header shows."""
        return await self.act(conversation, Act.CLAIM(expect_owner_epoch), op_id)

    async def mark_read(self, conversation, seq, *, op_id=None):
        """Has read up to the line of this number."""
        return await self.act(conversation, Act.MARK_READ(seq), op_id)

    async def resolve(self, conversation, seen, *, op_id=None):
        """It is done; `seen` is the last line on the screen."""
        return await self.act(conversation, Act.RESOLVE(seen), op_id)

    async def withdraw(self, number):
        """Wants an act back."""
        await self.core.withdraw(number)

    async def choose(self, number, choice):
        """Decides of an act that needs review."""
        await self.core.choose(number, choice)

    async def send_anyway(self, number, seen):
        """Sends it as it is, knowing what was missed."""
        await self.choose(number, Choice.SEND_ANYWAY(seen))

    async def edit(self, number, text, seen):
        """Sends another text."""
        await self.choose(number, Choice.EDIT(text, seen))

    async def turn_into_note(self, number):
        """Tells the team instead of the customer."""
        await self.choose(number, Choice.TURN_INTO_NOTE())

    async def discard(self, number):
        """Lets go of it."""
        await self.choose(number, Choice.DISCARD())

    async def retry(self):
        """Tries at once what waits to be sent."""
        await self.core.retry()

    async def outbox(self):
        """What the agent did and the server does not know yet."""
        return await self.core.outbox()

    async def unsent(self):
        """What would stay unsent: to be shown before signing out."""
        return await self.core.unsent()

    async def flush(self, within=DEADLINE):
        """Sends what waits; whether nothing is on its way any more."""
        return await self.core.flush(_ms(within))

    # Composing.

    async def types(self, conversation, text):
        """A key was pressed: the text is this now."""
        await self.core.types(conversation, text)

    async def take_over(self, conversation):
        """Composes although somebody else does."""
        await self.core.take_over(conversation)

    async def draft(self, conversation):
        """What was typed there and not sent."""
        return await self.core.draft(conversation)

    async def hold(self, conversation):
        """Who composes there."""
        return await self.core.hold(conversation)

    async def shows(self, conversation):
        """What is on the screen now; None where it is no conversation."""
        await self.core.shows(conversation)

    # People.

    async def watch_presence(self, watch=True):
        """Whether to be told who is there."""
        await self.core.watch_presence(watch)

    async def people(self):
        """Colleagues, teams and numbers, as last heard."""
        return await self.core.people()

    async def set_availability(self, availability):
        """What the agent says about themselves."""
        await self.core.set_availability(availability)

    # Lists and values. `tap` is called with each batch in the core's own thread.

    async def watch_inbox(self, view, *, tap=None):
        """An inbox: `async with await baton.watch_inbox(InboxView.ALL()) as inbox`."""
        return await self._watch(Inbox(self.core, tap), self.core.watch_inbox, view)

    async def watch_timeline(self, conversation, *, tap=None):
        """The lines of a conversation."""
        return await self._watch(Timeline(self.core, tap), self.core.watch_timeline, conversation)

    async def watch_header(self, conversation, *, tap=None):
        """What stands above a conversation; None while it is not held."""
        return await self._watch(Value(self.core, tap), self.core.watch_header, conversation)

    async def watch_badge(self, *, tap=None):
        """The numbers on the icon."""
        return await self._watch(Value(self.core, tap), self.core.watch_badge)

    async def _watch(self, watched, watch, *of):
        self._watched.add(watched)
        return await watched._begin(watch, *of)

    async def older_lines(self, conversation, before, limit=50):
        """Lines older than those that are held, from the server; not kept."""
        return await self.core.older_lines(conversation, before, limit)

    # Pushes.

    async def register_push(self, target):
        """Tells the server where pushes for this device go: at every start."""
        await self.core.register_push(target)

    async def unregister_push(self):
        """No pushes any more."""
        await self.core.unregister_push()

    async def handle_push(self, push, within=DEADLINE):
        """A push came. There is an answer by the deadline, whatever happens."""
        return await self.core.handle_push(push, _ms(within))

    async def notification_ended(self, push, how):
        """A notification was tapped, or swiped away."""
        await self.core.notification_ended(push, how)
