#!/usr/bin/env python3
"""What the layer for Python does by itself: steps of lists, key files."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from baton import FileKeys, InboxStep, MemoryKeys, TimelineStep, Unfit, apply  # noqa: E402


class Steps(unittest.TestCase):
    def check(self, before, step, after):
        items = list(before)
        apply(items, [step])
        self.assertEqual("".join(items), after)

    def unfit(self, before, step):
        items = list(before)
        with self.assertRaises(Unfit):
            apply(items, [step])
        self.assertEqual("".join(items), before)

    def test_each_step_does_what_it_says(self):
        for steps in (InboxStep, TimelineStep):
            self.check("abc", steps.RESET(list("xy")), "xy")
            self.check("abc", steps.APPEND(list("xy")), "abcxy")
            self.check("abc", steps.INSERT(0, list("xy")), "xyabc")
            self.check("abc", steps.INSERT(3, list("xy")), "abcxy")
            self.check("abc", steps.SET(2, "x"), "abx")
            self.check("abc", steps.REMOVE(1, 2), "a")
            self.check("abc", steps.REMOVE(3, 0), "abc")
            self.check("abcd", steps.MOVE(0, 2), "bcad")
            self.check("abcd", steps.MOVE(3, 0), "dabc")
            self.check("abc", steps.TRUNCATE(1), "a")
            self.check("abc", steps.TRUNCATE(3), "abc")

    def test_a_step_that_does_not_fit_is_refused(self):
        for steps in (InboxStep, TimelineStep):
            self.unfit("abc", steps.INSERT(4, ["x"]))
            self.unfit("abc", steps.SET(3, "x"))
            self.unfit("abc", steps.REMOVE(2, 2))
            self.unfit("abc", steps.MOVE(3, 0))
            self.unfit("abc", steps.MOVE(0, 3))
            self.unfit("abc", steps.TRUNCATE(4))


class Keys(unittest.TestCase):
    def check(self, keys, again):
        self.assertIsNone(keys.get("a"))
        keys.put("a", b"\x00\xff")
        keys.put("b", b"")
        self.assertEqual(again().get("a"), b"\x00\xff")
        self.assertEqual(again().get("b"), b"")
        keys.delete("a")
        keys.delete("never there")
        self.assertIsNone(again().get("a"))

    def test_keys_in_memory_are_kept_and_forgotten(self):
        keys = MemoryKeys()
        self.check(keys, lambda: keys)

    def test_keys_in_a_file_are_kept_and_its_owner_alone_reads_them(self):
        with tempfile.TemporaryDirectory() as directory:
            # An app begins with nothing: not even a directory.
            path = Path(directory) / "desk" / "keys"
            self.check(FileKeys(path), lambda: FileKeys(path))
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
