"""What the core tells without having been asked, as async iterators."""

import asyncio
from collections import deque

from baton_core import Listener, LogSink

# Events that an iterator holds for whoever does not come for them.
WAITING_MAX = 1024


class Events:
    """Events from the moment it was made on: `async for event in events`. It ends with the core.

    Who does not come for 1,024 of them misses the oldest; `missed` counts them.
    """

    def __init__(self, ended):
        self.missed = 0
        self._waiting, self._woken, self._is_over = deque(), asyncio.Event(), ended
        if ended:
            self._woken.set()

    def _hear(self, event):
        if len(self._waiting) == WAITING_MAX:
            self._waiting.popleft()
            self.missed += 1
        self._waiting.append(event)
        self._woken.set()

    def close(self):
        """Ends it; what was heard so far can still be read."""
        self._is_over = True
        self._woken.set()

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._waiting:
            if self._is_over:
                raise StopAsyncIteration
            self._woken.clear()
            await self._woken.wait()
        return self._waiting.popleft()


class Ears(Listener):
    """Takes events from the core's thread to the loop. Knows the loop, not the client."""

    def __init__(self, loop, tap):
        super().__init__()
        self.hear = None
        self._loop, self._tap = loop, tap

    def on_event(self, event):
        to_loop(self._loop, self._deliver, event)
        if self._tap is not None:
            self._tap(event)

    def _deliver(self, event):
        if self.hear is not None:
            self.hear(event)


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
