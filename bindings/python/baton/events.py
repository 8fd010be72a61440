"""What the core tells without having been asked, as async iterators."""

import asyncio
import threading
import weakref
from collections import deque

from baton_core import Listener, LogSink

# Events that wait for one iterator at most; then the oldest is dropped and counted.
WAITING_MAX = 1024


class Events:
    """Events from the moment it was made on: `async for event in events`. It ends with the core.

    1,024 events wait at most; then the oldest is dropped and counted in `dropped`. A `STANDING`,
    `PUSH`, `PEOPLE` or `SETTINGS` event replaces the one that waits: it says all that the older one said.
    """

    def __init__(self, loop, is_over):
        self.dropped = 0
        self._loop, self._lock, self._is_nudged = loop, threading.Lock(), False
        self._waiting, self._woken, self._is_over = deque(), asyncio.Event(), is_over
        if is_over:
            self._woken.set()

    def _hear(self, event):
        """On the core's thread, which never waits. Returns how many events were dropped."""
        with self._lock:
            for older in [older for older in self._waiting if _overtakes(event, older)]:
                self._waiting.remove(older)
            self._waiting.append(event)
            dropped = max(0, len(self._waiting) - WAITING_MAX)
            if dropped:
                self._waiting.popleft()
                self.dropped += 1
            must_nudge, self._is_nudged = not self._is_nudged, True
        # A loop that is busy gets one call, however many events wait.
        if must_nudge:
            to_loop(self._loop, self._wake)
        return dropped

    def _wake(self):
        with self._lock:
            self._is_nudged = False
        self._woken.set()

    def close(self):
        """Ends it; what was heard so far can still be read."""
        self._is_over = True
        self._woken.set()

    def __aiter__(self):
        return self

    async def __anext__(self):
        while True:
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
            if self._is_over:
                raise StopAsyncIteration
            self._woken.clear()
            await self._woken.wait()


def _overtakes(event, older):
    """Whether the older event says nothing that the newer one does not."""
    return ((event.is_STANDING() and older.is_STANDING())
            or (event.is_PEOPLE() and older.is_PEOPLE())
            or (event.is_SETTINGS() and older.is_SETTINGS())
            or (event.is_PUSH() and older.is_PUSH()))


class Ears(Listener):
    """Hands events from the core's thread to the streams. Knows the streams, not the client."""

    def __init__(self, loop, tap):
        super().__init__()
        self.standing, self.needs_review, self.dropped = None, 0, 0
        self._loop, self._tap = loop, tap
        # Streams come from the loop and are read on the core's thread.
        self._lock, self._streams = threading.Lock(), weakref.WeakSet()

    def stream(self, is_over):
        """Returns a new stream."""
        events = Events(self._loop, is_over)
        with self._lock:
            self._streams.add(events)
        return events

    def on_event(self, event):
        if event.is_STANDING():
            self.standing = event.standing
        elif event.is_OUTBOX():
            self.needs_review = event.needs_review
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            self.dropped += stream._hear(event)
        if self._tap is not None:
            self._tap(event)

    def close(self):
        """Ends the streams."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.close()


class Takes(LogSink):
    """Takes what the core says of itself, in a thread of the core."""

    def __init__(self, sink):
        super().__init__()
        self._sink = sink

    def on_record(self, record):
        self._sink(record)


def to_loop(loop, call, *args):
    """Has the loop call this; says whether there still is one."""
    try:
        loop.call_soon_threadsafe(call, *args)
    except RuntimeError:  # it is closed: nobody is there to hear
        return False
    return True
