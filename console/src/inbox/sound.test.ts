import { expect, test } from "vitest";
import { barsOf, barsPlayed, lengthOf } from "./sound.ts";

test("a voice note is a bar for each stretch, never none", () => {
  expect(barsOf([0, 100])).toBe("M2 19v2M6 1v38");
  expect(barsOf([0, 100], 0, 1) + barsOf([0, 100], 1)).toBe(barsOf([0, 100]));
});

test("what was played is told from what was not", () => {
  expect([0, 0.5, 1, 1.99, 2, 9].map((at) => barsPlayed(64, at, 2_000))).toEqual([
    0, 16, 32, 63, 64, 64,
  ]);
});

test("its length is in minutes and seconds", () => {
  expect([0, 1, 4_180, 60_000, 3_599_001].map(lengthOf)).toEqual([
    "0:00",
    "0:01",
    "0:05",
    "1:00",
    "60:00",
  ]);
});
