"""A client without a core, for the tests and previews of an app.

    baton = FakeBaton()
    baton.set_inbox(preview.rows())
    ...                                  # the app under test draws, and replies
    assert baton.acts[0].act.text == "Hello"

`FakeBaton` is a `Baton` with all its calls. It keeps what the test gives it in memory, tells it to
who watches, and records the acts. It decides nothing: an act changes no list until the test does.
"""

import asyncio
import itertools
from dataclasses import dataclass, field

from baton_core import (
    Act, AnswerOutcome, AskOutcome, Badge, CoreError, CustomerFiles, Diagnostics, Draft, Event,
    FileAddress, GuestPolicy, HandoverNote, Hold, InboxStep, Kept, LinesPage, ListBatch, OlderLines,
    OutgoingFile, Outcomes, People, PushOffReason, PushOutcome, PushState, PushVerdict,
    NoticesPage, PushLevel, PushLevels, QueuePolicy, ServerFound, ServerList, SignedIn, Stage,
    Standing, SuppressReason, TeamPolicy, TimelineStep,
)

from ..client import Baton
from ..events import Ears
from . import preview


@dataclass(frozen=True)
class TakenAct:
    """An act that the app handed in."""

    conversation: str
    act: Act
    op_id: str


@dataclass(frozen=True)
class TakenFile:
    """A file that the app handed in."""

    conversation: str
    file: OutgoingFile
    op_id: str


@dataclass
class FakeServer:
    """What the server of a `FakeBaton` says where it alone can answer."""

    notices: NoticesPage = field(
        default_factory=lambda: NoticesPage(notices=[], unread=0, before=None))
    drafts: list = field(default_factory=list)
    context: list = field(default_factory=list)
    files: CustomerFiles = field(default_factory=lambda: CustomerFiles(files=[], next=None))
    found: ServerFound = field(
        default_factory=lambda: ServerFound(customers=[], hits=[], next=None))
    views: list = field(default_factory=list)
    devices: list = field(default_factory=list)
    levels: PushLevels = field(default_factory=lambda: PushLevels(level=PushLevel.ALL))
    next: str = None
    # The last one: its name is that of a type.
    list: ServerList = field(default_factory=lambda: ServerList(rows=[], next=None))


class FakeBaton(Baton):
    """A `Baton` over memory. Make it on the loop that uses it."""

    def __init__(self):
        self._fake = _FakeCore()
        loop = asyncio.get_running_loop()
        ears = Ears(loop, None)
        ears.standing = Standing.LIVE()
        self._fake.listener = ears
        super().__init__(self._fake, loop, ears)

    @property
    def server(self):
        """What the server says where it alone can answer: a `FakeServer`, to be changed."""
        return self._fake.server

    @property
    def acts(self):
        """The acts that the app handed in, oldest first."""
        return self._fake.acts

    @property
    def files(self):
        """The files that the app handed in, oldest first."""
        return self._fake.files

    @property
    def calls(self):
        """The other calls, as tuples of a name and its arguments."""
        return self._fake.calls

    @property
    def choices(self):
        """The choices that the app made for acts in review, by number, oldest first."""
        return [tuple(rest) for name, *rest in self._fake.calls if name == "choose"]

    @property
    def drafts(self):
        """The drafts that the app handed in, by conversation."""
        return self._fake.drafts

    def fail(self, error):
        """Makes every call fail with this `CoreError`; None lets them work again."""
        self._fake.failure = error

    def fail_once(self, call, error):
        """Makes the next call of this name fail, as `act`; those after it work."""
        self._fake.failures[call] = error

    def set_people(self, people):
        """Sets colleagues, teams and channels, and tells that they changed."""
        self._fake.everybody = people
        self.tell(Event.PEOPLE())

    def set_draft(self, conversation, draft):
        """Sets the draft of a conversation, as if it had been typed before; None removes it."""
        if draft is None:
            self._fake.drafts.pop(conversation, None)
        else:
            self._fake.drafts[conversation] = draft

    def set_inbox(self, rows, view=None):
        """Replaces the rows of an inbox, or of every inbox that has no rows of its own."""
        self._fake.inboxes[str(view)] = list(rows)
        self._fake.tell_lists()

    def set_timeline(self, conversation, entries):
        """Replaces the lines of a conversation."""
        self._fake.timelines[conversation] = list(entries)
        self._fake.tell_lists()

    def set_header(self, conversation, header):
        """Replaces the header of a conversation; None where the agent may not see it."""
        self._fake.headers[conversation] = header
        self._fake.tell_lists()

    def set_badge(self, badge):
        """Replaces the numbers on the icon."""
        self._fake.badge = badge
        self._fake.tell_lists()

    def set_outbox(self, items):
        """Replaces the acts that the server has not confirmed."""
        self._fake.items = list(items)
        review = sum(item.stage == Stage.NEEDS_REVIEW for item in items)
        self.tell(Event.OUTBOX(list(items), [], review))

    def set_standing(self, standing):
        """Sets the state of the core."""
        self._fake.state = standing
        self.tell(Event.STANDING(standing))

    def set_signed_in(self, who):
        """Sets the signed-in agent; None for nobody."""
        self._fake.who = who

    def set_push_state(self, state):
        """Sets whether pushes reach this device."""
        self._fake.set_push_state(state)

    def set_elsewhere(self, rows):
        """Sets what `elsewhere` returns."""
        self._fake.others = list(rows)

    def set_episodes(self, episodes):
        """Sets what `episodes` returns."""
        self._fake.ends = list(episodes)

    def set_templates(self, templates):
        """Sets what `templates` returns."""
        self._fake.listed = list(templates)

    def set_file(self, content):
        """Sets the bytes of every file of a line."""
        self._fake.loaded = bytes(content)

    def answer_pushes(self, outcome):
        """Sets what `handle_push` returns."""
        self._fake.outcome = outcome

    def answer_notifications(self, outcome):
        """Sets what `answer_notification` returns."""
        self._fake.answered = outcome

    def tell(self, event):
        """Tells the app an event."""
        self._fake.listener.on_event(event)


class _FakeCore:
    """Stands in for `BatonCore`, call by call."""

    def __init__(self):
        self.listener = self.failure = None
        self.failures = {}
        self.acts, self.calls, self.items = [], [], []
        self.files, self.listed, self.loaded = [], [], b""
        self.others = []
        self.ends = []
        self.server = FakeServer()
        self.inboxes, self.timelines, self.headers = {}, {}, {}
        self.badge, self.drafts = Badge(mine=0, unread=0, unassigned=0, needs_review=0), {}
        self.state = Standing.LIVE()
        self.who = SignedIn(workspace="demo", agent=preview.ME, device=preview.ME)
        self.everybody = People(agents=[], teams=[], channels=[])
        self.replies, self.words, self.fields = [], [], []
        self.reasons = Outcomes(ask=AskOutcome.NEVER, list=[])
        self.policy = TeamPolicy(
            undo_s=0, guests=GuestPolicy.OWNER_AND_SUPERVISORS, from_queue=QueuePolicy.ANY,
            handover_note=HandoverNote.OPTIONAL, approval=[])
        self.outcome = PushOutcome(verdict=PushVerdict.SUPPRESS(SuppressReason.DUPLICATE),
                                   withdraw=[], update=[], badge=None, is_behind=False)
        self.answered = AnswerOutcome.SENT
        self.pushes = PushState.OFF(PushOffReason.NOT_REGISTERED())
        self.watching, self._numbers, self.is_over = {}, itertools.count(1), False

    def _ask(self, name, *args):
        if self.is_over:
            raise CoreError.Closed()
        if self.failure is not None:
            raise self.failure
        if name in self.failures:
            raise self.failures.pop(name)
        self.calls.append((name, *args))

    # Lists. Each is told whole: steps are the core's way to save work, and mean the same.

    def _batch(self, kind, of):
        if kind == "inbox":
            rows = self.inboxes.get(str(of), self.inboxes.get("None", []))
            unread = sum(row.unread for row in rows)
            return ListBatch.INBOX(0, [InboxStep.RESET(rows)], len(rows), unread, False)
        if kind == "timeline":
            entries = self.timelines.get(of, [])
            lines = [entry.line for entry in entries if entry.is_LINE()]
            seen = max((line.seen for line in lines), key=lambda seen: seen.seq, default=None)
            first = min((line.seq for line in lines), default=0)
            steps = [TimelineStep.RESET(entries)]
            return ListBatch.TIMELINE(0, steps, OlderLines.NOTHING, first, seen, False, True)
        if kind == "header":
            return ListBatch.HEADER(self.headers.get(of))
        return ListBatch.BADGE(self.badge)

    def tell_lists(self):
        for kind, of, listener in list(self.watching.values()):
            listener.on_batch(self._batch(kind, of))

    def _watch(self, kind, of, listener):
        self._ask(f"watch_{kind}", of)
        number = next(self._numbers)
        self.watching[number] = (kind, of, listener)
        listener.on_batch(self._batch(kind, of))
        return number

    async def watch_inbox(self, view, listener):
        return self._watch("inbox", view, listener)

    async def watch_timeline(self, conversation, listener):
        return self._watch("timeline", conversation, listener)

    async def watch_header(self, conversation, listener):
        return self._watch("header", conversation, listener)

    async def watch_badge(self, listener):
        return self._watch("badge", None, listener)

    async def unwatch(self, subscription):
        return self.watching.pop(subscription, None) is not None

    # What has an answer of its own.

    async def act(self, conversation, act, op_id=None):
        self._ask("act", conversation, act)
        number = len(self.acts) + 1
        op_id = op_id or f"00000000-0000-7000-8000-{number:012}"
        is_new = all(taken.op_id != op_id for taken in self.acts)
        if is_new:
            self.acts.append(TakenAct(conversation, act, op_id))
        return Kept(number=number, op_id=op_id, is_new=is_new)

    async def send_canned(self, conversation, team, message, then=()):
        self._ask("send_canned", conversation, message)
        reply = Act.REPLY(message.text, message.seen, None)
        return [await self.act(conversation, reply)]

    async def send_file(self, conversation, file, seen, op_id=None):
        self._ask("send_file", conversation, file)
        number = 1_000 + len(self.files)
        op_id = op_id or f"00000000-0000-7000-8000-{number:012}"
        is_new = all(taken.op_id != op_id for taken in self.files)
        if is_new:
            self.files.append(TakenFile(conversation, file, op_id))
        return Kept(number=number, op_id=op_id, is_new=is_new)

    async def elsewhere(self, conversation):
        self._ask("elsewhere", conversation)
        return self.others

    async def episodes(self, conversation):
        self._ask("episodes", conversation)
        return self.ends

    async def templates(self, channel):
        self._ask("templates", channel)
        return self.listed

    async def begin(self, channel, phone):
        self._ask("begin", channel, phone)
        return preview.CONVERSATION

    # What the server alone knows.

    async def notices(self, before, limit):
        self._ask("notices", before, limit)
        return self.server.notices

    async def read_notices(self, up_to, conversation=None):
        self._ask("read_notices", up_to, conversation)
        return 0

    async def kept_drafts(self, conversation):
        self._ask("kept_drafts", conversation)
        return self.server.drafts

    async def context(self, conversation):
        self._ask("context", conversation)
        return self.server.context

    async def customer_files(self, conversation, limit, page=None):
        self._ask("customer_files", conversation, limit, page)
        return self.server.files

    async def server_list(self, filter, limit, page=None):
        self._ask("server_list", filter, limit, page)
        return self.server.list

    async def server_search(self, filter, limit, page=None):
        self._ask("server_search", filter, limit, page)
        return self.server.found

    async def saved_views(self):
        self._ask("saved_views")
        return self.server.views

    async def devices(self):
        self._ask("devices")
        return self.server.devices

    async def push_levels(self):
        self._ask("push_levels")
        return self.server.levels

    async def set_push_levels(self, levels):
        self._ask("set_push_levels", levels)
        self.server.levels = levels
        return levels

    async def take_next(self, team=None):
        self._ask("take_next", team)
        return self.server.next

    async def sign_in(self, workspace, email, password):
        self._ask("sign_in", workspace, email)
        self.who = self.who or SignedIn(workspace=workspace, agent=preview.ME, device=preview.ME)
        return self.who

    async def sign_out(self):
        self._ask("sign_out")
        self.who, self.state = None, Standing.SIGNED_OUT()
        self.listener.on_event(Event.STANDING(self.state))

    async def signed_in(self):
        self._ask("signed_in")
        return self.who

    async def standing(self):
        self._ask("standing")
        return self.state

    async def outbox(self):
        self._ask("outbox")
        return self.items

    async def unsent(self):
        self._ask("unsent")
        return self.items

    async def flush(self, deadline_ms):
        self._ask("flush", deadline_ms)
        return not self.items

    async def sync(self, deadline_ms):
        self._ask("sync", deadline_ms)
        return not self.items

    async def typing(self, conversation, text, is_note=False):
        self._ask("typing", conversation, text, is_note)
        self.drafts[conversation] = Draft(text=text, is_note=is_note)

    async def draft(self, conversation):
        self._ask("draft", conversation)
        return self.drafts.get(conversation)

    async def hold(self, conversation):
        self._ask("hold", conversation)
        header = self.headers.get(conversation)
        return header.hold if header else Hold.UNKNOWN()

    async def people(self):
        self._ask("people")
        return self.everybody

    async def canned_replies(self, query=None):
        self._ask("canned_replies", query)
        typed = (query or "").removeprefix("/")
        return [reply for reply in self.replies
                if reply.shortcut.startswith(typed) or typed in reply.title]

    async def tags(self):
        self._ask("tags")
        return self.words

    async def attributes(self):
        self._ask("attributes")
        return self.fields

    async def outcomes(self, team):
        self._ask("outcomes", team)
        return self.reasons

    async def team_policy(self, team):
        self._ask("team_policy", team)
        return self.policy

    async def older_lines(self, conversation, before, limit):
        self._ask("older_lines", conversation, before, limit)
        return LinesPage(lines=[], past=None)

    async def past_lines(self, conversation, page, limit):
        self._ask("past_lines", conversation, page, limit)
        return LinesPage(lines=[], past=None)

    async def file_address(self, conversation, message):
        self._ask("file_address", conversation, message)
        return FileAddress(url="https://files.example/1", expires_at_ms=0,
                           media_type="image/jpeg", name=None, bytes=1)

    async def load_file(self, conversation, message, size):
        self._ask("load_file", conversation, message, size)
        return len(self.loaded)

    async def read_file(self, conversation, message, size, from_):
        self._ask("read_file", conversation, message, size)
        return self.loaded[from_:from_ + (1 << 20)]

    async def handle_push(self, push, deadline_ms):
        self._ask("handle_push", push)
        return self.outcome

    async def answer_notification(self, token, answer, deadline_ms):
        self._ask("answer_notification", token, answer)
        return self.answered

    async def register_push(self, target):
        self._ask("register_push", target)
        self.set_push_state(PushState.ON())

    async def unregister_push(self):
        self._ask("unregister_push")
        self.set_push_state(PushState.OFF(PushOffReason.NOT_REGISTERED()))

    async def push_off(self, reason):
        self._ask("push_off", reason)
        self.set_push_state(PushState.OFF(reason))

    async def push_state(self):
        self._ask("push_state")
        return self.pushes

    def set_push_state(self, state):
        self.pushes = state
        self.listener.on_event(Event.PUSH(state))

    async def diagnostics(self):
        self._ask("diagnostics")
        return Diagnostics(standing=self.state, position=None, acts=len(self.items),
                           needs_review=0, last_error=None, damage=None, thrown=0, given_up=0,
                           panics=0, logs_dropped=0, waits_for=None,
                           server_is_newer=False)

    def log_to(self, sink, level):
        self._ask("log_to", level)

    def recent_logs(self):
        return []

    def trust_platform(self, trust):
        self._ask("trust_platform")

    def go_through(self, proxy):
        self._ask("go_through", proxy)

    def shutdown(self):
        self.is_over = True

    # What has no answer is recorded.

    def __getattr__(self, name):
        if name not in _SILENT:
            raise AttributeError(name)

        async def ask(*args):
            self._ask(name, *args)
        return ask


_SILENT = {
    "foreground", "background", "network", "network_changed", "low_memory", "withdraw", "choose",
    "retry", "take_over", "viewing", "watch_presence", "set_availability", "more", "newer",
    "newest", "notification_ended", "set_file_budget", "end_device",
}
