import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ALONE_MS, Alone, type Means } from "./alone.ts";

let alone: Alone;
let done: string[];
let now: number;

beforeEach(() => {
  vi.useFakeTimers();
  alone = new Alone();
  done = [];
  now = 0;
});
afterEach(() => vi.useRealTimers());

/** Presses a letter so long after the one before. */
function press(letter: string, means: Means, afterMs: number) {
  now += afterMs;
  vi.advanceTimersByTime(afterMs);
  if (alone.press(means, now, () => done.push(letter))) done.push(letter);
}
const rest = () => vi.advanceTimersByTime(ALONE_MS);

test("a letter by itself does what it does, after a moment", () => {
  press("e", "changes", 1_000);
  expect(done).toEqual([]);
  rest();
  expect(done).toEqual(["e"]);
});

test("in a word it does nothing, at its beginning, in it and at its end", () => {
  press("e", "changes", 1_000);
  press("v", "other", 120);
  press("e", "changes", 120);
  rest();
  expect(done).toEqual(["v"]);
  press("y", "other", 1_000);
  press("e", "changes", 100);
  press("w", "changes", 100);
  press("e", "changes", 100);
  rest();
  expect(done).toEqual(["v", "y"]);
});

test("two in a row are a word", () => {
  press("e", "changes", 1_000);
  press("e", "changes", 100);
  rest();
  expect(done).toEqual([]);
});

test("who goes on to the next one has meant it", () => {
  press("e", "changes", 1_000);
  press("j", "goes", 80);
  expect(done).toEqual(["e", "j"]);
  press("e", "changes", 80);
  press("j", "goes", 80);
  expect(done).toEqual(["e", "j", "e", "j"]);
});
