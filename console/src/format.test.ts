import { expect, test } from "vitest";
import { age, badge, bytes, daysAgo, hue, initials, left, nextAt, took, when } from "./format.ts";

const MIN = 60_000;
const local = (text: string) => new Date(text).getTime();

test("an age has one unit", () => {
  expect(age("en", 12 * MIN)).toBe("12 min");
  expect(age("en", 22 * 60 * MIN)).toBe("22 hr");
  expect(age("en", 72 * 60 * MIN)).toBe("3 days");
});

test("a badge has room for three signs", () => {
  expect([1, 99, 100, 10_000].map((value) => badge("en", value))).toEqual([
    "1",
    "99",
    "99+",
    "99+",
  ]);
});

test("what is left is told by the second under ten minutes", () => {
  expect(left("en", (23 * 60 + 57) * MIN)).toBe("23 hr 57 min");
  expect(left("en", 9 * MIN + 5000)).toBe("9 min 5 sec");
  expect(left("en", 5000)).toBe("5 sec");
  expect(left("en", 10 * MIN)).toBe("10 min");
});

test("what it took has at most two units, and none that is zero", () => {
  const said = [0, 900, 42_000, 4 * MIN, 4 * MIN + 12_000, 25 * MIN + 59_000, 80 * MIN];
  expect(said.map((ms) => took("en", ms))).toEqual([
    "0 sec",
    "0 sec",
    "42 sec",
    "4 min",
    "4 min 12 sec",
    "25 min",
    "1 hr 20 min",
  ]);
  expect(took("en", 24 * 60 * MIN + 5 * MIN)).toBe("1 day");
  expect(took("en", 51 * 60 * MIN)).toBe("2 days 3 hr");
});

test("days change at midnight here", () => {
  const now = local("2026-01-02T00:10:00");
  expect(daysAgo(local("2026-01-01T23:50:00"), now)).toBe(1);
  expect(daysAgo(now, now)).toBe(0);
  expect(when("en", local("2026-01-02T00:05:00"), now)).toBe("00:05");
});

test("the next Monday at nine is never today", () => {
  const monday = new Date(nextAt(local("2026-01-05T08:00:00"), 9, 1));
  expect([monday.getDay(), monday.getHours(), monday.getDate()]).toEqual([1, 9, 12]);
});

test("initials of any script, and of none", () => {
  expect(
    ["Lucía Ferrer", "Ana", "ليلى منصور", "🙂 Bo", "", "+34 600 123 456"].map(initials),
  ).toEqual(["LF", "AN", "لم", "BO", "?", "56"]);
  expect(hue("a")).toBe(hue("a"));
});

test("a size has its plural, and in Arabic it stays in one piece", () => {
  expect([1, 20, 840_000, 1_200_000].map((size) => bytes("en", size))).toEqual([
    "1 byte",
    "20 bytes",
    "840 kB",
    "1.2 MB",
  ]);
  expect(bytes("ar-u-nu-latn", 1_200_000)).toMatch(/^\u2068.*1\.2.*\u2069$/);
});
