"""The client, for asyncio."""

import asyncio
import weakref

from baton_core import (
    Act, BatonCore, Choice, CoreConfig, FileSize, FileSource, LogLevel, OutgoingFile,
)

from .events import Ears, Takes
from .lists import Inbox, Timeline, Value

# For calls that have to answer in time, in seconds.
DEADLINE = 5.0


def _ms(seconds):
    return max(0, int(seconds * 1000))


class _Opening:
    """The result of `Baton.open`: await it, or better use it with `async with`."""

    def __init__(self, kind, config, keys, tap):
        self._kind, self._config, self._keys, self._tap = kind, config, keys, tap
        self._baton = None

    def __await__(self):
        return self._open().__await__()

    async def _open(self):
        """Opens the core on another thread, because opening reads files."""
        loop = asyncio.get_running_loop()
        ears = Ears(loop, self._tap)
        opening = loop.run_in_executor(None, BatonCore.open, self._config, self._keys, ears)
        try:
            core = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_shut)
            raise
        baton = self._kind(core, loop, ears)
        first = await core.standing()
        ears.standing = ears.standing or first
        return baton

    async def __aenter__(self):
        self._baton = await self._open()
        return self._baton

    async def __aexit__(self, *_):
        await self._baton.shutdown()


def _shut(opening):
    if not opening.cancelled() and opening.exception() is None:
        opening.result().shutdown()


class Baton:
    """The client. Open it with `Baton.open`, end it with `shutdown`.

    A process that ends while a thread of the core calls into Python is aborted. So the core is shut
    down when this object is collected, and before the interpreter ends.
    """

    def __init__(self, core, loop, ears):
        self.core = core
        self._loop, self._is_over, self._ears = loop, False, ears
        self._watched = weakref.WeakSet()
        self._end = weakref.finalize(self, core.shutdown)

    @classmethod
    def open(cls, server, directory, keys, *, device_name="Python", user_agent="baton-python",
             extra_ca_pem=None, cache_bytes=None, lock_after_s=None, tap=None):
        """Opens the store: `async with Baton.open(…) as baton`.

        The network is not used before `foreground`. `tap` is called with each event on the core's
        own thread; most apps use `events` instead.
        """
        config = cls.config(server, directory, device_name=device_name, user_agent=user_agent,
                            extra_ca_pem=extra_ca_pem, cache_bytes=cache_bytes,
                            lock_after_s=lock_after_s)
        return _Opening(cls, config, keys, tap)

    @staticmethod
    def config(server, directory, *, device_name="Python", user_agent="baton-python",
               extra_ca_pem=None, cache_bytes=None, lock_after_s=None):
        """Makes the configuration of a core, also for `take_push`."""
        return CoreConfig(server=server, directory=str(directory), device_name=device_name,
                          user_agent=user_agent, extra_ca_pem=extra_ca_pem,
                          cache_bytes=cache_bytes, lock_after_s=lock_after_s)

    async def shutdown(self):
        """Shuts the core down and waits, two seconds at most. Calling it twice is harmless."""
        self._is_over = True
        # On another thread, because the core's last events need the interpreter. If this task is
        # cancelled, the shutdown goes on and the process waits for it at its end.
        await asyncio.shield(self._loop.run_in_executor(None, self._end))
        self._ears.close()
        for watched in list(self._watched):
            watched._finish()

    def events(self):
        """Returns the events from now on: `async for event in baton.events()`.

        A slow reader gets the newest 1,024; see `dropped`.
        """
        return self._ears.stream(self._is_over)

    @property
    def current(self):
        """The newest state of the core."""
        return self._ears.standing

    @property
    def needs_review(self):
        """The newest number of acts that wait for the agent's decision."""
        return self._ears.needs_review

    @property
    def dropped(self):
        """How many events slow readers missed. After one, read `outbox` and `standing` again."""
        return self._ears.dropped

    # Session and connection.

    async def sign_in(self, workspace, email, password):
        """Signs in. Acts that the same agent left unsent on this device are sent."""
        return await self.core.sign_in(workspace, email, password)

    async def sign_out(self):
        """Signs out. The data stays sealed on the device. Show `unsent` to the agent before."""
        await self.core.sign_out()

    async def signed_in(self):
        """Returns the signed-in agent, or None."""
        return await self.core.signed_in()

    async def standing(self):
        """Returns the state of the core."""
        return await self.core.standing()

    async def foreground(self):
        """Call when the app comes to the foreground: connects."""
        await self.core.foreground()

    async def background(self, within=DEADLINE):
        """Call when the app goes to the background. Afterwards no file and no socket is open."""
        await self.core.background(_ms(within))

    async def network(self, is_up):
        """Call when the device gains or loses its network."""
        await self.core.network(is_up)

    async def network_changed(self):
        """Call when the device switches to another network."""
        await self.core.network_changed()

    def trust_platform(self, trust):
        """Asks the platform whether to trust certificates that no known authority vouches for.

        `trust` is a `PlatformTrust`. Call it before `foreground`.
        """
        self.core.trust_platform(trust)

    def go_through(self, proxy):
        """Connects through this proxy from here on, `http://host:port`, or through none (None)."""
        self.core.go_through(proxy)

    async def low_memory(self):
        """Call when the system warns of low memory: drops caches."""
        await self.core.low_memory()

    async def diagnostics(self):
        """Returns the core's condition, for support, without texts, names or numbers."""
        return await self.core.diagnostics()

    def log_to(self, sink, level=LogLevel.INFO):
        """Sets the log sink and replays buffered records to it. None removes it.

        It is called on a thread of its own: if it raises or blocks, only its records wait. Records
        hold ids, counts and fixed words, never texts, names or numbers.
        """
        self.core.log_to(None if sink is None else Takes(sink), level)

    def recent_logs(self):
        """Returns the last 1,000 log records, oldest first; also after `shutdown`."""
        return self.core.recent_logs()

    # Acts and the outbox.

    async def act(self, conversation, act, op_id=None):
        """Puts an act into the outbox. When this returns, the act is stored."""
        return await self.core.act(conversation, act, op_id)

    async def send_canned(self, conversation, team, message, then=()):
        """Sends a text made of a canned reply, and what is done then, behind it."""
        return await self.core.send_canned(conversation, team, message, list(then))

    async def reply(self, conversation, text, seen, *, quoted=None, replaces=None, op_id=None):
        """Replies to the customer; `seen` is the newest line on the screen (`timeline.seen`).

        `replaces` is the id of a message that is held or has failed: this one goes instead.
        """
        return await self.act(conversation, Act.REPLY(text, seen, quoted, replaces), op_id)

    async def note(self, conversation, text, *, op_id=None):
        """Writes a note for the team."""
        return await self.act(conversation, Act.NOTE(text), op_id)

    async def claim(self, conversation, expect_owner_epoch, *, exceed_capacity=False, op_id=None):
        """Takes the conversation; the owner epoch comes from the row or header.

        Supervisors may own more than allowed, with `exceed_capacity`.
        """
        return await self.act(conversation, Act.CLAIM(expect_owner_epoch, exceed_capacity), op_id)

    async def mark_read(self, conversation, seq, *, op_id=None):
        """Marks the lines up to this number as read."""
        return await self.act(conversation, Act.MARK_READ(seq), op_id)

    async def resolve(self, conversation, seen, *, op_id=None):
        """Resolves the conversation; `seen` is the newest line on the screen."""
        return await self.act(conversation, Act.RESOLVE(seen), op_id)

    async def send_file(self, conversation, source, seen, *, kind, media_type, name=None,
                        caption=None, quoted=None, op_id=None):
        """Sends a file: `source` is a path or bytes, `kind` a `MediaKind`.

        When this returns, the core has a copy, and the source may vanish. `OutboxItem.file` says
        how much of it the server has.
        """
        is_bytes = isinstance(source, (bytes, bytearray, memoryview))
        source = FileSource.BYTES(bytes(source)) if is_bytes else FileSource.PATH(str(source))
        file = OutgoingFile(source=source, kind=kind, media_type=media_type, name=name,
                            caption=caption, quoted=quoted)
        return await self.core.send_file(conversation, file, seen, op_id)

    async def withdraw(self, number):
        """Withdraws an act that has not been sent."""
        await self.core.withdraw(number)

    async def choose(self, number, choice):
        """Applies the agent's choice to an act in review."""
        await self.core.choose(number, choice)

    async def send_anyway(self, number, seen):
        """Sends the same text although lines were missed."""
        await self.choose(number, Choice.SEND_ANYWAY(seen))

    async def edit(self, number, text, seen):
        """Sends another text."""
        await self.choose(number, Choice.EDIT(text, seen))

    async def turn_into_note(self, number):
        """Turns a reply in review into a note for the team."""
        await self.choose(number, Choice.TURN_INTO_NOTE())

    async def discard(self, number):
        """Discards an act in review."""
        await self.choose(number, Choice.DISCARD())

    async def retry(self):
        """Sends what waits now, without waiting for the next retry."""
        await self.core.retry()

    async def outbox(self):
        """Returns the agent's acts that the server has not confirmed."""
        return await self.core.outbox()

    async def unsent(self):
        """Returns the acts that would stay unsent, to show before signing out."""
        return await self.core.unsent()

    async def flush(self, within=DEADLINE):
        """Sends what waits. Returns whether everything was sent."""
        return await self.core.flush(_ms(within))

    async def sync(self, within=DEADLINE):
        """Sends what waits and fetches what was missed. Returns whether both are done."""
        return await self.core.sync(_ms(within))

    # Writing.

    async def typing(self, conversation, text, is_note=False):
        """Call on every change of the text field: keeps the draft.

        That of a reply asks for the lease, and colleagues see it. That of a note does neither.
        """
        await self.core.typing(conversation, text, is_note)

    async def take_over(self, conversation):
        """Takes the lease from the colleague who writes there."""
        await self.core.take_over(conversation)

    async def draft(self, conversation):
        """Returns the unsent draft of a conversation, with `text` and `is_note`."""
        return await self.core.draft(conversation)

    async def hold(self, conversation):
        """Returns who writes in a conversation."""
        return await self.core.hold(conversation)

    async def viewing(self, conversation):
        """Call when the screen shows another conversation; None when it shows none."""
        await self.core.viewing(conversation)

    # People.

    async def watch_presence(self, watch=True):
        """Turns events about colleagues' presence on or off."""
        await self.core.watch_presence(watch)

    async def people(self):
        """Returns colleagues, teams and channels from the store."""
        return await self.core.people()

    # Settings that the team made, from the store.

    async def canned_replies(self, query=None):
        """Returns the canned replies that the agent may insert; with a query those that fit."""
        return await self.core.canned_replies(query)

    async def tags(self):
        """Returns the tags, also those that became another one."""
        return await self.core.tags()

    async def attributes(self):
        """Returns the fields of customers' cards."""
        return await self.core.attributes()

    async def outcomes(self, team):
        """Returns the outcomes of a team: its own, or those of the workspace."""
        return await self.core.outcomes(team)

    async def team_policy(self, team):
        """Returns the policy of a team, or the default where nobody has set it."""
        return await self.core.team_policy(team)

    async def elsewhere(self, conversation):
        """Loads where else the person of a conversation is answered."""
        return await self.core.elsewhere(conversation)

    async def episodes(self, conversation):
        """Loads the last episodes of a conversation, the newest first."""
        return await self.core.episodes(conversation)

    async def templates(self, channel):
        """Loads the templates of a number from the server."""
        return await self.core.templates(channel)

    async def begin(self, channel, phone):
        """Opens the conversation with a number, or begins it; returns its id."""
        return await self.core.begin(channel, phone)

    async def set_availability(self, availability):
        """Sets the agent's own availability at the server."""
        await self.core.set_availability(availability)

    # What the server alone knows. It needs the network, and nothing of it is stored.

    async def notices(self, before=None, limit=50):
        """Loads what concerns the agent, the newest first; `before` is that of the page before."""
        return await self.core.notices(before, limit)

    async def read_notices(self, up_to, conversation=None):
        """Says that notices are read, all or those of a conversation; returns how many are not."""
        return await self.core.read_notices(up_to, conversation)

    async def kept_drafts(self, conversation):
        """Loads the texts that agents typed there and did not send, whatever device they used."""
        return await self.core.kept_drafts(conversation)

    async def context(self, conversation):
        """Asks the team's own programs about the customer; each says whether it answered."""
        return await self.core.context(conversation)

    async def customer_files(self, conversation, limit=50, page=None):
        """Loads the customer's files, the newest first, of all conversations with them."""
        return await self.core.customer_files(conversation, limit, page)

    async def server_list(self, filter, limit=50, page=None):
        """Loads the conversations that pass a `Filter`: snoozed and resolved ones, too."""
        return await self.core.server_list(filter, limit, page)

    async def server_search(self, filter, limit=50, page=None):
        """Searches at the server for the text of a `Filter`, in all that the agent may see."""
        return await self.core.server_search(filter, limit, page)

    async def saved_views(self):
        """Loads the filters that the agent and their teams keep by name."""
        return await self.core.saved_views()

    async def devices(self):
        """Loads the devices on which the agent is signed in."""
        return await self.core.devices()

    async def end_device(self, device):
        """Signs another device of the agent out; for this one call `sign_out`."""
        await self.core.end_device(device)

    async def push_levels(self):
        """Loads how much the agent is told by push, on all their devices."""
        return await self.core.push_levels()

    async def set_push_levels(self, levels):
        """Sets how much the agent is told by push; returns what holds."""
        return await self.core.set_push_levels(levels)

    async def take_next(self, team=None):
        """Takes what is offered, else what waits longest; returns its id, None if nothing waits."""
        return await self.core.take_next(team)

    # Lists and values. `tap` is called with each batch in the core's own thread.

    async def watch_inbox(self, view, *, tap=None):
        """Subscribes to an inbox: `async with await baton.watch_inbox(InboxView.ALL())`."""
        return await self._watch(Inbox(self.core, tap), self.core.watch_inbox, view)

    async def watch_timeline(self, conversation, *, tap=None):
        """Subscribes to the timeline of a conversation."""
        return await self._watch(Timeline(self.core, tap), self.core.watch_timeline, conversation)

    async def watch_header(self, conversation, *, tap=None):
        """Subscribes to the header of a conversation; None while it is not on this device."""
        return await self._watch(Value(self.core, tap), self.core.watch_header, conversation)

    async def watch_badge(self, *, tap=None):
        """Subscribes to the badge."""
        return await self._watch(Value(self.core, tap), self.core.watch_badge)

    async def _watch(self, watched, watch, *of):
        self._watched.add(watched)
        return await watched._begin(watch, *of)

    async def older_lines(self, conversation, before, limit=50):
        """Loads lines before `before` from the server. They are not stored."""
        return await self.core.older_lines(conversation, before, limit)

    async def past_lines(self, conversation, page, limit=50):
        """Loads what was said before the number came to Baton: `page` is `past` of the page before.
        They are not stored."""
        return await self.core.past_lines(conversation, page, limit)

    async def file_address(self, conversation, message):
        """Loads the address of a line's file from the server, good for a few minutes."""
        return await self.core.file_address(conversation, message)

    async def load_file(self, conversation, message, size=FileSize.WHOLE):
        """Loads a line's file to this device, sealed, and returns its size in bytes.

        `size` is a `FileSize`: the small picture or the file itself. `Line.loading` says how far
        it is. A later call continues what an earlier one began.
        """
        return await self.core.load_file(conversation, message, size)

    async def file_parts(self, conversation, message, size=FileSize.WHOLE):
        """Yields the parts of a line's file, also offline; loads it first where it is not here."""
        bytes_ = await self.load_file(conversation, message, size)
        at = 0
        while at < bytes_:
            part = await self.core.read_file(conversation, message, size, at)
            if part is None:
                # Others needed the room meanwhile.
                await self.load_file(conversation, message, size)
                continue
            at += len(part)
            yield part

    async def file(self, conversation, message, size=FileSize.WHOLE):
        """Returns all of a line's file, also offline; loads it first where it is not here."""
        return b"".join([part async for part in self.file_parts(conversation, message, size)])

    async def set_file_budget(self, bytes_):
        """Sets what the files of lines may take on this device. Call at every start."""
        await self.core.set_file_budget(bytes_)

    # Pushes.

    async def register_push(self, target):
        """Asks for pushes at this target, also offline: the core tells the server by itself.

        Call at every start, and whenever the platform gives another target.
        """
        await self.core.register_push(target)

    async def unregister_push(self):
        """Ends the registration for pushes; the server is told when it can be reached."""
        await self.core.unregister_push()

    async def push_off(self, reason):
        """Reports why no push can come, for `push_state`. `register_push` takes it back."""
        await self.core.push_off(reason)

    async def push_state(self):
        """Returns whether pushes reach this device: `ON`, `WAITING` or `OFF` with its reason."""
        return await self.core.push_state()

    async def handle_push(self, push, within=DEADLINE):
        """Decides what a push shows, within the time given."""
        return await self.core.handle_push(push, _ms(within))

    async def answer_notification(self, token, answer, within=DEADLINE):
        """Replies or resolves from a notification, within the time given."""
        return await self.core.answer_notification(token, answer, _ms(within))

    async def notification_ended(self, push, how):
        """Call when a notification was opened or dismissed."""
        await self.core.notification_ended(push, how)
