"""Key stores: what the core keeps nowhere else. A real app uses the system's.

Any `baton.KeyStore` will do: `get`, `put` and `delete`, called from threads of the core.
`AppError.Locked` says that the device is locked; anything else that is raised, that it failed.
"""

import base64
import json
import os
import threading
from pathlib import Path

from baton_core import KeyStore


class MemoryKeys(KeyStore):
    """Keys that are gone with the process: for tests."""

    def __init__(self, kept=()):
        super().__init__()
        self._kept, self._lock = dict(kept), threading.Lock()

    def get(self, name):
        with self._lock:
            return self._kept.get(name)

    def put(self, name, value):
        with self._lock:
            self._kept[name] = bytes(value)

    def delete(self, name):
        with self._lock:
            self._kept.pop(name, None)

    def copy(self):
        """The same keys, apart from these."""
        with self._lock:
            return MemoryKeys(self._kept)


class FileKeys(KeyStore):
    """Keys in a file that its owner alone can read: for samples, not for real devices."""

    def __init__(self, path):
        super().__init__()
        self._path, self._lock = Path(path), threading.Lock()

    def get(self, name):
        with self._lock:
            value = self._read().get(name)
        return None if value is None else base64.b64decode(value)

    def put(self, name, value):
        with self._lock:
            kept = self._read()
            kept[name] = base64.b64encode(bytes(value)).decode()
            self._write(kept)

    def delete(self, name):
        with self._lock:
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    def _read(self):
        try:
            return json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}

    def _write(self, kept):
        """All of it or nothing, also when the power goes."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._path)
