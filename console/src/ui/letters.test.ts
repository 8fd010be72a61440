import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ALONE_MS, LoneLetters } from "./letters.ts";

let letters: LoneLetters;
let done: string[];
let now: number;

beforeEach(() => {
  vi.useFakeTimers();
  letters = new LoneLetters();
  done = [];
  now = 0;
});
afterEach(() => vi.useRealTimers());

/** Presses a letter so long after the one before. */
function press(letter: string, afterMs: number): boolean {
  now += afterMs;
  vi.advanceTimersByTime(afterMs);
  const does = (keys: string) =>
    Object.fromEntries([...keys].map((key) => [key, () => void done.push(key)]));
  return letters.press(letter, now, { changes: does("ew"), steps: does("j"), other: does("rx") });
}
const rest = () => vi.advanceTimersByTime(ALONE_MS);

test("a letter by itself does what it does, after a moment", () => {
  press("e", 1_000);
  expect(done).toEqual([]);
  rest();
  expect(done).toEqual(["e"]);
});

test("in a word it does nothing, at its beginning, in it and at its end", () => {
  press("e", 1_000);
  press("x", 120);
  press("e", 120);
  rest();
  expect(done).toEqual(["x"]);
  press("y", 1_000);
  press("e", 100);
  press("w", 100);
  press("e", 100);
  rest();
  expect(done).toEqual(["x"]);
});

test("two in a row are a word", () => {
  press("e", 1_000);
  press("e", 100);
  rest();
  expect(done).toEqual([]);
});

test("a key that does nothing is told apart", () => {
  expect([press("y", 1_000), press("r", 1_000), press("e", 1_000)]).toEqual([false, true, true]);
});

test("a step to another row confirms the letter before it", () => {
  press("e", 1_000);
  press("j", 80);
  expect(done).toEqual(["e", "j"]);
  press("e", 80);
  press("j", 80);
  expect(done).toEqual(["e", "j", "e", "j"]);
});
