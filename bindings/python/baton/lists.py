"""Lists and values that hold themselves: `.items`, and `async for` for each time they change.

The core tells of a list by steps; what they mean is said in its `lists/diff.rs`, and here it is
once more, in Python.
"""

import asyncio
import weakref
from dataclasses import dataclass

from baton_core import CoreError, ListListener

from .events import to_loop


@dataclass(frozen=True)
class Loading:
    """Nothing was told so far: show that it is coming."""


@dataclass(frozen=True)
class Loaded:
    """The newest value: rows, lines, a header or a badge."""

    value: object


@dataclass(frozen=True)
class Failed:
    """The subscription failed and tells no more. Show the error, and watch again."""

    error: Exception


class Unfit(Exception):
    """A step that does not fit the list it was applied to."""


def apply(items, steps):
    """Applies steps to a list, one after the other; `Unfit` when one does not fit."""
    for step in steps:
        _apply_one(items, step)


def _apply_one(items, step):
    count = len(items)
    if step.is_RESET():
        items[:] = step.items
    elif step.is_APPEND():
        items.extend(step.items)
    elif step.is_INSERT() and step.at <= count:
        items[step.at:step.at] = step.items
    elif step.is_SET() and step.at < count:
        items[step.at] = step.item
    elif step.is_REMOVE() and step.at + step.count <= count:
        del items[step.at:step.at + step.count]
    elif step.is_MOVE() and step._from < count and step.to < count:
        items.insert(step.to, items.pop(step._from))
    elif step.is_TRUNCATE() and step.len <= count:
        del items[step.len:]
    else:
        raise Unfit(f"{step} does not fit a list of {count}")


class Watched:
    """Something that the core tells of. It changes on the loop alone, never during a step of it.

    To be closed (or used with `async with`); one that nobody holds any more is closed as well.
    """

    def __init__(self, core, tap=None):
        self._core, self._loop = core, asyncio.get_running_loop()
        self._tap, self._newest, self._is_nudged = tap, None, False
        self._changed, self._version, self._is_over = asyncio.Event(), 0, False
        self._problem = self._end = None
        self.subscription = None

    async def _begin(self, watch, *of):
        listener = _Watcher(self)
        # Somebody who is cancelled while this is under way leaves no subscription behind.
        watching = asyncio.ensure_future(watch(*of, listener))
        try:
            self.subscription = await asyncio.shield(watching)
        except asyncio.CancelledError:
            watching.add_done_callback(lambda done: _undo(self._loop, self._core, done))
            raise
        self._end = weakref.finalize(self, _drop, self._loop, self._core, self.subscription)
        self._end.atexit = False  # the core itself is shut down then
        return self

    def _take(self, batch):
        """On the core's thread, which is not kept waiting."""
        try:
            self._newest = self._read(batch)
        except Unfit as problem:
            self._problem = problem
            raise
        finally:
            if not self._is_nudged:
                self._is_nudged = True
                to_loop(self._loop, self._show)
            if self._tap is not None:
                self._tap(batch)

    def _show(self):
        self._is_nudged = False
        newest, problem = self._newest, self._problem
        if newest is not None:
            self._set(newest)
            self._version += 1
        self._is_over |= problem is not None
        self._wake()

    def _finish(self):
        """There is no core any more that could tell."""
        self._is_over = True
        self._wake()

    def _wake(self):
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()

    @property
    def state(self):
        """`Loading`, `Loaded(value)` or `Failed(error)`. A failed subscription stays failed."""
        if self._problem is not None:
            return Failed(self._problem)
        if self._version > 0:
            return Loaded(self._value())
        return Failed(CoreError.Closed()) if self._is_over else Loading()

    async def close(self):
        """Tells no more; nothing is kept of it. Twice is harmless."""
        self._finish()
        if self._end is not None and self._end.detach() is not None:
            await self._core.unwatch(self.subscription)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def __aiter__(self):
        """What it is, and then each time what it has become; states in between may be left out."""
        version = 0
        while True:
            changed = self._changed
            if self._version > version:
                version = self._version
                yield self._value()
            elif self._problem is not None:
                raise self._problem
            elif self._is_over:
                return
            else:
                await changed.wait()

    async def until(self, is_so, timeout=None):
        """Waits until `is_so(self)`; `asyncio.TimeoutError` when it is not so in time."""
        return await asyncio.wait_for(self._until(is_so), timeout)

    async def _until(self, is_so):
        while True:
            changed = self._changed
            if self._version > 0 and is_so(self):
                return self
            if self._problem is not None:
                raise self._problem
            if self._is_over:
                raise CoreError.Closed()
            await changed.wait()


class Inbox(Watched):
    """Conversations: `items` are `InboxRow`s, as they are to be shown."""

    def __init__(self, core, tap=None):
        super().__init__(core, tap)
        self.items, self.total, self.unread, self.has_more, self.revision = (), 0, 0, False, 0
        self._held = []

    def _read(self, batch):
        apply(self._held, batch.steps)
        return tuple(self._held), batch.total, batch.unread, batch.has_more, batch.revision

    def _set(self, newest):
        self.items, self.total, self.unread, self.has_more, self.revision = newest

    def _value(self):
        return self.items

    async def more(self):
        """Shows a page more."""
        await self._core.more(self.subscription)


class Timeline(Watched):
    """What was said: `items` are `TimelineEntry`s, oldest first."""

    def __init__(self, core, tap=None):
        super().__init__(core, tap)
        self.items, self.about, self._held = (), None, []

    def _read(self, batch):
        apply(self._held, batch.steps)
        return tuple(self._held), batch

    def _set(self, newest):
        self.items, self.about = newest

    def _value(self):
        return self.items

    @property
    def seen(self):
        """What somebody who looks at these lines has seen: to be given with an act. It is the line
        that came in last, which a customer's clock may have put before another; `None` without
        lines."""
        return self.about.seen if self.about else None

    async def more(self):
        """Shows older lines."""
        await self._core.more(self.subscription)

    async def newer(self):
        """Shows newer lines, where the window had slid away from the end."""
        await self._core.newer(self.subscription)

    async def newest(self):
        """Shows the newest lines."""
        await self._core.newest(self.subscription)


class Value(Watched):
    """One value: what stands above a conversation, or the numbers on the icon."""

    def __init__(self, core, tap=None):
        super().__init__(core, tap)
        self.value = None

    def _read(self, batch):
        return (batch.header if batch.is_HEADER() else batch.badge,)

    def _set(self, newest):
        (self.value,) = newest

    def _value(self):
        return self.value


class _Watcher(ListListener):
    """What the core holds: it keeps nothing alive that nobody looks at."""

    def __init__(self, watched):
        super().__init__()
        self._watched = weakref.ref(watched)

    def on_batch(self, batch):
        watched = self._watched()
        if watched is not None:
            watched._take(batch)


def _drop(loop, core, subscription):
    to_loop(loop, lambda: asyncio.ensure_future(_unwatch(core, subscription)))


def _undo(loop, core, watching):
    if not watching.cancelled() and watching.exception() is None:
        _drop(loop, core, watching.result())


async def _unwatch(core, subscription):
    try:
        await core.unwatch(subscription)
    except Exception:  # the core is shut down: then nothing is told anyway
        pass
