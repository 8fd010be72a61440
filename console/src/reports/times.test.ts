import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PERIODS, begunOf, dayStart, earlierOf, edgesOf, here, type Period } from "./times.ts";

const HOUR = 3_600_000;

beforeEach(() => vi.stubEnv("TZ", "Europe/Madrid"));
afterEach(() => vi.unstubAllEnvs());

const edgesAt = (period: Period, now: number) => edgesOf(period, now, here());
const earlier = (period: Period, now: number) => earlierOf(period, now, here());
const at = (text: string) => new Date(text).getTime();
const gaps = (edges: number[]) => edges.slice(1).map((edge, n) => (edge - (edges[n] ?? 0)) / HOUR);

test("today has each hour of the day, also those to come", () => {
  const now = at("2026-11-23T10:20:00");
  const edges = edgesAt("today", now);
  expect(edges).toHaveLength(25);
  expect([edges[0], edges[24]]).toEqual([at("2026-11-23T00:00:00"), at("2026-11-24T00:00:00")]);
  expect(begunOf(edges, now)).toBe(11);
  expect(begunOf(edgesAt("yesterday", now), now)).toBe(24);
});

test("a period is compared with the same weekdays before it, up to the same hour", () => {
  const now = at("2026-11-23T10:20:00");
  expect(earlier("today", now)).toEqual([at("2026-11-16T00:00:00"), at("2026-11-16T10:20:00")]);
  expect(earlier("yesterday", now)).toEqual([at("2026-11-15T00:00:00"), at("2026-11-16T00:00:00")]);
  expect(earlier("7d", now)).toEqual([at("2026-11-10T00:00:00"), at("2026-11-16T10:20:00")]);
  expect(earlier("28d", now)).toEqual([at("2026-09-29T00:00:00"), at("2026-10-26T10:20:00")]);
});

test("a day in which the clock changes has 23 or 25 hours", () => {
  const spring = edgesAt("today", at("2026-03-29T12:00:00"));
  expect(spring).toHaveLength(24);
  expect(gaps(spring).every((hours) => hours === 1)).toBe(true);
  const autumn = edgesAt("yesterday", at("2026-10-26T12:00:00"));
  expect(autumn).toHaveLength(26);
  expect(autumn.at(-1)).toBe(at("2026-10-26T00:00:00"));
});

test("days begin at midnight here, on both sides of a change of the clock", () => {
  const edges = edgesAt("7d", at("2026-10-27T09:00:00"));
  expect(edges).toHaveLength(8);
  expect(edges.map((edge) => new Date(edge).getHours())).toEqual(Array(8).fill(0));
  expect(gaps(edges)).toEqual([24, 24, 24, 24, 25, 24, 24]);
  expect(edgesAt("28d", at("2026-01-05T09:00:00"))).toHaveLength(29);
});

test("where the clock changes by half an hour, borders stay at full hours", () => {
  vi.stubEnv("TZ", "Australia/Lord_Howe");
  const edges = edgesAt("today", at("2026-10-04T12:00:00"));
  const odd = edges.filter((edge) => new Date(edge).getMinutes() !== 0);
  expect(odd.map((edge) => new Date(edge).getHours())).toEqual([2]);
  expect(gaps(edges).filter((hours) => hours !== 1)).toEqual([0.5]);
});

test("a midnight that is skipped is the first moment of its day", () => {
  vi.stubEnv("TZ", "Africa/Cairo");
  const start = new Date(dayStart(at("2026-04-24T12:00:00"), 0, here()));
  expect([start.getDate(), start.getHours()]).toEqual([24, 1]);
});

test("days are those of the workspace, wherever the reader is", () => {
  const now = at("2026-11-23T04:30:00Z");
  const utc = (text: string) => at(`${text}Z`);
  expect(edgesOf("today", now, "America/New_York")[0]).toBe(utc("2026-11-22T05:00:00"));
  expect(edgesOf("today", now, "Pacific/Auckland")[0]).toBe(utc("2026-11-22T11:00:00"));
  expect(edgesOf("today", now, "Asia/Kathmandu")[0]).toBe(utc("2026-11-22T18:15:00"));
  const [from, until] = earlierOf("today", now, "America/New_York");
  expect([from, until]).toEqual([utc("2026-11-15T05:00:00"), utc("2026-11-16T04:30:00")]);
});

test("borders ascend and stay within what the server takes", () => {
  for (const period of PERIODS) {
    const edges = edgesAt(period, at("2026-10-25T23:59:59"));
    expect(edges.length).toBeLessThanOrEqual(170);
    expect(gaps(edges).every((hours) => hours > 0)).toBe(true);
  }
});
