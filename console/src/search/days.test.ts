// @vitest-environment node
import { expect, test } from "vitest";
import { beginOf, dayBefore, dayOf, endOf, isBackwards, isDay } from "./days.ts";

test("a stretch of days begins with the first and ends after the last", () => {
  for (const day of ["2026-01-01", "2026-03-29", "2026-10-25", "2026-12-31"]) {
    expect(dayOf(beginOf(day))).toBe(day);
    expect(dayBefore(endOf(day))).toBe(day);
    expect(Date.parse(endOf(day))).toBeGreaterThan(Date.parse(beginOf(day)));
  }
});

test("what is no day is none", () => {
  for (const odd of ["", "today", "2026-1-1", "2026-13-01", "2026-01-01T00:00"])
    expect(isDay(odd)).toBe(false);
  expect(isDay("2026-11-27")).toBe(true);
});

test("a first day later than the last is told apart from one that is left out", () => {
  expect(isBackwards({ from: "2026-03-02", until: "2026-03-01" })).toBe(true);
  expect(isBackwards({ from: "2026-03-01", until: "2026-03-01" })).toBe(false);
  expect(isBackwards({ from: "2026-03-02" })).toBe(false);
  expect(isBackwards({ from: "2026-03-02", until: "" })).toBe(false);
});
